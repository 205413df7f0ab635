import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';

const run = promisify(execFile);
let opened: LoopbackRun;

// One world for both: neither run may change it, which is what they are about.
beforeAll(async () => {
  opened = await openLoopbackRun();
});
afterAll(() => opened.close());

/** Everything that a run may not have touched: the host's folder and the SSOT repository with its objects and refs. */
async function snapshot() {
  const { host, ssot } = opened.world;
  const refs = await run('git', ['-C', ssot.directory, 'for-each-ref']);
  return {
    host: treeDigest(await listTree(host.root)),
    ssot: treeDigest(await listTree(ssot.directory)),
    refs: refs.stdout,
  };
}

// A run that may not mutate because it is a DRYRUN is in tripwires.test.ts.
describe('a run that may not mutate', () => {
  it('with execution disabled is blocked at G0, and the refusal is evidence', async () => {
    await opened.setExecution(false);
    const before = await snapshot();
    const runId = await opened.deploy();
    const { gates, finished } = await opened.until(runId, (state) => state.finished !== null);
    expect(finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'execution' } });
    expect(gates[0]?.result?.checks.find(({ id }) => id === 'execution')?.actual).toContain(
      'set by the test',
    );
    expect(await snapshot()).toEqual(before);
    await opened.setExecution(true);
  });

  it('is stopped by a switch that is turned off while the approval is awaited', async () => {
    const runId = await opened.deploy();
    await opened.until(runId, (state) => state.approval !== null);
    const live = () => listTree(opened.world.host.live).then(treeDigest);
    const before = await live();
    await opened.setExecution(false);
    await opened.approve(runId);
    const { gates, finished } = await opened.until(runId, (state) => state.finished !== null);
    expect(finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'execution-disabled' } });
    expect(gates.find(({ gate }) => gate.kind === 'promote')?.result?.mutations).toEqual([]);
    expect(await live()).toBe(before);
  });
});
