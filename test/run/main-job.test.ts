import { afterEach, expect, it } from 'vitest';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';

let opened: LoopbackRun | undefined;
afterEach(async () => {
  await opened?.close();
  opened = undefined;
});

it('runs the reference plan through every gate to a PASS', async () => {
  opened = await openLoopbackRun();
  const runId = await opened.deploy();
  await opened.until(runId, (run) => run.approval !== null || run.finished !== null);
  await opened.approve(runId);
  const run = await opened.until(runId, ({ finished }) => finished !== null);
  expect(run.gates.map(({ gate, status, reason }) => [gate.kind, status, reason?.text])).toEqual(
    run.gates.map(({ gate }) => [gate.kind, 'pass', undefined]),
  );
  expect(run.finished?.verdict).toBe('PASS');
}, 120_000);
