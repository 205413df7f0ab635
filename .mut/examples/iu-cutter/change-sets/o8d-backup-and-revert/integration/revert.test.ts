import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { type TestContext, test } from 'node:test';
import { cutDocument } from '../src/cut/cut-document.ts';
import { type CutPlan, planCut } from '../src/cut/cut-plan.ts';
import { openDocument } from '../src/document/source-document.ts';
import { switchFile } from '../src/kill-switch/execution-enabled.ts';
import { ProductionLiveExecutionAdapter } from '../src/live/production-adapter.ts';
import { Mode } from '../src/phases/mode.ts';
import type { CutOrder } from '../src/phases/phase.ts';
import { runPhases } from '../src/phases/run-phases.ts';
import { planRevert } from '../src/revert/plan-revert.ts';
import { readHistory } from '../src/revert/read-history.ts';
import { ModelProduction } from '../test/support/model-production.ts';
import { randomFrom, randomText } from '../test/support/random-text.ts';
import { BACKUP } from '../test/support/recording-connection.ts';
import { temporaryTree } from '../test/support/temporary-tree.ts';
import { authorize, orderOf, planOf, rulesText, SEEDED_UNITS } from './support/production.ts';
import { openStage, withAdapter } from './support/production-stage.ts';

// GAP-6: cuts and their reverts on a real server, in a database whose history nobody can change. Here phases commit: a revert looks at what
// was written since the backup, and inside one transaction everything is of one moment.

const HISTORY = ['unit_version', 'iu_lifecycle_log', 'cut_manifest', 'verify_record', 'revert_record'];

const stage = openStage(async (session) => {
  await session.query(
    "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'history is append-only'; END $$",
  );
  for (const table of HISTORY) {
    await session.query(
      `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table} EXECUTE FUNCTION refuse()`,
    );
  }
});

/** Makes cuts of one document, each in all five phases of LIVE, committed. */
async function openCuts(context: TestContext, seed: number) {
  const { session } = stage;
  const tree = await temporaryTree(context);
  await writeFile(switchFile(tree), '{"execution_enabled": true}');
  const connection = { query: session.query.bind(session), end: async () => undefined };
  const adapter = new ProductionLiveExecutionAdapter({
    ...{ connections: async () => connection, tree, backup: BACKUP },
  });
  let made = 0;
  const order = async (plan: CutPlan): Promise<CutOrder> => {
    made += 1;
    const asked = orderOf(plan, `cut-${seed}-${made}`);
    await authorize(session, asked);
    return asked;
  };
  return {
    adapter,
    order,
    cut: async (plan: CutPlan): Promise<CutOrder> => {
      const asked = await order(plan);
      await runPhases({ mode: Mode.LIVE, order: asked, adapter, tree });
      return asked;
    },
  };
}

function planFor(model: ModelProduction, key: string, text: string): CutPlan {
  const document = openDocument(`${key}.md`, text);
  return planCut(document, cutDocument(document), model.present(), model.retired());
}

async function visible(key: string): Promise<unknown> {
  const { rows } = await stage.witness.query(
    `SELECT json_object_agg(u.address, json_build_object(
        'kind', u.kind, 'lifecycle', u.lifecycle, 'title', v.title, 'body', v.body, 'digest', v.digest))::text AS seen
       FROM information_unit u JOIN unit_version v ON v.unit_id = u.id AND v.version = u.current_version
      WHERE u.document_key = $1 AND u.lifecycle <> 'retired'`,
    [key],
  );
  return JSON.parse(String(rows[0]?.['seen'] ?? '{}'));
}

/** Every row of the history, as text. */
async function historyRows(): Promise<Set<string>> {
  const found = new Set<string>();
  for (const table of HISTORY) {
    const { rows } = await stage.witness.query(`SELECT to_json(t)::text AS row FROM ${table} t`);
    for (const { row } of rows) found.add(`${table} ${row}`);
  }
  return found;
}

