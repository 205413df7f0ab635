import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import { planCut } from '../../src/cut/cut-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';
import { VERIFY_CLAIMS } from '../../src/phases/verify-claims.ts';
import { openAdapter, RecordingConnection } from '../support/recording-connection.ts';
import { sampleOrder, samplePlan } from '../support/sample-order.ts';

// What the recorders ask of the database. What a real one answers is the matter of `integration/recorders.test.ts`.

/** A plan that creates this many units. */
function planOf(count: number) {
  const text = Array.from({ length: count }, (_, at) => `Rule ${at + 1}.\n`).join('\n');
  const document = openDocument('rules.md', text);
  return planCut(document, cutDocument(document));
}

/** Answers as if every row of a plan were there as the plan has it. */
function measured(rows: number) {
  return [{ found: `${rows}`, present: `${rows}`, equal: `${rows}`, untouched: '0', strangers: '0' }];
}

test('leg B is recorded in one reading and one row, however many rows leg A wrote', async (context) => {
  for (const count of [1, 60, 1000]) {
    const connection = new RecordingConnection([/AS found/, measured(count)]);
    const { adapter } = await openAdapter(context, connection);
    const plan = planOf(count);
    assert.deepEqual((await adapter.legBRecord(sampleOrder(plan))).rows, { cut_manifest: 1 });
    assert.match(connection.story, /^BEGIN, SELECT \w+, SELECT \w+, INSERT cut_manifest, COMMIT$/);
    assert.deepEqual(connection.statements.at(-2)?.params, ['cut-1', plan.digest, count]);
  }
});

test('leg B is refused when what is there is not what leg A writes', async (context) => {
  for (const found of [[{ found: '3' }], [{ found: '5' }], []]) {
    const connection = new RecordingConnection([/AS found/, found]);
    const { adapter } = await openAdapter(context, connection);
    await assert.rejects(adapter.legBRecord(sampleOrder()), { code: 'state-mismatch' });
    assert.match(connection.story, /ROLLBACK$/);
  }
});

test('leg B of a plan that only keeps and retires is recorded as no rows', async (context) => {
  const plan = samplePlan(new Map(samplePlan().rows.map(({ address, digest }) => [address, digest])));
  const connection = new RecordingConnection([/AS found/, measured(0)]);
  const { adapter } = await openAdapter(context, connection);
  await adapter.legBRecord(sampleOrder(plan));
  assert.deepEqual(connection.statements.at(-2)?.params, ['cut-1', plan.digest, 0]);
});

test('verification reads once and records every claim, however many rows there are', async (context) => {
  for (const count of [1, 60, 1000]) {
    const connection = new RecordingConnection([/AS strangers/, measured(count)]);
    const { adapter } = await openAdapter(context, connection);
    const { rows } = await adapter.writeVerify(sampleOrder(planOf(count)));
    assert.deepEqual(rows, { verify_record: 3 });
    const recorded = connection.statements.filter(({ text }) => text.startsWith('INSERT'));
    assert.deepEqual(
      recorded.map(({ params }) => params),
      VERIFY_CLAIMS.map((claim) => ['cut-1', claim, true]),
    );
  }
});

test('a claim that does not hold is recorded as such', async (context) => {
  const broken = {
    'units-present': { present: '3' },
    'digests-equal': { equal: '3' },
    'nothing-else-changed': { strangers: '1' },
  };
  for (const claim of VERIFY_CLAIMS) {
    const connection = new RecordingConnection([/AS strangers/, [{ ...measured(4)[0], ...broken[claim] }]]);
    const { adapter } = await openAdapter(context, connection);
    await adapter.writeVerify(sampleOrder());
    const recorded = connection.statements.filter(({ text }) => text.startsWith('INSERT'));
    assert.deepEqual(
      recorded.map(({ params }) => params.slice(1)),
      VERIFY_CLAIMS.map((each) => [each, each !== claim]),
      claim,
    );
  }
});

test('no answer of the database makes no claim hold', async (context) => {
  const connection = new RecordingConnection([/AS strangers/, []]);
  const { adapter } = await openAdapter(context, connection);
  await adapter.writeVerify(sampleOrder());
  const recorded = connection.statements.filter(({ text }) => text.startsWith('INSERT'));
  assert.ok(recorded.every(({ params }) => params[2] === false));
});

test('a cut is not enacted while a claim about it is missing or does not hold', async (context) => {
  for (const rows of [[], [{ claim: 'units-present' }, { claim: 'digests-equal' }]]) {
    const connection = new RecordingConnection([/FROM verify_record/, rows]);
    const { adapter } = await openAdapter(context, connection);
    await assert.rejects(adapter.lifecycleEnact(sampleOrder()), { code: 'not-verified' });
    assert.equal(connection.story, 'BEGIN, SELECT cut_authorization, SELECT verify_record, ROLLBACK');
  }
});
