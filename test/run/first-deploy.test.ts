// A first deploy, and the way back from it, on a host behind SSH: nothing is live before, and nothing afterwards.
import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDeployment } from '../../src/attestation/describe-deployment.ts';
import { loadPublicKey } from '../../src/attestation/keys.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { requirementsOf } from '../../src/gaps/requirements.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { requireFacts } from '../../src/run/facts.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { consentSubject } from '../../src/slack/view/consent-subject.ts';
import { gapChangeLines } from '../../src/slack/view/gap-lines.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { followAdvice } from '../fixtures/follow-advice.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import {
  before,
  cutsOff,
  delivery,
  oneDelivery,
  play,
  report,
  writeSmallPlan,
} from '../fixtures/small-plans.ts';

const cut = cutsOff();
let opened: LoopbackRun;
let live: string;
/** What every change set here does beside its one new file. */
let changes: { readonly [field: string]: unknown };

beforeAll(async () => {
  opened = await openLoopbackRun({ around: cut.around, database: 'none' });
  live = join(opened.world.host.parent, 'fresh');
  const gone = sha256Hex(await readFile(join(opened.world.ssot.directory, 'CHANGELOG.md')));
  changes = { removed: { 'CHANGELOG.md': gone }, modes: { VERSION: '755' } };
});
afterAll(() => opened?.close());

const target = (more: object = {}) => ({ target: { host: 'contabo', livePath: live, ...more } });
const version = () => readFile(join(live, 'VERSION'), 'utf8').catch(() => 'absent');
const beside = async () =>
  (await readdir(dirname(live))).filter((name) => name.startsWith('fresh')).toSorted();

/** Stage and promote alone, where what follows is not what a test is about. */
const short = [...before, delivery().stage, delivery().promote, report];

/** A gap that each of them has evidence for, and what else one is given. */
const proven = (id: string) => ({
  id,
  title: `${id} is open`,
  scope: 'a deploy',
  closes: [{ check: 'promote/live-tree' }],
});

async function deploy(
  content: string,
  more: object = {},
  gates = oneDelivery(),
  gaps = [proven('GAP-1')],
): Promise<RunState> {
  await writeSmallPlan(opened, 'fresh-app', { content, gates, gaps, changes, ...target(more) });
  return play(opened, opened.deploy({ plan: 'fresh-app' }));
}

const rollback = (runId: string) => play(opened, opened.request('rollback', runId));

function requireApproval({ approval }: RunState) {
  if (!approval) throw new Error('expected an approval, got none');
  return approval;
}

function finalReport(run: RunState): string {
  return renderDocuments(run).at(-1)?.markdown ?? '';
}

/** By gap, each change: which run made it, to what, and by what. */
async function gapHistory(): Promise<Record<string, string[]>> {
  const [lineage] = await opened.control.gaps('iu-cutter-v0.6');
  return Object.fromEntries(
    (lineage?.gaps ?? []).map(({ id, history }) => [
      id,
      history.map(({ run, to, by }) => `${run} ${to} ${by}`),
    ]),
  );
}

/** What a verifier makes of the run’s bundle and ledger. */
async function verified({ runId }: RunState) {
  const read = (name: string) => readFile(join(opened.directory, 'runs', runId, name), 'utf8');
  return verifyBundle({
    bundleText: await read('evidence.intoto.jsonl'),
    publicKeys: [loadPublicKey(await read('interlock.pub.pem'))],
    ledger: { text: await read('ledger.jsonl'), verify: verifyLines },
  });
}

const nothing = { documents: [], ledgerHead: `sha256:${'0'.repeat(64)}`, statements: [] };

/** The first deploy whose tree is live. */
let first: RunState;

