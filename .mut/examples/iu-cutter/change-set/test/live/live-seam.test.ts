import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { executionEnabled, switchFile } from '../../src/kill-switch/execution-enabled.ts';
import { guardMode, LIVE_WIRED, liveMark, requireLiveAdapter } from '../../src/live/live-seam.ts';
import { Mode } from '../../src/phases/mode.ts';
import { PHASES, type Phase, type PhaseOutcome } from '../../src/phases/phase.ts';
import { runPhases } from '../../src/phases/run-phases.ts';
import { PhaseSimulator } from '../../src/phases/simulator.ts';
import { sampleOrder } from '../support/sample-order.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

const REFUSED_ADAPTER = { name: 'Refusal', code: 'not-a-live-adapter' };
const DISABLED = { name: 'Refusal', code: 'execution-disabled' };

/** Switches a tree on the way an operator would; there is no other. */
async function switchOn(tree: string): Promise<void> {
  await writeFile(switchFile(tree), '{"execution_enabled": true}');
}

/** A marked adapter that remembers its calls. */
function rememberingAdapter(during: (phase: Phase) => Promise<void> = async () => undefined) {
  const calls: Phase[] = [];
  const methods = PHASES.map((phase) => {
    const method = async (): Promise<PhaseOutcome> => {
      calls.push(phase);
      await during(phase);
      return { phase, simulated: false, rows: {} };
    };
    return [phase, method] as const;
  });
  return { calls, adapter: { [liveMark]: true, ...Object.fromEntries(methods) } };
}

test('this tree has live wiring', () => {
  assert.equal(LIVE_WIRED, true);
});

test('the kill switch is off where there is no switch file', async (context) => {
  assert.equal(executionEnabled(await temporaryTree(context)), false);
});

test('the switch file lies beside the tree and carries its name', () => {
  assert.equal(switchFile('/opt/x/iu-cutter-v0.6'), '/opt/x/iu-cutter-v0.6.override.json');
});

test('a switch file turns execution on for its own tree and for no other', async (context) => {
  const tree = await temporaryTree(context, 'iu-cutter-v0.6');
  await switchOn(tree);
  assert.equal(executionEnabled(tree), true);
  assert.equal(executionEnabled(`${tree}.staged`), false);
});

test('the kill switch is read at every call', async (context) => {
  const tree = await temporaryTree(context);
  await switchOn(tree);
  const before = executionEnabled(tree);
  await rm(switchFile(tree));
  assert.deepEqual([before, executionEnabled(tree)], [true, false]);
});

test('a switch file that says anything else leaves execution off', async (context) => {
  const tree = await temporaryTree(context);
  const contents = [
    '',
    '{',
    'true',
    'null',
    '[]',
    '{}',
    '{"execution_enabled": "true"}',
    '{"execution_enabled": 1}',
  ];
  for (const content of contents) {
    await writeFile(switchFile(tree), content);
    assert.equal(executionEnabled(tree), false, content);
  }
});

test('LIVE is refused while the kill switch is off, and no method is called', async (context) => {
  const { adapter, calls } = rememberingAdapter();
  const run = runPhases({
    mode: Mode.LIVE,
    order: sampleOrder(),
    adapter,
    tree: await temporaryTree(context),
  });
  await assert.rejects(run, DISABLED);
  assert.deepEqual(calls, []);
});

test('the kill switch comes before the adapter', async (context) => {
  const tree = await temporaryTree(context);
  assert.throws(() => guardMode(Mode.LIVE, null, tree), DISABLED);
  await switchOn(tree);
  assert.throws(() => guardMode(Mode.LIVE, null, tree), REFUSED_ADAPTER);
});

test('LIVE runs all five phases on its adapter once the kill switch is on', async (context) => {
  const tree = await temporaryTree(context);
  await switchOn(tree);
  const { adapter, calls } = rememberingAdapter();
  const outcomes = await runPhases({ mode: Mode.LIVE, order: sampleOrder(), adapter, tree });
  assert.deepEqual(calls, [...PHASES]);
  assert.ok(outcomes.every(({ simulated }) => !simulated));
});

test('a kill switch that goes off in between stops the run before the next phase', async (context) => {
  const tree = await temporaryTree(context);
  await switchOn(tree);
  const { adapter, calls } = rememberingAdapter(async (phase) => {
    if (phase === 'cutLegA') await rm(switchFile(tree));
  });
  await assert.rejects(runPhases({ mode: Mode.LIVE, order: sampleOrder(), adapter, tree }), DISABLED);
  assert.deepEqual(calls, ['preWriteBackup', 'cutLegA']);
});

test('LIVE without an adapter is refused and never simulated', async (context) => {
  const tree = await temporaryTree(context);
  await switchOn(tree);
  await assert.rejects(runPhases({ mode: Mode.LIVE, order: sampleOrder(), tree }), REFUSED_ADAPTER);
  const adapter = new PhaseSimulator();
  await assert.rejects(runPhases({ mode: Mode.LIVE, order: sampleOrder(), adapter, tree }), REFUSED_ADAPTER);
});

test('DRYRUN never calls an adapter, even with the kill switch on', async (context) => {
  const tree = await temporaryTree(context);
  await switchOn(tree);
  const { adapter, calls } = rememberingAdapter();
  const outcomes = await runPhases({ mode: Mode.DRYRUN, order: sampleOrder(), adapter, tree });
  assert.deepEqual(calls, []);
  assert.ok(outcomes.every(({ simulated }) => simulated));
});

test('the DRYRUN guard passes whatever it is handed', () => {
  for (const adapter of [undefined, null, {}, 'adapter', new PhaseSimulator()]) {
    assert.doesNotThrow(() => guardMode(Mode.DRYRUN, adapter, '/nowhere'));
  }
});

test('what is not an object is refused as adapter', () => {
  for (const candidate of [
    null,
    undefined,
    'ProductionLiveExecutionAdapter',
    7,
    true,
    liveMark,
    () => undefined,
  ]) {
    assert.throws(() => requireLiveAdapter(candidate), REFUSED_ADAPTER, String(candidate));
  }
});

test('an object is refused that has all five methods and no mark', () => {
  const { adapter } = rememberingAdapter();
  assert.throws(() => requireLiveAdapter({ ...adapter, [liveMark]: undefined }), REFUSED_ADAPTER);
});

test('the mark cannot be carried by parsed JSON', () => {
  const { adapter } = rememberingAdapter();
  assert.throws(() => requireLiveAdapter(JSON.parse(JSON.stringify(adapter))), REFUSED_ADAPTER);
});

test('an adapter is refused that lacks one method', () => {
  for (const phase of PHASES) {
    const { adapter } = rememberingAdapter();
    assert.throws(() => requireLiveAdapter({ ...adapter, [phase]: undefined }), REFUSED_ADAPTER, phase);
  }
});

test('everything shaped like the simulator is refused, even with the mark', () => {
  const { adapter } = rememberingAdapter();
  class MarkedSimulator extends PhaseSimulator {
    readonly [liveMark] = true;
  }
  for (const candidate of [new PhaseSimulator(), new MarkedSimulator(), { ...adapter, simulated: false }]) {
    assert.throws(() => requireLiveAdapter(candidate), REFUSED_ADAPTER);
  }
});

test('a marked adapter with all five methods is accepted as it is', () => {
  const { adapter } = rememberingAdapter();
  assert.equal(requireLiveAdapter(adapter), adapter);
});
