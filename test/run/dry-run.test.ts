import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listTree, treeDigest } from '../../src/artifact/tree-digest.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';

const run = promisify(execFile);
let opened: LoopbackRun;

// One world for all: none of these runs may change it, which is what they are about.
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

describe('a run that may not mutate', () => {
  it('in DRYRUN goes through every gate, touches nothing, and never reads as PASS', async () => {
    const before = await snapshot();
    const runId = await opened.deploy({ dryRun: true });
    const { gates, finished, approval } = await opened.until(runId, (state) => state.finished !== null);
    expect(Object.fromEntries(gates.map(({ gate, status }) => [gate.kind, status]))).toEqual({
      precheck: 'pass',
      survey: 'pass',
      reconcile: 'pass',
      test: 'pass',
      artifact: 'not-run',
      stage: 'not-run',
      promote: 'not-run',
      prove: 'not-run',
      'rollback-readiness': 'not-run',
      report: 'pass',
    });
    expect(finished?.verdict).toBe('DRYRUN');
    expect(approval).toBeNull();
    const journal = gates.flatMap(({ result }) => result?.mutations ?? []);
    expect(journal.every(({ simulated }) => simulated)).toBe(true);
    expect(journal.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['repository.fast-forward', 'host.upload', 'host.exchange']),
    );
    expect(await snapshot()).toEqual(before);
  }, 120_000);

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
  }, 60_000);

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
  }, 120_000);
});