describe('a first deploy', () => {
  it('goes live where nothing was, and says that the anchor is absent and the way back is removal', async () => {
    first = await deploy('A', { first: true });
    expect(first.finished?.verdict).toBe('PASS');
    // What the change set removes and makes a program is so on the host, and was shown to whoever consented.
    expect(await readdir(live)).not.toContain('CHANGELOG.md');
    expect((await stat(join(live, 'VERSION'))).mode & 0o777).toBe(0o755);
    expect(finalReport(first)).toContain('2 files: 0 modified, 1 added, 1 removed');
    expect(consentSubject(first, requireApproval(first)).what.join('\n')).toMatch(
      /Removes `CHANGELOG.md`\nMode: `VERSION` ships as 755, as the plan says; it was staged as 644/,
    );
    expect(await version()).toBe('A');
    const promoted = requireFacts('promote', gateState(first, 'promote').result?.facts);
    expect(promoted).toMatchObject({ backupPath: null, backupTree: null });
    const ready = requireFacts('rollback-readiness', gateState(first, 'rollback-readiness').result?.facts);
    expect(ready).toMatchObject({ anchor: null, rehearsed: true });
    expect(ready.rehearsal.map(({ detail }) => detail)).toEqual(['absent', promoted.liveTree.digest]);
    expect(first.approval?.subject['world']).toMatchObject({ 'live tree': { shown: 'absent' } });
    expect(whatIsLive(first).join('\n')).toContain('the way back is removal');
    expect(finalReport(first)).toContain('absent: nothing was live before');
    const { delivered, rollbackAnchor } = describeDeployment(first, nothing);
    expect(delivered).toMatchObject([{ target: null, livePath: live, liveTree: promoted.liveTree.digest }]);
    expect(rollbackAnchor).toEqual([{ target: null, host: 'contabo', path: null, digest: null }]);
    expect(await beside()).toEqual(['fresh']);
  });

  it('is rolled back by removal, and the tree is kept aside', async () => {
    const back = await rollback(first.runId);
    expect(back.finished?.verdict).toBe('PASS');
    expect(back.anchors).toMatchObject([{ path: null, digest: null, ofRun: first.runId }]);
    expect(await beside()).toEqual([`fresh.bad-${first.runId}`]);
    expect(whatIsLive(back).join('\n')).toContain('is absent again');
    expect(describeDeployment(back, nothing).restored).toMatchObject([{ liveTree: null }]);
    const commands = requireFacts('rollback-readiness', gateState(back, 'rollback-readiness').result?.facts);
    expect(commands.commands.join()).toContain(`fresh.bad-${first.runId}`);
  });

  it('opens the gaps again that the deploy had closed, in register, thread and report, and requires none of them closed', async () => {
    const [, back] = (await opened.control.recent(2)).toReversed();
    if (!back) throw new Error('expected the rollback');
    expect(back.takesBack).toEqual({ runs: [first.runId], elsewhere: [], rulings: true });
    expect(await gapHistory()).toEqual({
      'GAP-1': [
        `${first.runId} open disclosure`,
        `${first.runId} closed evidence`,
        `${back.runId} open rollback`,
      ],
    });
    for (const said of [gapChangeLines(back).join(), finalReport(back)])
      expect(said).toContain(
        `the tree of the run ${first.runId} was rolled back, so its evidence does not count any more`,
      );
    expect(describeDeployment(back, nothing).gaps).toMatchObject([
      { id: 'GAP-1', status: 'open', carried: 'closed', changes: [{ by: 'rollback', to: 'open' }] },
    ]);
    expect(await verified(back)).toMatchObject({ ok: true });
    const [lineage] = await opened.control.gaps('iu-cutter-v0.6');
    const requires = { gaps: ['GAP-1'], rulings: [] };
    expect(
      requirementsOf({ requires, lineage: 'iu-cutter-v0.6' }, { gaps: lineage?.gaps ?? [], rulings: [] }),
    ).toMatchObject([{ holds: false }]);
  });

  it('is no longer what there is to verify', async () => {
    await expect(opened.request('verify', 'fresh-app')).rejects.toThrow('is live there no more');
  });

  it('blocks where something is live, and names the field', async () => {
    await mkdir(live);
    const over = await deploy('A', { first: true }, [...before, delivery().stage, report], []);
    await rm(live, { recursive: true });
    expect(over.finished).toMatchObject({ verdict: 'BLOCKED' });
    expect(over.finished?.reason?.text).toContain(
      'expected nothing, got a directory; the plan says target.first',
    );
  });

  it('that is killed after its rename is finished, not repeated', async () => {
    cut.arm('promote', 'host.rename', true);
    first = await deploy('O', { first: true }, short);
    expect(first.finished?.verdict).toBe('PASS');
    expect(await version()).toBe('O');
    const journal = await readFile(join(dirname(live), '.interlock', 'fresh.journal.jsonl'), 'utf8');
    const states = journal
      .split('\n')
      .filter((line) => line.includes(first.runId) && line.includes('"gate":"promote"'))
      .map((line) => (JSON.parse(line) as { state: string }).state);
    expect(states).toEqual(['begin', 'end']);
  });
});

