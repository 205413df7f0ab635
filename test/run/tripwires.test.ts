// LIVE cannot reach the simulator, and DRYRUN cannot reach a host's mutating call: every gate kind, with the real jobs on a
// real world, in which what a mode must not touch is a tripwire.
import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { isSeq, parseDocument } from 'yaml';
import { git } from '../../examples/world/git-repository.ts';
import { LiveExecutor, SimulatedExecutor } from '../../src/execution/executor.ts';
import type { Gate } from '../../src/gate/context.ts';
import { type Command, script } from '../../src/host/command.ts';
import type { Upload } from '../../src/host/host.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { SshHost } from '../../src/host/ssh-host.ts';
import { mutatingKinds } from '../../src/plan/gate-traits.ts';
import { gateKinds } from '../../src/plan/schema-gates.ts';
import type { Mutation } from '../../src/run/gate-result.ts';
import type { RunState } from '../../src/run/state.ts';
import { type LoopbackRun, openLoopbackRun, operator } from '../fixtures/loopback-run.ts';
import { shortenSuites } from '../fixtures/plan-file.ts';
import { treeContents } from '../fixtures/tree-contents.ts';

type Mode = 'LIVE' | 'DRYRUN';

/** What each kind was seen to do, by mode. */
const seen = new Map<string, { executor: object; journal: readonly Mutation[] }>();
const tripped: string[] = [];
/** Runs follow one another, so that what touches a tripwire is of this mode. */
let mode: Mode = 'DRYRUN';

function trip(forbidden: Mode, what: string): void {
  if (mode !== forbidden) return;
  tripped.push(`${mode}: ${what}`);
  throw new Error(`tripwire: ${what}`);
}

type Methods = Record<string, (...args: unknown[]) => unknown>;

/** Puts a tripwire in front of the real method. */
function wire(prototype: object, method: string, check: (first: unknown) => void): void {
  const methods = prototype as Methods;
  const real = methods[method];
  if (real === undefined) throw new Error(`expected a method ${method}`);
  vi.spyOn(methods, method).mockImplementation(function (this: unknown, ...args) {
    check(args[0]);
    return Reflect.apply(real, this, args);
  });
}

const ifMutating = (command: unknown) => {
  const { effect, title } = command as Command;
  if (effect === 'mutate') trip('DRYRUN', title);
};

const around = (gate: Gate): Gate => ({
  kind: gate.kind,
  async run(context) {
    const { executor, job } = context;
    seen.set(`${job.mode} ${job.gate}`, { executor, journal: executor.journal });
    return gate.run(context);
  },
});

/** Kinds that the reference plan does not have. Each looks at something that is there, and passes. */
const further = [
  { id: 'X0', kind: 'probes', role: 'ssot', title: 'nothing has changed' },
  { id: 'X1', kind: 'host-survey', role: 'ssot', title: 'the host', with: { host: 'contabo', system: '.' } },
  {
    id: 'X2',
    kind: 'command-proof',
    role: 'ssot',
    title: 'a command',
    with: { command: ['true'], directory: '/tmp' },
  },
  {
    ...{ id: 'X3', kind: 'database-proof', role: 'ssot', title: 'a database' },
    with: {
      proofs: [
        {
          ...{ id: 'reads', title: 'It is read', database: 'production', readOnly: true },
          allow: { superuser: true },
          steps: [{ title: 'one', sql: 'select 1', expect: { value: 1 } }],
        },
      ],
    },
  },
  {
    ...{ id: 'X4', kind: 'decide', title: 'go on' },
    with: {
      ...{ question: 'Go on?', decision: 'go on', reason: 'the tests pass', by: 'rule' },
      when: [{ check: 'test/suite-full' }],
    },
  },
  { id: 'X5', kind: 'gap-review', title: 'what stays open', with: { partialWhileOpen: [] } },
];

async function addGates(planFile: string): Promise<void> {
  const plan = parseDocument(await readFile(planFile, 'utf8'));
  const gates = plan.get('gates');
  if (!isSeq(gates)) throw new Error('expected the plan to have gates');
  // After the tests, on which the decision rests.
  gates.items.splice(4, 0, ...further.map((gate) => plan.createNode(gate)));
  await writeFile(planFile, plan.toString({ lineWidth: 0 }));
}

let opened: LoopbackRun;
let dry: RunState;

