import assert from 'node:assert/strict';
import { test } from 'node:test';
import { countRows } from './support/production.ts';
import { openStage } from './support/production-stage.ts';
import { rollbackOnly } from './support/rollback-only.ts';

// What the other tests rest on: nothing that goes through here can stay.

const stage = openStage();
const WRITE = "INSERT INTO governance_ruling VALUES ('trial', 'a trial', 'deferred', now())";

test('a commit of the borrower commits nothing', async () => {
  const { session, witness } = stage;
  const before = await countRows(witness);
  const inside = await rollbackOnly(session, async (connections) => {
    const connection = await connections();
    for (const text of ['BEGIN', WRITE, 'COMMIT']) await connection.query(text);
    await connection.end();
    return countRows(session);
  });
  assert.equal(inside.governance_ruling, before.governance_ruling + 1);
  assert.deepEqual(await countRows(witness), before);
});

test('a rollback of the borrower takes back what it began, and keeps what was there', async () => {
  const { session, witness } = stage;
  const before = await countRows(witness);
  const inside = await rollbackOnly(session, async (connections) => {
    await session.query(WRITE);
    const connection = await connections();
    await connection.query('BEGIN');
    await connection.query('DELETE FROM unit_version');
    await connection.query('ROLLBACK');
    return countRows(session);
  });
  assert.deepEqual(inside, { ...before, governance_ruling: before.governance_ruling + 1 });
  assert.deepEqual(await countRows(witness), before);
});

test('what throws is rolled back too, and comes through', async () => {
  const { session, witness } = stage;
  const before = await countRows(witness);
  const fault = new Error('in between');
  const thrown = rollbackOnly(session, async () => {
    await session.query(WRITE);
    throw fault;
  });
  await assert.rejects(thrown, fault);
  assert.deepEqual(await countRows(witness), before);
});

test('a transaction that the server has given up is rolled back, and the session goes on', async () => {
  const { session, witness } = stage;
  const before = await countRows(witness);
  const thrown = rollbackOnly(session, async () => {
    await session.query(WRITE);
    await session.query(WRITE);
  });
  await assert.rejects(thrown, { code: '23505' });
  assert.deepEqual(await countRows(session), before);
});
