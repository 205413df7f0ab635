import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { switchFile } from '../src/kill-switch/execution-enabled.ts';
import type { ProductionLiveExecutionAdapter } from '../src/live/production-adapter.ts';
import { Mode } from '../src/phases/mode.ts';
import { PHASES, type Phase } from '../src/phases/phase.ts';
import { runPhases } from '../src/phases/run-phases.ts';
import {
  authorize,
  type Counts,
  countRows,
  digestRows,
  orderOf,
  planOf,
  rulesText,
  SEEDED_UNITS,
} from './support/production.ts';
import { openStage, withAdapter } from './support/production-stage.ts';

// F-1: every live leg of the production adapter on a real server, each in a transaction that is always rolled back.

const stage = openStage();
const ORDER = orderOf(planOf('house-rules', rulesText(SEEDED_UNITS + 1), rulesText(SEEDED_UNITS)));

interface Observation {
  readonly before: Counts;
  readonly inside: Counts;
  /** What another session sees while the leg's transaction is open. */
  readonly outside: Counts;
  readonly after: Counts;
  /** Tables of which any value differs afterwards. */
  readonly leaked: readonly string[];
}

/** Runs legs on the adapter and looks from both sides; the order is authorized inside the same transaction, and leaves with it. */
async function observe(
  context: TestContext,
  legs: (adapter: ProductionLiveExecutionAdapter, tree: string) => Promise<unknown>,
): Promise<Observation> {
  const { session, witness } = stage;
  const [before, digests] = [await countRows(witness), await digestRows(witness)];
  const [inside, outside] = await withAdapter(context, session, async (adapter, tree) => {
    await authorize(session, ORDER);
    await legs(adapter, tree);
    return [await countRows(session), await countRows(witness)] as const;
  });
  const [after, digestsAfter] = [await countRows(witness), await digestRows(witness)];
  const leaked = Object.keys(digests).filter((table) => digestsAfter[table] !== digests[table]);
  const counted = [before, inside, after].map((counts) => counts.information_unit).join(' → ');
  context.diagnostic(`information_unit ${counted}, ${leaked.length} tables leaked`);
  return { before, inside, outside, after, leaked };
}

/** What the transaction of each leg holds more than before, with the legs it builds on and its authorization. */
const HELD: Readonly<Record<Phase, Partial<Counts>>> = {
  preWriteBackup: { revert_record: 1 },
  cutLegA: { revert_record: 1, information_unit: 1, unit_version: 1 },
  legBRecord: { revert_record: 1, information_unit: 1, unit_version: 1, cut_manifest: 1 },
  writeVerify: { revert_record: 1, information_unit: 1, unit_version: 1, cut_manifest: 1, verify_record: 3 },
  lifecycleEnact: {
    ...{ revert_record: 1, information_unit: 1, unit_version: 1, cut_manifest: 1, verify_record: 3 },
    iu_lifecycle_log: 1,
  },
};

function assertRolledBack({ before, outside, after, leaked }: Observation): void {
  assert.equal(before.information_unit, SEEDED_UNITS);
  assert.deepEqual([outside, after, leaked], [before, before, []]);
}

for (const [at, phase] of PHASES.entries()) {
  test(`${phase}: its rows are there inside its transaction, seen by nobody else, and gone after it`, async (context) => {
    const seen = await observe(context, async (adapter) => {
      for (const each of PHASES.slice(0, at + 1)) {
        const { simulated } = await adapter[each](ORDER);
        assert.equal(simulated, false);
      }
    });
    const more = Object.entries({ ...HELD[phase], cut_authorization: 1 });
    const expected = more.map(([table, count]) => [table, seen.before[table as keyof Counts] + count]);
    assert.deepEqual(seen.inside, { ...seen.before, ...Object.fromEntries(expected) });
    assertRolledBack(seen);
  });
}

test('a whole LIVE run: 158 units before, 159 inside, 158 after, and nothing leaked', async (context) => {
  const seen = await observe(context, async (adapter, tree) => {
    const outcomes = await runPhases({ mode: Mode.LIVE, order: ORDER, adapter, tree });
    assert.deepEqual(
      outcomes.map(({ phase, simulated }) => [phase, simulated]),
      PHASES.map((phase) => [phase, false]),
    );
  });
  const units = [seen.before, seen.inside, seen.after].map((counts) => counts.information_unit);
  assert.deepEqual(units, [158, 159, 158]);
  assertRolledBack(seen);
});

test('the text that leg A writes is the one of the document', async (context) => {
  await observe(context, async (adapter) => {
    await adapter.cutLegA(ORDER);
    const { rows } = await stage.session.query(
      'SELECT v.body, u.lifecycle FROM unit_version v JOIN information_unit u ON u.id = v.unit_id WHERE u.address = $1',
      [`s0/p${SEEDED_UNITS + 1}`],
    );
    assert.deepEqual(rows, [{ body: 'Rule 159 says: keep the door shut.', lifecycle: 'draft' }]);
  });
});

test('with the kill switch off, no leg reaches the server', async (context) => {
  const seen = await observe(context, async (adapter, tree) => {
    await rm(switchFile(tree));
    for (const phase of PHASES) await assert.rejects(adapter[phase](ORDER), { code: 'execution-disabled' });
  });
  assert.deepEqual(seen.inside, { ...seen.before, cut_authorization: 1 });
  assertRolledBack(seen);
});

test('a leg that the server refuses takes back its own part and no other, and the fault comes through', async (context) => {
  const seen = await observe(context, async (adapter) => {
    await adapter.cutLegA(ORDER);
    await assert.rejects(adapter.cutLegA(ORDER), { name: 'ServerError', code: '23505' });
  });
  assert.equal(seen.inside.information_unit, SEEDED_UNITS + 1);
  assertRolledBack(seen);
});

test('without a valid authorization no leg writes', async (context) => {
  const { session, witness } = stage;
  const before = await digestRows(witness);
  const spoilt = [
    'revoked_at = now()',
    "not_after = now() - interval '1 second'",
    "plan_digest = repeat('0', 64)",
    "document_key = 'statutes'",
  ];
  for (const change of [undefined, ...spoilt]) {
    await withAdapter(context, session, async (adapter) => {
      if (change !== undefined) {
        await authorize(session, ORDER);
        await session.query(`UPDATE cut_authorization SET ${change}`);
      }
      const held = await digestRows(session);
      for (const phase of PHASES)
        await assert.rejects(adapter[phase](ORDER), { code: 'not-authorized' }, change);
      assert.deepEqual(await digestRows(session), held);
    });
  }
  assert.deepEqual(await digestRows(witness), before);
});

test('an authorization cannot be revoked while a leg holds it, and can be afterwards', async (context) => {
  const { session, witness } = stage;
  const order = orderOf(ORDER.plan, 'cut-held');
  const revoke = "UPDATE cut_authorization SET revoked_at = now() WHERE cut_id = 'cut-held'";
  await authorize(witness, order);
  await witness.query("SET lock_timeout = '50ms'");
  await withAdapter(context, session, async (adapter) => {
    await adapter.preWriteBackup(order);
    await assert.rejects(witness.query(revoke), { code: '55P03' });
  });
  await witness.query(revoke);
  const { rows } = await witness.query(
    'DELETE FROM cut_authorization WHERE revoked_at IS NOT NULL RETURNING cut_id',
  );
  assert.deepEqual(rows, [{ cut_id: 'cut-held' }]);
});
