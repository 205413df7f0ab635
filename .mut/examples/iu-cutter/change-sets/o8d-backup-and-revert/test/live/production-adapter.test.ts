import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import { planCut, withoutContent } from '../../src/cut/cut-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';
import { switchFile } from '../../src/kill-switch/execution-enabled.ts';
import {
  defaultConnectionProvider,
  ProductionLiveExecutionAdapter,
} from '../../src/live/production-adapter.ts';
import { PHASES } from '../../src/phases/phase.ts';
import { Refusal } from '../../src/phases/refusal.ts';
import {
  BACKUP,
  FINGERPRINT,
  openAdapter,
  RECEIPT,
  RecordingConnection,
} from '../support/recording-connection.ts';
import { SAMPLE_TEXT, sampleOrder, samplePlan } from '../support/sample-order.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const ROLLED_BACK = 'BEGIN, SELECT cut_authorization, ROLLBACK';

test('every phase is refused before a connection is opened while the kill switch is off', async (context) => {
  let opened = 0;
  const connections = async () => {
    opened += 1;
    return new RecordingConnection();
  };
  const adapter = new ProductionLiveExecutionAdapter({ connections, tree: await temporaryTree(context) });
  for (const phase of PHASES)
    await assert.rejects(adapter[phase](sampleOrder()), { code: 'execution-disabled' }, phase);
  assert.equal(opened, 0);
});

test('the default connection provider needs a DSN, and then a driver', async () => {
  const connection = new RecordingConnection();
  const connect = async () => connection;
  await assert.rejects(defaultConnectionProvider()(), { code: 'no-dsn' });
  await assert.rejects(defaultConnectionProvider({ connect })(), { code: 'no-dsn' });
  await assert.rejects(defaultConnectionProvider({ dsn: 'postgres:///iu' })(), { code: 'no-client' });
  assert.equal(await defaultConnectionProvider({ dsn: 'postgres:///iu', connect })(), connection);
});

test('leg A writes units and versions in one transaction', async (context) => {
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  const outcome = await adapter.cutLegA(sampleOrder());
  const pair = 'INSERT information_unit, INSERT unit_version';
  assert.equal(
    connection.story,
    `BEGIN, SELECT cut_authorization, ${[pair, pair, pair, pair].join(', ')}, COMMIT`,
  );
  assert.deepEqual(outcome, {
    phase: 'cutLegA',
    simulated: false,
    rows: { information_unit: 4, unit_version: 4 },
  });
  assert.equal(connection.ended, 1);
  assert.ok(
    connection.statements.every(({ text }) => !text.includes('door')),
    'values are parameters',
  );
});

test('leg A gives a revised unit a new version and leaves a kept one', async (context) => {
  const kept = samplePlan().rows.map(({ address, digest }): [string, string] => [address, digest]);
  const plan = samplePlan(new Map([...kept.slice(1), ['s1', 'another digest'] as const]));
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  assert.equal((await adapter.cutLegA(sampleOrder(plan))).rows['unit_version'], 1);
  assert.match(connection.story, /^BEGIN, SELECT \w+, UPDATE information_unit, INSERT unit_version, COMMIT$/);
});

test('leg A refuses a plan of digests before it opens a connection', async (context) => {
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  const order = sampleOrder(withoutContent(samplePlan()));
  await assert.rejects(adapter.cutLegA(order), { code: 'content-missing' });
  assert.equal(connection.story, '');
});

test('leg A refuses a text that is not the one of the plan', async (context) => {
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  const rows = samplePlan().rows.map((row) => ({
    ...row,
    content: { title: 'Rooms', body: 'another text' },
  }));
  await assert.rejects(adapter.cutLegA(sampleOrder({ ...samplePlan(), rows })), { code: 'content-missing' });
});

test('a phase asks for an authorization of this cut, document and plan, and holds it', async (context) => {
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  await adapter.cutLegA(sampleOrder());
  const asked = connection.statements[1];
  assert.deepEqual(asked?.params, ['cut-1', 'sample', samplePlan().digest]);
  assert.match(asked?.text ?? '', /revoked_at IS NULL AND not_after > now\(\) FOR UPDATE$/);
});

test('every phase rolls back without an authorization', async (context) => {
  for (const phase of PHASES) {
    const connection = new RecordingConnection([/cut_authorization/, []]);
    const { adapter } = await openAdapter(context, connection, { backup: BACKUP });
    await assert.rejects(adapter[phase](sampleOrder()), { code: 'not-authorized' }, phase);
    assert.deepEqual([connection.story, connection.ended], [ROLLED_BACK, 1], phase);
  }
});

test('an error of the database rolls back, ends the connection and comes through, even if the rollback fails', async (context) => {
  const fault = new Error('deadlock detected');
  for (const rollback of [[], new Error('connection lost')]) {
    const connection = new RecordingConnection([/INTO unit_version/, fault], [/ROLLBACK/, rollback]);
    const { adapter } = await openAdapter(context, connection);
    await assert.rejects(adapter.cutLegA(sampleOrder()), fault);
    assert.deepEqual([connection.statements.at(-1)?.text, connection.ended], ['ROLLBACK', 1]);
  }
});

