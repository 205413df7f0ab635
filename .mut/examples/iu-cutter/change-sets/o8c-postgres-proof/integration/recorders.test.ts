import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { writesText } from '../src/cut/cut-plan.ts';
import type { ProductionLiveExecutionAdapter } from '../src/live/production-adapter.ts';
import { type CutOrder, PHASES } from '../src/phases/phase.ts';
import { authorize, orderOf, planOf, rulesText, seedDocument } from './support/production.ts';
import { openStage, withAdapter } from './support/production-stage.ts';

// F-3: the recorders of leg B and of the verification, for any number of rows.

const stage = openStage();

async function readRecords() {
  const manifest = await stage.session.query('SELECT plan_digest, row_count FROM cut_manifest');
  const claims = await stage.session.query('SELECT claim, held FROM verify_record ORDER BY claim');
  return { manifest: manifest.rows, claims: claims.rows };
}

const claims = (broken?: string) =>
  ['digests-equal', 'nothing-else-changed', 'units-present'].map((claim) => ({
    claim,
    held: claim === broken ? 'f' : 't',
  }));

for (const count of [1, 60, 600]) {
  test(`N = ${count}: the cut is recorded, verified and enacted`, async (context) => {
    const plan = planOf('by-laws', rulesText(count));
    const order = orderOf(plan);
    await withAdapter(context, stage.session, async (adapter) => {
      await authorize(stage.session, order);
      for (const phase of PHASES) await adapter[phase](order);
      assert.deepEqual(await readRecords(), {
        manifest: [{ plan_digest: plan.digest, row_count: `${count}` }],
        claims: claims(),
      });
    });
  });
}

/** Of three rules: keeps one, revises one, retires one, creates none. */
const MIXED = planOf('by-laws', 'Rule 1.\n\nRule 2, in other words.\n', 'Rule 1.\n\nRule 2.\n\nRule 3.\n');
const ONLY_RETIRES = planOf('by-laws', 'Rule 1.\n', 'Rule 1.\n\nRule 2.\n');

test('a cut that keeps, revises and retires is recorded by the rows that it writes', async (context) => {
  for (const [plan, before, count] of [
    [MIXED, 'Rule 1.\n\nRule 2.\n\nRule 3.\n', '1'],
    [ONLY_RETIRES, 'Rule 1.\n\nRule 2.\n', '0'],
  ] as const) {
    const order = orderOf(plan);
    await withAdapter(context, stage.session, async (adapter) => {
      await seedDocument(stage.session, planOf('by-laws', before));
      await authorize(stage.session, order);
      for (const phase of PHASES) await adapter[phase](order);
      const { manifest, claims: recorded } = await readRecords();
      assert.deepEqual([manifest[0]?.['row_count'], recorded], [count, claims()]);
    });
  }
});

/** Runs the mixed cut up to its leg A, lets somebody else write, and goes on. */
async function disturbed(
  context: TestContext,
  disturb: string,
  check: (adapter: ProductionLiveExecutionAdapter, order: CutOrder) => Promise<void>,
): Promise<void> {
  const order = orderOf(MIXED);
  await withAdapter(context, stage.session, async (adapter) => {
    await seedDocument(stage.session, planOf('by-laws', 'Rule 1.\n\nRule 2.\n\nRule 3.\n'));
    await authorize(stage.session, order);
    await adapter.preWriteBackup(order);
    await adapter.cutLegA(order);
    await stage.session.query(disturb);
    await check(adapter, order);
  });
}

const unit = (address: string) =>
  `(SELECT id FROM information_unit WHERE document_key = 'by-laws' AND address = '${address}')`;
const DISTURBANCES = {
  'the text of a written unit, beside its digest': [
    `UPDATE unit_version SET body = 'Rule 2, or not.' WHERE version = 2 AND unit_id = ${unit('s0/p2')}`,
    'digests-equal',
  ],
  'the text of a kept unit, beside its digest': [
    `UPDATE unit_version SET body = 'Rule 1, or not.' WHERE unit_id = ${unit('s0/p1')}`,
    'nothing-else-changed',
  ],
  'a kept unit is retired': [
    `UPDATE information_unit SET lifecycle = 'retired' WHERE id = ${unit('s0/p1')}`,
    'nothing-else-changed',
  ],
  'a unit that the plan does not know': [
    `WITH u AS (INSERT INTO information_unit VALUES (gen_random_uuid(), 'by-laws', 's9', 'section', 1, 'draft') RETURNING id)
     INSERT INTO unit_version SELECT id, 1, '', 'A stranger', repeat('0', 64) FROM u`,
    'nothing-else-changed',
  ],
  'the address of a written unit': [
    `UPDATE information_unit SET address = 's7' WHERE id = ${unit('s0/p2')}`,
    'units-present',
  ],
} as const;

for (const [what, [disturb, claim]] of Object.entries(DISTURBANCES)) {
  test(`verification sees ${what}, records it, and the cut is not enacted`, async (context) => {
    await disturbed(context, disturb, async (adapter, order) => {
      assert.deepEqual((await adapter.writeVerify(order)).rows, { verify_record: 3 });
      const { claims: recorded } = await readRecords();
      assert.ok(recorded.some((row) => row['claim'] === claim && row['held'] === 'f'));
      await assert.rejects(adapter.lifecycleEnact(order), { code: 'not-verified' });
      const { rows } = await stage.session.query('SELECT FROM iu_lifecycle_log');
      assert.equal(rows.length, 0);
    });
  });
}

test('leg B is refused when a unit is not as leg A wrote it', async (context) => {
  const disturb = `UPDATE unit_version SET digest = repeat('0', 64) WHERE version = 2 AND unit_id = ${unit('s0/p2')}`;
  await disturbed(context, disturb, async (adapter, order) => {
    await assert.rejects(adapter.legBRecord(order), { code: 'state-mismatch' });
    assert.deepEqual((await readRecords()).manifest, []);
  });
});

test('a unit of another document changes nothing about the verification', async (context) => {
  const disturb =
    "UPDATE unit_version SET body = 'Anything' WHERE unit_id IN (SELECT id FROM information_unit WHERE document_key = 'house-rules')";
  await disturbed(context, disturb, async (adapter, order) => {
    await adapter.writeVerify(order);
    assert.deepEqual((await readRecords()).claims, claims());
  });
});

test('no cut is enacted before it is verified', async (context) => {
  await disturbed(context, 'SELECT 1', async (adapter, order) => {
    assert.ok(order.plan.rows.some(writesText));
    await assert.rejects(adapter.lifecycleEnact(order), { code: 'not-verified' });
  });
});
