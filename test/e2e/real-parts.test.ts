// The main job on Redis, PostgreSQL and OpenSSH, with bot and worker as processes of their own.
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { git } from '../../examples/world/git-repository.ts';
import { headOf, parentOf } from '../../src/artifact/git.ts';
import { runCommand } from '../../src/demo/server-process.ts';
import type { SlackMessage } from '../../src/demo/slack-control.ts';
import { criteriaOf } from '../../src/plan/criteria-of.ts';
import { outlineOf } from '../../src/plan/outline.ts';
import { type FactsKind, type FactsOf, requireFacts } from '../../src/run/facts.ts';
import { gatesOf } from '../../src/run/gates-of.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import type { InterlockProcess } from '../fixtures/interlock-process.ts';
import { listening } from '../fixtures/listening.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { productionRows } from '../fixtures/production-rows.ts';
import { openRealStage, type RealStage } from '../fixtures/real-stage.ts';
import { type Reader, startReader } from '../fixtures/start-reader.ts';
import { fileDigests, treeContents } from '../fixtures/tree-contents.ts';

let postgres: PostgresFixture;
let stage: RealStage;
let bot: InterlockProcess;
let worker: InterlockProcess;
let before: Awaited<ReturnType<typeof lookAround>>;
let runId: string;
let run: RunState;
let met: Awaited<ReturnType<Reader['stop']>>;

beforeAll(async () => {
  postgres = await startPostgres();
  stage = await openRealStage(postgres);
  before = await lookAround();
  [bot, worker] = await Promise.all([stage.startBot(), stage.startWorker()]);
  runId = await stage.ask('/deploy', 'o8b-retry');
  await stage.shown(runId, 'approval');
  const reader = await startReader(join(stage.world.host.live, 'src', 'cli.ts'));
  await stage.approve(runId);
  await stage.runs.until(runId, (now) => gateState(now, 'promote').finishedAt !== null, 'promote to end');
  met = await reader.stop();
  run = await stage.runs.until(runId, ({ finished }) => finished !== null, 'the run to finish');
  for (const { name } of factsOfGate('report').documents) await stage.uploaded(runId, name);
  await stage.uploaded(runId, 'evidence.intoto.jsonl');
}, 180_000);

afterAll(async () => {
  await stage?.close();
  await postgres?.close();
});

/** What no deploy may change, and the live tree. */
async function lookAround() {
  const { world, productionDsn } = stage;
  const { ssot, host } = world;
  return {
    live: await treeContents(host.live),
    sibling: await treeContents(host.sibling),
    rows: await productionRows(productionDsn),
    ssot: await treeContents(ssot.directory, ['.git']),
    refs: await git(ssot.directory, ['for-each-ref', '--format=%(refname)']),
    gitConfig: await git(ssot.directory, ['config', '--local', '--list']),
  };
}

function factsOfGate<K extends FactsKind>(kind: K): FactsOf<K> {
  return requireFacts(kind, gateState(run, kind).result?.facts);
}

function idOf({ blocks }: SlackMessage): string | undefined {
  return blocks?.[0]?.block_id;
}

const neededLater = [
  'programs-contabo',
  ...['parent', 'live', 'tree', 'exchange', 'space'].map((what) => `${what}-target`),
];

it('decides in each gate exactly the criteria that claims of the plan may name', () => {
  for (const { gate, result } of run.gates) {
    const plan = outlineOf({ ...run.plan, gates: [gate] });
    const known = plan?.gates[0] ? criteriaOf(plan, plan.gates[0]) : null;
    // What later gates need is decided too; no claim may rest on it, since a run goes no further without it.
    const needed = gate.kind === 'precheck' ? neededLater : [];
    expect(result?.checks.map(({ id }) => id).sort(), gate.kind).toEqual(
      [...(known ?? []), ...needed].sort(),
    );
  }
});

it('passes every gate, and neither process logs an error', () => {
  const states = run.gates.map(({ gate, status, attempt, reason }) => [
    gate.id,
    gate.kind,
    status,
    attempt,
    reason,
  ]);
  expect(states).toEqual(
    gatesOf(run.plan, 'deploy', 'LIVE').map(({ id, kind }) => [id, kind, 'pass', 1, null]),
  );
  expect(run.finished).toMatchObject({ verdict: 'PASS', outcome: run.plan.outcomes.pass });
  expect([...bot.errors, ...worker.errors]).toEqual([]);
});

it('has in its thread a report for each gate, the approval and the attestation, each once', async () => {
  const root = await stage.shown(runId, 'root');
  const thread = (await stage.messages()).filter(({ thread_ts }) => thread_ts === root.ts);
  const ids = thread.map(idOf).filter((id) => id?.startsWith(`il:${runId}:`));
  const keys = [...run.gates.map(({ gate }) => `gate-${gate.kind}`), 'approval', 'final'];
  expect(ids.toSorted()).toEqual(keys.map((key) => `il:${runId}:${key}`).toSorted());
  const files = thread.flatMap((message) => message.files ?? []).map(({ name }) => name);
  expect(new Set(files).size).toBe(files.length);
  expect(files).toContain('evidence.intoto.jsonl');
  const final = JSON.stringify(await stage.shown(runId, 'final'));
  expect(final).toContain(factsOfGate('report').bundle.digest);
});

