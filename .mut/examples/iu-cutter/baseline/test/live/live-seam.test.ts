import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guardMode, LIVE_WIRED } from '../../src/live/live-seam.ts';
import { Mode } from '../../src/phases/mode.ts';
import { runPhases } from '../../src/phases/run-phases.ts';
import { sampleOrder } from '../support/sample-order.ts';

test('this tree has no live wiring', () => {
  assert.equal(LIVE_WIRED, false);
});

test('the guard lets a dry run pass', () => {
  assert.doesNotThrow(() => guardMode(Mode.DRYRUN));
});

test('the guard refuses LIVE', () => {
  assert.throws(() => guardMode(Mode.LIVE), { name: 'Refusal', code: 'live-not-wired' });
});

test('a LIVE run is refused before it looks at its plan', async () => {
  const order = sampleOrder();
  const run = runPhases({ mode: Mode.LIVE, order: { ...order, plan: { ...order.plan, rows: [] } } });
  await assert.rejects(run, { name: 'Refusal', code: 'live-not-wired' });
});
