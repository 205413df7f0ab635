// What runs leave beside a live path, on a host behind OpenSSH: named by what it is, and never the way back removed.
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPublicKey, publicKeyPem } from '../../src/attestation/keys.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import type { Gate } from '../../src/gate/context.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import type { Value } from '../../src/operator/protocol.ts';
import { serveOperators } from '../../src/operator/serve.ts';
import { requireFacts } from '../../src/run/facts.ts';
import type { TidyFacts } from '../../src/run/facts-of-tidy.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { type LoopbackRun, openLoopbackRun, operator } from '../fixtures/loopback-run.ts';
import { type OpenSsh, startOpenSsh } from '../fixtures/openssh.ts';
import { before, delivery, play, report, writeSmallPlan } from '../fixtures/small-plans.ts';

const execute = promisify(execFile);
const silent = { info: () => undefined, error: () => undefined };
let ssh: OpenSsh;
let opened: LoopbackRun;
let live: string;
/** Stops the gate of this kind at its next change of this kind, after or instead of it. */
let stop: { kind: string; mutation: string; instead: (() => Promise<void>) | null } | null = null;

beforeAll(async () => {
  ssh = await startOpenSsh();
  opened = await openLoopbackRun({ ssh, around: stopping, database: 'none' });
  live = opened.world.host.live;
});
afterAll(async () => {
  await opened?.close();
  await ssh?.close();
});

function stopping(real: Gate): Gate {
  return {
    kind: real.kind,
    async run(context) {
      const { executor } = context;
      const mutate: typeof executor.mutate = async (permit, intent, act) => {
        const here = stop?.kind === real.kind && stop.mutation === intent.kind ? stop : null;
        if (here) stop = null;
        if (here?.instead) await here.instead();
        else if (!here) return executor.mutate(permit, intent, act);
        else await executor.mutate(permit, intent, act);
        throw new Error('the worker stopped here');
      };
      return real.run({ ...context, executor: { mode: executor.mode, journal: executor.journal, mutate } });
    },
  };
}

const short = [...before, delivery().stage, delivery().promote, report];
const deploy = async (content: string) => {
  await writeSmallPlan(opened, 'tidy-app', { content, gates: short });
  return opened.deploy({ plan: 'tidy-app' });
};

async function remove(subject: string): Promise<RunState> {
  const begun = await opened.control.request({
    ...{ operation: 'tidy', subject, dryRun: false, requester: operator, channel: null, via: 'operator' },
  });
  if (!begun.ok) throw new Error(begun.refusal.text);
  return opened.until(begun.value.runId, ({ finished }) => finished !== null);
}

async function tidy(subject: string): Promise<{ run: RunState; facts: TidyFacts }> {
  const run = await remove(subject);
  return { run, facts: requireFacts('tidy', gateState(run, 'tidy').result?.facts) };
}

const beside = async () =>
  (await readdir(dirname(live))).filter((name) => name.startsWith(`${basename(live)}.`)).toSorted();
const of = ({ found }: TidyFacts, name: string) => found.find(({ path }) => path === `${live}.${name}`);

/** The run whose promote stopped between exchange and rename. */
let cut: RunState;
/** The run that staged, and was rejected. */
let rejected: RunState;