beforeAll(async () => {
  wire(SshHost.prototype, 'run', ifMutating);
  wire(LocalHost.prototype, 'run', ifMutating);
  wire(SshHost.prototype, 'upload', (upload) => trip('DRYRUN', `upload to ${(upload as Upload).to}`));
  wire(LocalHost.prototype, 'upload', (upload) => trip('DRYRUN', `upload to ${(upload as Upload).to}`));
  // It alone hands out what can mutate, moving a branch too.
  wire(LiveExecutor.prototype, 'mutate', () => trip('DRYRUN', 'the live executor'));
  wire(SimulatedExecutor.prototype, 'mutate', () => trip('LIVE', 'the simulator'));
  opened = await openLoopbackRun({
    around,
    prepare: async ({ planFile }) => {
      await shortenSuites(planFile);
      await addGates(planFile);
    },
  });
  dry = await play('DRYRUN', () => opened.deploy({ dryRun: true }));
  const promoted = await play('LIVE', () => opened.deploy());
  expect(promoted.finished).toMatchObject({ verdict: 'PASS' });
  await play('DRYRUN', () => opened.request('verify', promoted.runId, true));
  await play('DRYRUN', () => opened.request('rollback', promoted.runId, true));
  await play('LIVE', () => opened.request('verify', promoted.runId));
  const back = await play('LIVE', () => opened.request('rollback', promoted.runId));
  expect(back.finished).toMatchObject({ verdict: 'PASS' });
  for (const as of ['DRYRUN', 'LIVE'] as const) await play(as, () => tidy(promoted.runId, as === 'DRYRUN'));
});
afterAll(async () => {
  vi.restoreAllMocks();
  await opened?.close();
});

/** As somebody with a shell on the control plane's machine asks for it. */
async function tidy(subject: string, dryRun: boolean): Promise<string> {
  const begun = await opened.control.request({
    ...{ operation: 'tidy', subject, dryRun, requester: operator, channel: null, via: 'operator' },
  });
  if (!begun.ok) throw new Error(begun.refusal.text);
  return begun.value.runId;
}

/** Plays a run to its end; a dry one must leave the host, and the repository with its objects, as they were. */
async function play(as: Mode, begin: () => Promise<string>): Promise<RunState> {
  mode = as;
  const before = await look();
  const runId = await begin();
  const waiting = await opened.until(
    runId,
    ({ finished, approval }) => finished !== null || approval !== null,
  );
  if (!waiting.finished) await opened.approve(runId);
  const run = await opened.until(runId, ({ finished }) => finished !== null);
  if (as === 'DRYRUN') expect(await look()).toEqual(before);
  return run;
}

async function look() {
  const { host, ssot } = opened.world;
  return {
    host: await treeContents(host.root),
    ssot: await treeContents(ssot.directory),
    refs: await git(ssot.directory, ['for-each-ref']),
  };
}

describe.each(gateKinds)('%s', (kind) => {
  const of = (as: Mode) => {
    const found = seen.get(`${as} ${kind}`);
    if (!found) throw new Error(`expected ${kind} to have run in ${as}`);
    return found;
  };

  it('in LIVE has the live executor, and the journal of a mutating gate holds what it did', () => {
    const { executor, journal } = of('LIVE');
    expect(executor).toBeInstanceOf(LiveExecutor);
    expect(journal.filter(({ simulated }) => simulated)).toEqual([]);
    expect(journal.length > 0).toBe(mutatingKinds.has(kind));
  });

  it('in DRYRUN has the simulator, and changes nothing', () => {
    // Nothing is approved in a dry run, so there is nothing to look at once more; nothing is changed, so no look is owed.
    if (kind === 'drift' || kind === 'observe-live') return expect(seen.has(`DRYRUN ${kind}`)).toBe(false);
    const { executor, journal } = of('DRYRUN');
    expect(executor).toBeInstanceOf(SimulatedExecutor);
    expect(journal.filter(({ simulated }) => !simulated)).toEqual([]);
  });
});

describe('a DRYRUN', () => {
  it('goes through every gate, asks for no approval, and never reads as PASS', () => {
    const { gates, finished, approval } = dry;
    expect(Object.fromEntries(gates.map(({ gate, status }) => [gate.kind, status]))).toEqual({
      precheck: 'pass',
      survey: 'pass',
      reconcile: 'pass',
      test: 'pass',
      ...Object.fromEntries(further.map(({ kind }) => [kind, 'pass'])),
      artifact: 'not-run',
      stage: 'not-run',
      promote: 'not-run',
      prove: 'not-run',
      'rollback-readiness': 'not-run',
      report: 'pass',
    });
    expect(finished?.verdict).toBe('DRYRUN');
    expect(approval).toBeNull();
  });

  it('journals what it would have done', () => {
    const journal = dry.gates.flatMap(({ result }) => result?.mutations ?? []);
    expect(journal.every(({ simulated }) => simulated)).toBe(true);
    expect(journal.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining(['repository.fast-forward', 'host.upload', 'host.exchange']),
    );
  });
});

describe('the tripwires', () => {
  it('were touched by no gate', () => {
    expect(tripped).toEqual([]);
  });

  it('do trip: on a change in DRYRUN, and on the simulator in LIVE', async () => {
    const host = new LocalHost();
    mode = 'DRYRUN';
    const change = script('mutate', 'change it', 'exit 0');
    await expect(async () => host.run(change)).rejects.toThrow('tripwire');
    expect((await host.run(script('observe', 'look', 'exit 0'))).exitCode).toBe(0);
    mode = 'LIVE';
    expect((await host.run(change)).exitCode).toBe(0);
    const simulator = new SimulatedExecutor<object>(Date.now);
    await expect(async () => simulator.mutate({} as never, {} as never)).rejects.toThrow('tripwire');
    expect(tripped.splice(0)).toEqual(['DRYRUN: change it', 'LIVE: the simulator']);
    await host.close();
  });
});