describe('a rollback that is asked for', () => {
  let good: RunState;
  let last: RunState;

  it('never returns to a tree that was rolled back from: it takes the next older backup, and says why', async () => {
    good = await deploy('A', { keepBackups: 1 }, short, [proven('GAP-2')]);
    last = await deploy('B', { keepBackups: 1 }, oneDelivery(), [proven('GAP-3')]);
    expect([good, last].map(({ finished }) => finished?.verdict)).toEqual(['PASS', 'PASS']);
    const back = await rollback(last.runId);
    expect(back.finished?.verdict).toBe('PASS');
    expect(await version()).toBe('O');
    expect(back.anchors).toMatchObject([
      { ofRun: good.runId, why: expect.stringContaining('was itself rolled back from') },
    ]);
    expect(back.takesBack?.runs.toSorted()).toEqual([good.runId, last.runId].toSorted());
    expect(JSON.stringify(back.approval?.subject)).toContain('was itself rolled back from');
    expect(finalReport(back)).not.toContain('was not changed');
    expect(describeDeployment(back, nothing).restored).toMatchObject([{ ofRun: good.runId }]);
  });

  it('opens the gaps of every run that it goes back behind, and of no other', async () => {
    const history = await gapHistory();
    const [back] = await opened.control.recent(1);
    expect(history['GAP-1']?.slice(3)).toEqual([`${first.runId} closed evidence`]);
    for (const [id, run] of [
      ['GAP-2', good],
      ['GAP-3', last],
    ] as const)
      expect(history[id]?.slice(1)).toEqual([`${run.runId} closed evidence`, `${back?.runId} open rollback`]);
  });

  it('leaves live what /verify PLAN then takes: the run whose tree it is', async () => {
    const looked = await play(opened, opened.request('verify', 'fresh-app'));
    expect(looked).toMatchObject({ subjectRun: first.runId, finished: { verdict: 'PASS' } });
  });

  it('finds no other anchor removed: of old trees only what was refused before went, by the host’s journal', async () => {
    const { pruned } = requireFacts(
      'rollback-readiness',
      gateState(last, 'rollback-readiness').result?.facts,
    );
    expect(pruned?.map(({ path }) => basename(path))).toEqual([
      expect.stringMatching(/^fresh\.bad-fresh-app-/),
    ]);
    const { backupPath } = requireFacts('promote', gateState(last, 'promote').result?.facts);
    expect(await beside()).toEqual(
      ['fresh', `fresh.bad-${last.runId}`, basename(backupPath ?? '')].toSorted(),
    );
  });

  it('may be a plan: /rollback PLAN takes back the run that is live on its target', async () => {
    const gates = [
      { id: 'B0', kind: 'precheck', title: 'right machine' },
      { id: 'B1', kind: 'rollback-readiness', title: 'anchor intact' },
      { id: 'B2', kind: 'rollback', title: 'remove it' },
      { id: 'B3', kind: 'report', title: 'report' },
    ];
    await writeSmallPlan(opened, 'back-plan', {
      content: 'none',
      ...target(),
      gates,
      lineage: 'the-way-back',
      operation: 'rollback',
    });
    await expect(opened.deploy({ plan: 'back-plan' })).rejects.toThrow('type /rollback back-plan');
    await expect(opened.request('rollback', 'fresh-app')).rejects.toThrow('is a deploy');
    const back = await play(opened, opened.request('rollback', 'back-plan'));
    expect(back.gates.map(({ gate, status }) => [gate.kind, status])).toEqual(
      ['precheck', 'rollback-readiness', 'drift', 'rollback', 'report'].map((kind) => [kind, 'pass']),
    );
    expect(back.finished).toMatchObject({ verdict: 'PASS', outcome: back.plan.outcomes.pass });
    expect(await version()).toBe('absent');
    expect([...(await followAdvice(opened, back)).keys()]).toEqual(['branch-somewhere']);
    // A plan of another lineage takes back what this one had delivered, and says so.
    expect((await gapHistory())['GAP-1']?.at(-1)).toBe(`${back.runId} open rollback`);
    expect(gapChangeLines(back).join()).toContain('of the lineage `iu-cutter-v0.6`');
    expect(finalReport(back)).toContain('What this run did to gaps of the lineage `iu-cutter-v0.6`');
  });
});