describe('a promote that stops between exchange and rename', () => {
  it('leaves the only copy of what was live under the staged name, and the command line says so', async () => {
    stop = { kind: 'promote', mutation: 'host.exchange', instead: null };
    cut = await play(opened, deploy('A'));
    expect(await readFile(join(live, 'VERSION'), 'utf8')).toBe('A');
    expect(whatIsLive(cut).join('\n')).toContain(`.staged-${cut.runId}\`, by its digest. It is the way back`);
    const served = await serveOperators({
      ...{ data: opened.directory, machine: 'control', control: opened.control, log: silent },
    });
    try {
      const ask = (...more: string[]) =>
        execute(process.execPath, ['src/cli.ts', 'tidy', cut.runId, '--data', opened.directory, ...more]);
      const { stdout } = await ask('--json');
      const found = JSON.parse(stdout) as Value<'leftovers'>;
      const [staged] = found.places[0]?.facts?.found ?? [];
      const anchor = requireFacts('stage', gateState(cut, 'stage').result?.facts).liveTree?.digest;
      expect(staged).toMatchObject({
        path: `${live}.staged-${cut.runId}`,
        what: 'only copy',
        says: `the only copy of what was live before run ${cut.runId}`,
        tree: anchor,
        kept: true,
        next: `/rollback ${cut.runId}`,
      });
      const listed = await opened.until(found.run, ({ finished }) => finished !== null);
      expect(listed).toMatchObject({
        ...{ operation: 'tidy', mode: 'DRYRUN', channel: cut.channel },
        finished: { verdict: 'DRYRUN', outcome: `tidy of ${cut.runId}: DRYRUN` },
      });
      expect(listed.requester.id).toMatch(/^operator:/);
    } finally {
      await served.stop();
    }
  });

  it('keeps it when leftovers are removed, and the rollback finds it', async () => {
    const { run, facts } = await tidy('tidy-app');
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(facts).toMatchObject({ live: { known: true }, removed: [] });
    expect(await beside()).toEqual([`${basename(live)}.staged-${cut.runId}`]);
    const text = (name: string) => readFile(join(opened.directory, 'runs', run.runId, name), 'utf8');
    const verified = await verifyBundle({
      bundleText: await text('evidence.intoto.jsonl'),
      publicKeys: [loadPublicKey(publicKeyPem(opened.keys.signing))],
      ledger: { text: await text('ledger.jsonl'), verify: verifyLines },
    });
    expect(verified).toMatchObject({
      ...{ ok: true, deployment: { operation: 'tidy', verdict: 'PASS', approvals: [] } },
    });
    const back = await play(opened, opened.request('rollback', cut.runId));
    expect(back.finished?.verdict).toBe('PASS');
    expect(await beside()).toEqual([`${basename(live)}.bad-${cut.runId}`]);
  });
});

describe('what is left of a run that went no further', () => {
  it('is removed, while all that nobody can vouch for stays; a removal that is cut off is finished by the next', async () => {
    const waiting = await deploy('B');
    await opened.until(waiting, ({ approval }) => approval !== null);
    await opened.approve(waiting, 'reject');
    rejected = await opened.until(waiting, ({ finished }) => finished !== null);
    const staged = `${live}.staged-${rejected.runId}`;
    await mkdir(`${live}.staged-nobody-zzzzzz`);
    await symlink(staged, `${live}.bad-${rejected.runId}`);
    await mkdir(`${live}.notes`);

    stop = { kind: 'tidy', mutation: 'host.remove', instead: () => rm(join(staged, 'VERSION')) };
    const first = await remove(rejected.runId);
    expect(first.finished).toMatchObject({ verdict: 'INCONCLUSIVE' });
    expect(await beside()).toContain(basename(staged));

    await cp(live, `${live}.rehearsal-live-${rejected.runId}`, { recursive: true });
    const { run, facts } = await tidy(rejected.runId);
    expect(run.finished).toMatchObject({ verdict: 'PASS' });
    expect(of(facts, `staged-${rejected.runId}`)).toMatchObject({
      ...{ what: 'part', kept: false, why: expect.stringContaining('was cut off') },
    });
    expect(facts.removed.map(({ path }) => path)).toEqual([
      `${live}.rehearsal-live-${rejected.runId}`,
      staged,
    ]);
    expect(of(facts, 'staged-nobody-zzzzzz')).toMatchObject({ what: 'not known', kept: true });
    expect(of(facts, `bad-${rejected.runId}`)).toMatchObject({ what: 'not known', kept: true });
    expect(of(facts, 'notes')).toMatchObject({ what: 'not ours', kept: true });
    expect(of(facts, `bad-${cut.runId}`)).toMatchObject({ what: 'taken out', kept: true });
    expect(await beside()).toEqual(
      [`bad-${cut.runId}`, `bad-${rejected.runId}`, 'notes', 'staged-nobody-zzzzzz']
        .map((name) => `${basename(live)}.${name}`)
        .toSorted(),
    );
  });

  it('stays when something else is live than what was seen there last', async () => {
    await cp(live, `${live}.rehearsal-live-${rejected.runId}`, { recursive: true });
    await rm(live, { recursive: true });
    await mkdir(live);
    const { run, facts } = await tidy(rejected.runId);
    expect(run.finished).toMatchObject({ verdict: 'BLOCKED' });
    expect(facts.removed).toEqual([]);
    expect(of(facts, `rehearsal-live-${rejected.runId}`)).toMatchObject({
      ...{ kept: true, why: expect.stringContaining('what is live is not what run') },
    });
  });
});
