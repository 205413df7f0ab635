// Two live paths under one parent, by two hosts, two artifacts of one commit, one approval; and what follows when one of them fails.
import { readdir, readFile, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git } from '../../examples/world/git-repository.ts';
import { loadPublicKey } from '../../src/attestation/keys.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { keyOf } from '../../src/plan/schema-gates.ts';
import { adviseNext } from '../../src/report/advise-next.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { requireFacts } from '../../src/run/facts.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { nothingKnown } from '../../src/slack/view/desired-message.ts';
import { finalMessage } from '../../src/slack/view/final.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { followAdvice } from '../fixtures/follow-advice.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import { before, cutsOff, delivery, play, report, writeSmallPlan } from '../fixtures/small-plans.ts';
import { treeContents } from '../fixtures/tree-contents.ts';

const cut = cutsOff();
let opened: LoopbackRun;
let one: string;
let two: string;
let untouched: Awaited<ReturnType<typeof treeContents>>;

beforeAll(async () => {
  opened = await openLoopbackRun({ around: cut.around, database: 'none' });
  one = opened.world.host.live;
  two = join(opened.world.host.parent, 'second');
  untouched = await treeContents(one);
});
afterAll(() => opened?.close());

/** Verifies the bundle that the run left, against its ledger; resolves with what is claimed. */
async function verified({ runId }: RunState) {
  const directory = join(opened.directory, 'runs', runId);
  const read = (name: string) => readFile(join(directory, name), 'utf8');
  return verifyBundle({
    bundleText: await read('evidence.intoto.jsonl'),
    publicKeys: [loadPublicKey(await read('interlock.pub.pem'))],
    ledger: { text: await read('ledger.jsonl'), verify: verifyLines },
  });
}

describe('a run with two targets of which the second fails after promote', () => {
  let run: RunState;

  beforeAll(async () => {
    const [a, b] = [delivery(), delivery({ target: 'second', artifact: 'plain' }, 'second')];
    const second = { id: 'G4', kind: 'artifact', name: 'plain-artifact', artifact: 'plain', title: 'again' };
    await writeSmallPlan(opened, 'two-trees', {
      content: 'A',
      failsIn: '*/second',
      artifacts: { plain: { name: 'plain-{commit}', exclude: ['docs/**'] } },
      targets: { second: { host: 'mirror', livePath: two, first: true } },
      gates: [...before, second, a.stage, b.stage, a.promote, a.prove, b.promote, b.prove, report],
    });
    run = await play(opened, opened.deploy({ plan: 'two-trees' }));
  });

  it('builds both artifacts of one commit, and moves the branch once', async () => {
    const [main, plain] = ['artifact', 'plain-artifact'].map((key) =>
      requireFacts('artifact', gateState(run, key).result?.facts),
    );
    expect(plain?.commit).toBe(main?.commit);
    expect(plain?.artifact.sha256).not.toBe(main?.artifact.sha256);
    expect(plain?.manifest.entries.length).toBeLessThan(main?.manifest.entries.length ?? 0);
    const moves = run.gates.flatMap(({ result }) =>
      (result?.mutations ?? []).filter(({ kind }) => kind === 'repository.fast-forward'),
    );
    expect(moves).toHaveLength(1);
    const { directory, baseline } = opened.world.ssot;
    expect((await git(directory, ['rev-list', '--count', `${baseline}..HEAD`])).trim()).toBe('1');
  });

  it('looks at both before the first promote, on one approval that shows both', () => {
    const order = run.gates.map(({ gate }) => keyOf(gate));
    expect(order.slice(order.indexOf('stage-second') + 1, order.indexOf('prove'))).toEqual([
      'drift-target',
      'drift-second',
      'promote',
    ]);
    expect(run.approval?.subject['world']).toMatchObject({
      'live tree of target': { shown: expect.stringMatching(/^sha256:/) },
      'live tree of second': { shown: 'absent' },
    });
  });

  it('brings both back, the last to go live first', async () => {
    expect(run.finished?.verdict).toBe('FAILED');
    const done = run.gates.filter(({ gate }) => gate.kind === 'rollback');
    expect(done.map(({ gate, status }) => [keyOf(gate), status])).toEqual([
      ['rollback-second', 'pass'],
      ['rollback-target', 'pass'],
    ]);
    const changed = (key: string) =>
      new Set(gateState(run, key).result?.mutations.map(({ machine }) => machine));
    expect([changed('promote'), changed('promote-second')]).toEqual([
      new Set(['contabo']),
      new Set(['mirror']),
    ]);
    expect(await treeContents(one)).toEqual(untouched);
    const beside = (await readdir(dirname(two))).filter((name) => name.startsWith('second'));
    expect(beside).toEqual([`second.bad-${run.runId}`]);
  });

  it('leaves its commit on the branch, and names the command that takes it back', async () => {
    const { advice } = adviseNext(run, 'FAILED');
    expect(advice.map(({ id }) => id)).toEqual(['branch-back', 'again', 'go-on-from-there']);
    await followAdvice(opened, run, { only: ['branch-back'] });
  });

  it('tells the two apart in thread, report and attestation, which verifies', async () => {
    const said = whatIsLive(run).join('\n');
    expect(said).toMatch(/\(second\) is absent again/);
    expect(said).toMatch(/\(target\) is what it was before/);
    const final = renderDocuments(run).at(-1)?.markdown ?? '';
    expect(final).toContain('live_path second');
    const verification = await verified(run);
    expect(verification).toMatchObject({
      ok: true,
      deployment: {
        delivered: [],
        restored: [
          { target: null, liveTree: expect.stringMatching(/^sha256:/) },
          { target: 'second', liveTree: null },
        ],
      },
    });
  });
});