test('revert(cut(x)) shows what x showed and leaves every row of the history, for random documents', async (context) => {
  let reverted = 0;
  for (let seed = 0; seed < 12; seed += 1) {
    const key = `rules-${seed}`;
    const random = randomFrom(seed);
    const model = new ModelProduction();
    const { cut } = await openCuts(context, seed);
    const first = planFor(model, key, randomText(random));
    await cut(first);
    model.make(first);
    const [seen, past] = [await visible(key), await historyRows()];

    const plan = planFor(model, key, randomText(random));
    const order = await cut(plan);
    model.make(plan);
    const history = await readHistory(stage.session, order);
    const inOrder = [...model.history().units].sort((a, b) => (a.address < b.address ? -1 : 1));
    const read = [...history.units].sort((a, b) => (a.address < b.address ? -1 : 1));
    assert.deepEqual(read, inOrder, `the model is what the server does, seed ${seed}`);
    if (plan.rows.every(({ action }) => action === 'keep')) continue;

    const revert = planRevert(plan, history);
    await cut(revert);
    model.make(revert);
    assert.deepEqual(await visible(key), seen, `seed ${seed}`);
    assert.deepEqual(model.visible(), seen, `seed ${seed}`);
    const rows = await historyRows();
    assert.deepEqual(
      [...past].filter((row) => !rows.has(row)),
      [],
      `seed ${seed}`,
    );
    assert.ok(rows.size > past.size);
    reverted += 1;
  }
  assert.ok(reverted > 6, `${reverted} cuts had something to revert`);
});

test('history is append-only in this database, so that a revert that changed it would have failed', async () => {
  for (const table of HISTORY) {
    await assert.rejects(stage.session.query(`DELETE FROM ${table}`), /history is append-only/, table);
  }
  await assert.rejects(stage.session.query("UPDATE unit_version SET body = ''"), /history is append-only/);
});

test('158 units, 159 with a cut, and 158 again once it is reverted, in one transaction that is rolled back', async (context) => {
  const cut = orderOf(planOf('house-rules', rulesText(SEEDED_UNITS + 1), rulesText(SEEDED_UNITS)), 'cut-1');
  const { session } = stage;
  const counts = await withAdapter(context, session, async (adapter, tree) => {
    const living = async () => {
      const { rows } = await session.query(
        "SELECT id FROM information_unit WHERE document_key = 'house-rules' AND lifecycle <> 'retired'",
      );
      return rows.length;
    };
    const before = await living();
    await authorize(session, cut);
    await runPhases({ mode: Mode.LIVE, order: cut, adapter, tree });
    const inside = await living();
    const revert = orderOf(planRevert(cut.plan, await readHistory(session, cut)), 'revert-of-cut-1');
    await authorize(session, revert);
    await runPhases({ mode: Mode.LIVE, order: revert, adapter, tree });
    return [before, inside, await living()];
  });
  assert.deepEqual(counts, [158, 159, 158]);
});

test('a cut that stopped after leg A is taken back', async (context) => {
  const { adapter, order, cut } = await openCuts(context, 101);
  await cut(planOf('half', 'One.\n\nTwo.\n'));
  const seen = await visible('half');
  const half = await order(planOf('half', 'One.\n\nTwo, or not.\n\n- new\n', 'One.\n\nTwo.\n'));
  await adapter.preWriteBackup(half);
  await adapter.cutLegA(half);
  assert.notDeepEqual(await visible('half'), seen);
  await cut(planRevert(half.plan, await readHistory(stage.session, half)));
  assert.deepEqual(await visible('half'), seen);
});

test('a cut is not reverted once a later one has changed the same unit', async (context) => {
  const { cut } = await openCuts(context, 102);
  const [one, two, three] = ['One.\n', 'One, again.\n', 'One, once more.\n'] as const;
  await cut(planOf('later', one));
  const order = await cut(planOf('later', two, one));
  await cut(planOf('later', three, two));
  const history = await readHistory(stage.session, order);
  assert.throws(() => planRevert(order.plan, history), { code: 'changed-since' });
});

test('a revert needs an authorization of its own', async (context) => {
  const { adapter, cut } = await openCuts(context, 103);
  const order = await cut(planOf('governed', 'One.\n'));
  const revert = planRevert(order.plan, await readHistory(stage.session, order));
  const unauthorized = orderOf(revert, order.cutId);
  await assert.rejects(adapter.preWriteBackup(unauthorized), { code: 'not-authorized' });
});

test('what was never begun, or is another plan, has no history to revert', async (context) => {
  const { order, cut } = await openCuts(context, 104);
  const begun = await cut(planOf('begun', 'One.\n'));
  const notBegun = await order(planOf('begun', 'Two.\n', 'One.\n'));
  for (const each of [notBegun, { ...begun, plan: notBegun.plan }, { ...begun, cutId: 'no-such-cut' }]) {
    await assert.rejects(readHistory(stage.session, each), { code: 'nothing-to-revert' });
  }
});
