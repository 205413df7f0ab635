import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PHASES } from '../../src/phases/phase.ts';
import { PhaseSimulator } from '../../src/phases/simulator.ts';
import { sampleOrder, samplePlan } from '../support/sample-order.ts';

test('the simulator marks itself and every outcome', async () => {
  const simulator = new PhaseSimulator();
  assert.equal(simulator.simulated, true);
  for (const phase of PHASES) assert.equal((await simulator[phase](sampleOrder())).simulated, true, phase);
});

test('an outcome names its phase', async () => {
  const simulator = new PhaseSimulator();
  for (const phase of PHASES) assert.equal((await simulator[phase](sampleOrder())).phase, phase);
});

test('leg A would write a unit and a version for each new unit', async () => {
  const { rows } = await new PhaseSimulator().cutLegA(sampleOrder());
  assert.deepEqual(rows, { information_unit: 4, unit_version: 4 });
});

test('leg A would write only a version for a revised unit, and nothing for a kept one', async () => {
  const kept = samplePlan().rows.map(({ address, digest }): [string, string] => [address, digest]);
  const inventory = new Map([...kept.slice(1), ['s1', 'another digest'] as const]);
  const { rows } = await new PhaseSimulator().cutLegA(sampleOrder(samplePlan(inventory)));
  assert.deepEqual(rows, { information_unit: 0, unit_version: 1 });
});

test('enacting would log retired units too', async () => {
  const order = sampleOrder(samplePlan(new Map([['s9/p1', 'digest of a text that is gone']])));
  assert.deepEqual((await new PhaseSimulator().lifecycleEnact(order)).rows, { iu_lifecycle_log: 5 });
});