describe('a promote that was cut off for good, between exchange and rename', () => {
  let held: RunState;
  const blocks = () => JSON.stringify(finalMessage(held, nothingKnown)?.blocks);

  beforeAll(async () => {
    const gates = [...before, delivery().stage, delivery().promote, report];
    await writeSmallPlan(opened, 'cut-off', { content: 'A', gates });
    cut.arm('promote', 'host.exchange', false);
    held = await play(opened, opened.deploy({ plan: 'cut-off' }));
  });

  it('holds, and says whom it asks and what they can do', () => {
    expect(held.finished?.verdict).toBe('INCONCLUSIVE');
    expect(held.rollback).toBeNull();
    expect(blocks()).toContain('A person must decide');
    expect(blocks()).toContain(`/rollback ${held.runId}`);
    expect(blocks()).toContain(held.plan.next.routeTo);
    expect(blocks()).toContain('1 of SG_1');
  });

  it('is not taken back while the host shows none of the three positions', async () => {
    const { stagedPath } = requireFacts('stage', gateState(held, 'stage').result?.facts);
    await rename(stagedPath, `${stagedPath}.moved`);
    const back = await play(opened, opened.request('rollback', held.runId));
    await rename(`${stagedPath}.moved`, stagedPath);
    expect(back.finished).toMatchObject({ verdict: 'BLOCKED' });
    expect(back.finished?.reason?.text).toContain(basename(stagedPath));
  });

  it('is taken back from where it stopped, once a person asks and another approves', async () => {
    const back = await play(opened, opened.request('rollback', held.runId));
    expect(back.finished?.verdict).toBe('PASS');
    const ready = requireFacts('rollback-readiness', gateState(back, 'rollback-readiness').result?.facts);
    expect(ready).toMatchObject({ position: 'exchanged', rehearsed: true });
    expect(await treeContents(one)).toEqual(untouched);
    expect(await verified(back)).toMatchObject({ ok: true });
    expect([...(await followAdvice(opened, back, { only: ['branch-back'] })).keys()]).toEqual([
      'branch-back',
    ]);
  });
});