it('makes live exactly what the manifest says, by one exchange, and keeps what was live', async () => {
  const { live } = stage.world.host;
  const { manifest, commit } = factsOfGate('artifact');
  const expected = Object.fromEntries(manifest.entries.map(({ path, sha256 }) => [path, sha256]));
  expect(fileDigests(await treeContents(live))).toEqual(expected);
  const { backupPath } = factsOfGate('promote');
  expect(await treeContents(backupPath ?? '')).toEqual(before.live);
  expect(stage.exchanges.count()).toBe(1);
  const beside = (await readdir(dirname(live))).toSorted();
  expect(beside).toEqual(
    ['.interlock', 'iu-cutter', 'iu-cutter-v0.6', basename(backupPath ?? '')].toSorted(),
  );
  expect(await headOf(stage.world.ssot.directory)).toBe(commit);
});

it('leaves the sibling, the database and the SSOT’s other files as they were', async () => {
  const after = await lookAround();
  expect(after.sibling).toEqual(before.sibling);
  expect(after.rows).toEqual(before.rows);
  expect(after.refs).toEqual(before.refs);
  expect(after.gitConfig).toEqual(before.gitConfig);
  const { directory, baseline } = stage.world.ssot;
  expect(await git(directory, ['status', '--porcelain'])).toBe('');
  expect(await parentOf(directory, 'HEAD')).toBe(baseline);
  const changed = Object.keys({ ...before.ssot, ...after.ssot }).filter(
    (path) => before.ssot[path] !== after.ssot[path],
  );
  expect(changed.toSorted()).toEqual(stage.world.staging.files.map(({ path }) => path).toSorted());
});

it('never lets a reader of the live tree miss while promote runs', () => {
  expect(met).toMatchObject({ missed: 0, misses: [], trees: 2 });
  expect(met.opens).toBeGreaterThan(1000);
});

it('leaves a bundle that the command line verifies against the ledger and the artifact', async () => {
  const directory = join(stage.directory, 'data', 'runs', runId);
  const artifact = join(stage.directory, 'worker-data', 'evidence');
  const { sha256 } = factsOfGate('artifact').artifact;
  const file = (await readdir(artifact, { recursive: true })).find((name) =>
    name.replaceAll('/', '').includes(sha256),
  );
  const said = await runCommand(process.execPath, [
    'src/cli.ts',
    'verify',
    join(directory, 'evidence.intoto.jsonl'),
    ...['--key', join(stage.directory, 'data', 'keys', 'interlock.pub.pem')],
    ...['--ledger', join(directory, 'ledger.jsonl')],
    ...['--artifact', join(artifact, file ?? 'absent')],
    ...['--report', join(directory, 'reports')],
  ]);
  expect(said).toContain(`run ${runId} ended PASS`);
});

it('verifies what is deployed, changes nothing, and lets a worker end its gate before it stops', async () => {
  const { host, ssot } = stage.world;
  const look = async () => ({
    ...(await lookAround()),
    parent: await treeContents(host.parent),
    times: (await stat(host.live)).mtimeMs,
    head: await headOf(ssot.directory),
  });
  const deployed = await look();
  await stage.hold(process.execPath);
  const verifying = await stage.ask('/verify', 'o8b-retry');
  await stage.held(verifying);
  const stopped = worker.terminate();
  await stage.ssh.resume();
  expect(await stopped).toBe(0);
  const verified = await stage.runs.until(
    verifying,
    ({ finished }) => finished !== null,
    'the verification to finish',
  );
  expect(verified.finished?.verdict).toBe('PASS');
  expect(verified.gates.map(({ gate, status, attempt }) => [gate.kind, status, attempt])).toEqual([
    ['verify', 'pass', 1],
    ['report', 'pass', 1],
  ]);
  expect(verified.gates.flatMap(({ result }) => result?.mutations ?? [])).toEqual([]);
  expect(await look()).toEqual(deployed);
  expect(stage.exchanges.count()).toBe(1);
});

it('rolls back on request: asks for an approval of its own, then restores the anchor', async () => {
  worker = await stage.startWorker();
  const promoted = await treeContents(stage.world.host.live);
  const back = await stage.ask('/rollback', runId);
  await stage.shown(back, 'approval');
  const waiting = await stage.runs.until(
    back,
    ({ approval }) => approval !== null,
    'the rollback to ask for approval',
  );
  expect(gateState(waiting, 'rollback').status).toBe('pending');
  expect(await treeContents(stage.world.host.live)).toEqual(promoted);
  await stage.approve(back);
  const restored = await stage.runs.until(
    back,
    ({ finished }) => finished !== null,
    'the rollback to finish',
  );
  expect(restored.finished?.verdict).toBe('PASS');
  const { badPath } = requireFacts('rollback', gateState(restored, 'rollback').result?.facts);
  expect(await treeContents(stage.world.host.live)).toEqual(before.live);
  expect(await treeContents(badPath ?? '')).toEqual(promoted);
  expect(stage.exchanges.count()).toBe(2);
});

it('has opened no port: Socket Mode and workers connect outwards only', async () => {
  expect(await Promise.all([bot, worker].map(({ pid }) => listening(pid)))).toEqual([[], []]);
});

it('stops both processes with exit code 0 on SIGTERM', async () => {
  expect(await Promise.all([bot.terminate(), worker.terminate()])).toEqual([0, 0]);
  expect([...bot.errors, ...worker.errors]).toEqual([]);
});