test('a kill switch that goes off inside a phase rolls it back', async (context) => {
  const connection = new RecordingConnection();
  const { adapter, tree } = await openAdapter(context, connection, {
    backup: {
      ...BACKUP,
      take: async () => {
        await rm(switchFile(tree));
        return RECEIPT;
      },
    },
  });
  await assert.rejects(adapter.preWriteBackup(sampleOrder()), { code: 'execution-disabled' });
  assert.match(connection.story, /INSERT revert_record, ROLLBACK$/);
});

test('the backup is taken once the cut is authorized, and its place, digest and key are recorded', async (context) => {
  const connection = new RecordingConnection();
  const taken: string[] = [];
  const take = async (cutId: string) => {
    taken.push(`${cutId} after ${connection.story}`);
    return RECEIPT;
  };
  const { adapter } = await openAdapter(context, connection, { backup: { ...BACKUP, take } });
  await adapter.preWriteBackup(sampleOrder());
  assert.deepEqual(taken, ['cut-1 after BEGIN, SELECT cut_authorization']);
  assert.deepEqual(connection.statements.at(-2)?.params, [
    ...['cut-1', RECEIPT.place, RECEIPT.digest, FINGERPRINT],
  ]);
});

test('the backup is refused before a connection is opened without a usable key', async (context) => {
  const unready = async () => {
    throw new Refusal('backup-not-provisioned', 'expected a key, got none');
  };
  const take = async () => assert.fail('no backup may be taken');
  for (const settings of [
    {},
    { backup: { ...BACKUP, take, recipient: '' } },
    { backup: { ...BACKUP, take, recipient: 'ops@example.invalid' } },
    { backup: { ...BACKUP, take, requireReady: unready } },
  ]) {
    const connection = new RecordingConnection();
    const { adapter } = await openAdapter(context, connection, settings);
    await assert.rejects(adapter.preWriteBackup(sampleOrder()), { code: 'backup-not-provisioned' });
    assert.equal(connection.story, '');
  }
});

test('a backup that fails rolls the phase back', async (context) => {
  const connection = new RecordingConnection();
  const take = async () => {
    throw new Refusal('backup-failed', 'expected a dump, got none');
  };
  const { adapter } = await openAdapter(context, connection, { backup: { ...BACKUP, take } });
  await assert.rejects(adapter.preWriteBackup(sampleOrder()), { code: 'backup-failed' });
  assert.equal(connection.story, ROLLED_BACK);
});

test('leg A and enacting ask that only a unit to reinstate is retired so far', async (context) => {
  const retired = new Set(
    samplePlan()
      .rows.map(({ address }) => address)
      .slice(0, 1),
  );
  const known = new Map(
    samplePlan()
      .rows.slice(1, 2)
      .map(({ address }) => [address, 'another digest'] as const),
  );
  const document = openDocument('sample.md', SAMPLE_TEXT);
  const plan = planCut(document, cutDocument(document).slice(0, 2), known, retired);
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  assert.deepEqual((await adapter.cutLegA(sampleOrder(plan))).rows, { information_unit: 0, unit_version: 2 });
  await adapter.lifecycleEnact(sampleOrder(plan));
  const asked = connection.statements.filter(({ text }) => text.includes("(lifecycle = 'retired') ="));
  assert.deepEqual(
    asked.map(({ params }) => params.at(-1)),
    [true, false, true, false],
  );
});

test('enacting logs the old state before it sets the new one', async (context) => {
  const plan = samplePlan(new Map(samplePlan().rows.map(({ address, digest }) => [address, digest])));
  const connection = new RecordingConnection();
  const { adapter } = await openAdapter(context, connection);
  const rows = [{ ...(plan.rows[0] ?? assert.fail()), action: 'retire' as const }, ...plan.rows.slice(1)];
  const outcome = await adapter.lifecycleEnact(sampleOrder({ ...plan, rows }));
  assert.match(
    connection.story,
    /^BEGIN, SELECT \w+, SELECT verify_record, INSERT iu_lifecycle_log, UPDATE information_unit, COMMIT$/,
  );
  assert.deepEqual(connection.statements[3]?.params, [rows[0]?.unitId, 'retired', 'tester', false]);
  assert.deepEqual(outcome.rows, { iu_lifecycle_log: 1 });
});

test('enacting rolls back when a unit is not there any more', async (context) => {
  const connection = new RecordingConnection([/INTO iu_lifecycle_log/, []]);
  const { adapter } = await openAdapter(context, connection);
  await assert.rejects(adapter.lifecycleEnact(sampleOrder()), { code: 'state-mismatch' });
  assert.match(connection.story, /ROLLBACK$/);
});
