// How a run can end, and whether what it then says to do works: on a real repository, over real SSH, with the real commands.
import { appendFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { git } from '../../examples/world/git-repository.ts';
import type { Gate } from '../../src/gate/context.ts';
import { adviceIds, adviseNext } from '../../src/report/advise-next.ts';
import { concludeRun } from '../../src/report/conclude-run.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { describeNext } from '../../src/report/final/describe-next.ts';
import { whereThingsStand } from '../../src/report/where-things-stand.ts';
import type { RunState } from '../../src/run/state.ts';
import { type AdviceId, type Came, followAdvice } from '../fixtures/follow-advice.ts';
import { type LoopbackRun, openLoopbackRun } from '../fixtures/loopback-run.ts';
import { before, delivery, play, report, writeSmallPlan } from '../fixtures/small-plans.ts';

let opened: LoopbackRun;
let isLost = false;

/** The artifact gate loses its answer once, after it has moved the branch. */
const around = (real: Gate): Gate => ({
  kind: real.kind,
  async run(context) {
    const facts = await real.run(context);
    if (!isLost || real.kind !== 'artifact') return facts;
    isLost = false;
    throw new Error('the answer was lost');
  },
});

beforeAll(async () => {
  opened = await openLoopbackRun({ around, database: 'none' });
});
afterAll(() => opened?.close());

const followed = new Set<AdviceId>();
async function follow(run: RunState, only?: readonly AdviceId[]): Promise<Came> {
  const came = await followAdvice(opened, run, only ? { only } : {});
  for (const id of came.keys()) followed.add(id);
  return came;
}
const idsOf = (run: RunState) => adviseNext(run, run.finished?.verdict ?? 'PASS').advice.map(({ id }) => id);
const stands = (run: RunState) => [
  run.finished?.verdict,
  whereThingsStand(run).repository,
  whereThingsStand(run).live,
];

const { stage, promote, prove } = delivery();
const staging = () => join(opened.directory, 'staging', 'one-two-A');
const write = (more: object = {}) =>
  writeSmallPlan(opened, 'one-two', {
    content: 'A',
    gates: [...before, stage, promote, prove, report],
    ...more,
  });
const deploy = (dryRun = false) => play(opened, opened.deploy({ plan: 'one-two', dryRun }));

/** What starts anew then passes its first gate and stops at the next one, which is as far as the advice is about it. */
async function withoutChangeSet<T>(act: () => Promise<T>): Promise<T> {
  await rename(staging(), `${staging()}.away`);
  return act().finally(() => rename(`${staging()}.away`, staging()));
}

describe('what a run says to do next works, where it ended', () => {
  it('before the branch moved: the reason mended, it starts anew; and with its commit on the branch, once that is back', async () => {
    await write();
    const stopped = await withoutChangeSet(() => deploy());
    expect([stands(stopped), idsOf(stopped)]).toEqual([['BLOCKED', 'unmoved', 'unchanged'], ['again']]);
    // That one is refused by its approver.
    const refused = (await follow(stopped)).get('again') as RunState;
    expect(stands(refused)).toEqual(['BLOCKED', 'committed', 'unchanged']);
    expect(idsOf(refused)).toEqual(['branch-back', 'again', 'go-on-from-there', 'tidy']);
    await follow(refused, ['go-on-from-there', 'tidy']);
    const { directory } = opened.world.ssot;
    const who = ['-c', 'user.name=Other', '-c', 'user.email=other@example.com'];
    await git(directory, [...who, 'commit', '--quiet', '--allow-empty', '-m', 'somebody else']);
    await expect(follow(refused, ['branch-back'])).rejects.toThrow('Command failed');
    await git(directory, ['reset', '--quiet', '--keep', 'HEAD^']);
    await withoutChangeSet(() => follow(refused, ['branch-back', 'again']));
  });

  it('blocked at its first gate, a run still looks as far as it can; cleaned up, it starts anew', async () => {
    const { live } = opened.world.host;
    const look = (kind: string) => ({ id: 'L', kind, title: `look: ${kind}`, supplementary: true });
    const constant = {
      ...{ id: 'switch', title: 'the switch', kind: 'constant', host: 'contabo', path: live },
      ...{ file: 'src/kill-switch/constant.ts', pattern: 'EXECUTION_ENABLED[^=]*=\\s*(true|false)' },
    };
    await write({
      probes: [{ ...constant, expect: { equals: 'false' } }],
      gates: [
        ...before.slice(0, 1),
        look('survey'),
        { ...look('reconcile'), needs: ['precheck'] },
        look('probes'),
        report,
      ],
      outcomes: { pass: 'A', partial: 'P', blocked: 'B', failed: 'C', inconclusive: 'D' },
    });
    const dirt = join(opened.world.ssot.directory, 'notes/README.md');
    await appendFile(dirt, 'dirt');
    const blocked = await deploy();
    await git(opened.world.ssot.directory, ['checkout', '--quiet', '--', 'notes/README.md']);
    expect(blocked.gates.map(({ gate, status }) => [gate.kind, status])).toEqual([
      ['precheck', 'blocked'],
      ['survey', 'pass'],
      ['reconcile', 'not-run'],
      ['probes', 'pass'],
      ['report', 'pass'],
    ]);
    const left = renderDocuments(blocked).find(
      ({ name }) => name === '02-survey-reconcile-probes.md',
    )?.markdown;
    expect(left).toContain('which is blocked');
    await follow(blocked);
  });

  it('in a dry run: it starts for real', async () => {
    await write();
    const rehearsed = await deploy(true);
    expect([stands(rehearsed), idsOf(rehearsed)]).toEqual([['DRYRUN', 'unmoved', 'unchanged'], ['for-real']]);
    await withoutChangeSet(() => follow(rehearsed));
  });

  it('while the branch moved and nobody was told: what to look at, and the way back for it', async () => {
    await write();
    isLost = true;
    const lost = await deploy();
    expect(stands(lost)).toEqual(['INCONCLUSIVE', 'unknown', 'unchanged']);
    expect(idsOf(lost)).toEqual(['look-at-branch', 'branch-back', 'again']);
    await withoutChangeSet(() => follow(lost));
  });

  it('over a live candidate: keep it and look, go on from its commit, or take it back; then the branch still holds the commit', async () => {
    await write({ failsIn: opened.world.host.live, onFailureAfterPromote: 'hold' });
    const held = await deploy();
    expect(stands(held)).toEqual(['FAILED', 'committed', 'candidate']);
    expect(idsOf(held)).toEqual(['roll-back', 'look-again', 'go-on-from-there']);
    const came = await follow(held, ['look-again', 'go-on-from-there']);
    const looked = came.get('look-again') as RunState;
    expect([looked.finished?.verdict, idsOf(looked)]).toEqual(['FAILED', ['again', 'roll-back']]);
    const back = (await follow(looked)).get('roll-back') as RunState;
    expect(idsOf(back)).toEqual(['branch-back', 'go-on-from-there']);
    expect(describeNext(back, concludeRun(back))).toContain('and what it was made for is not live');
    await follow(back, ['branch-back']);
  });
});

it('no kind of advice is printed that is not followed, here or where a plan of the way back is run', () => {
  expect(adviceIds.filter((id) => !followed.has(id))).toEqual(['branch-somewhere']);
});
