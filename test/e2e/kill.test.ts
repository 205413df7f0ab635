// kill -9 of the bot and of the worker, at the moments that hurt. A run must go on by itself, promote once, and say nothing twice.
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { headOf, parentOf } from '../../src/artifact/git.ts';
import { type Command, toShell } from '../../src/host/command.ts';
import { renameToBackup, unpackTarGz } from '../../src/host/commands/mutate-tree.ts';
import { exchangeCommand } from '../../src/host/exchange.ts';
import { requireFacts, type StageFacts } from '../../src/run/facts.ts';
import { gatesOf } from '../../src/run/gates-of.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { openRealStage, type RealStage } from '../fixtures/real-stage.ts';
import { until } from '../fixtures/slack-workspace.ts';
import { fileDigests, type TreeContents, treeContents } from '../fixtures/tree-contents.ts';

let postgres: PostgresFixture;
const stages: RealStage[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  for (const stage of stages) await stage.close();
  await postgres?.close();
});

/** A stage of its own for each test, so that they can wait at the same time. */
async function onStage(play: (stage: RealStage) => Promise<void>): Promise<void> {
  const stage = await openRealStage(postgres);
  stages.push(stage);
  await play(stage);
}

describe.concurrent('after each kill -9', { timeout: 240_000 }, () => {
  it('of the bot, the run goes on, and the approval that was given meanwhile is found', () =>
    onStage(killTheBot));
  it('of the worker, the run goes on, and an exchange is finished instead of repeated', () =>
    onStage(killTheWorker));
});

async function killTheBot(stage: RealStage): Promise<void> {
  const before = await treeContents(stage.world.host.live);
  let bot = await stage.startBot();
  const worker = await stage.startWorker();
  const runId = await stage.ask('/deploy', 'o8b-retry');

  await holdUnpacking(stage, runId);
  await bot.crash();
  bot = await stage.startBot();
  // The next two posts, of this gate and of the approval, arrive; but the bot dies before it knows of the second.
  for (const fault of [lostAnswer, lostAnswer]) stage.proxy.breakNext('chat.postMessage', fault);
  await stage.ssh.resume();

  await stage.shown(runId, 'approval');
  await bot.crash();
  await stage.approve(runId);
  const staged = stageFactsOf(await stage.runs.until(runId, isAsked, 'the run to ask for approval'));
  await stage.hold(exchangeLine(staged));
  bot = await stage.startBot();

  await stage.held(runId);
  await bot.crash();
  bot = await stage.startBot();
  // Past the exchange and up to the rename: the worker stands still while the one is let go and the other is held.
  worker.freeze();
  await stage.ssh.resume();
  await untilExchanged(stage);
  await stage.hold(argvLine(renameToBackup(staged.stagedPath, staged.backupPath ?? '')));
  worker.thaw();
  await stage.held(runId);
  await bot.crash();
  await stage.ssh.resume();
  await untilPromoted(stage);
  await stage.startBot();

  const run = await expectPassed(stage, runId, before);
  expect(run.gates.map(({ attempt }) => attempt)).toEqual(run.gates.map(() => 1));
  expect((await journal(stage)).map(({ state }) => state)).toEqual(['begin', 'end']);
  const votes = (await stage.runs.events(runId)).filter(({ type }) => type === 'approval.voted');
  expect(votes.map(({ data }) => data)).toMatchObject([{ vote: 'approve', via: 'sweep', counted: true }]);
}

async function killTheWorker(stage: RealStage): Promise<void> {
  const before = await treeContents(stage.world.host.live);
  await stage.startBot();
  let worker = await stage.startWorker();
  const runId = await stage.ask('/deploy', 'o8b-retry');

  await holdUnpacking(stage, runId);
  await worker.crash();
  // What it had started runs on without it, as after any lost connection.
  await stage.ssh.resume();
  worker = await stage.startWorker();

  const staged = stageFactsOf(await stage.runs.until(runId, isAsked, 'the run to ask for approval'));
  await worker.crash();
  await stage.approve(runId);
  await stage.runs.until(
    runId,
    (now) => gateState(now, 'drift').status === 'queued',
    'the last look before promote to be queued',
  );
  await stage.hold(exchangeLine(staged));
  worker = await stage.startWorker();

  await stage.held(runId);
  await worker.crash();
  // Before the exchange: the dead worker's command still waits on the host while the next attempt begins.
  await stage.hold(exchangeLine(staged));
  worker = await stage.startWorker();

  await stage.held(runId);
  await worker.crash();
  // Both commands are let go. The first is fenced off; the second exchanges, and nobody hears of it.
  await stage.ssh.resume();
  await untilExchanged(stage);
  await stage.startWorker();

  await expectPassed(stage, runId, before);
  expect((await journal(stage)).map(({ state }) => state)).toEqual(['begin', 'begin', 'end']);
}

const lostAnswer = { kind: 'lost-answer' } as const;

/** Resolves once the gate `stage` waits for the artifact to be unpacked. */
async function holdUnpacking(stage: RealStage, runId: string): Promise<void> {
  const { live } = stage.world.host;
  await stage.hold(argvLine(unpackTarGz(`${live}.artifact-${runId}.tar.gz`, `${live}.staged-${runId}`)));
  await stage.held(runId);
}

const isAsked = ({ approval }: RunState) => approval !== null;

function stageFactsOf(run: RunState): StageFacts {
  return requireFacts('stage', gateState(run, 'stage').result?.facts);
}

function exchangeLine({ exchangeWay, livePath, stagedPath }: StageFacts): string {
  return argvLine(exchangeCommand(exchangeWay, livePath, stagedPath));
}

/** The command as it stands in the line for the host, where other words may come before it. */
function argvLine(command: Command): string {
  return toShell(command).slice('exec '.length);
}

async function untilExchanged({ exchanges }: RealStage): Promise<void> {
  await until(async () => exchanges.count() > 0, 'the exchange of the live tree');
}

async function untilPromoted(stage: RealStage): Promise<void> {
  await until(
    async () => (await journal(stage)).some(({ state }) => state === 'end'),
    'the end of the promote',
  );
}

const journalSchema = z.array(z.looseObject({ gate: z.string(), state: z.string() }));

/** What the host's journal says of the promote. */
async function journal(stage: RealStage) {
  const { live } = stage.world.host;
  const file = join(dirname(live), '.interlock', `${basename(live)}.journal.jsonl`);
  const lines = (await readFile(file, 'utf8')).trim().split('\n');
  return journalSchema.parse(lines.map((line) => JSON.parse(line))).filter(({ gate }) => gate === 'promote');
}

/** Resolves with the finished run, which passed, promoted once, and showed everything once. */
async function expectPassed(stage: RealStage, runId: string, before: TreeContents): Promise<RunState> {
  const run = await stage.runs.until(
    runId,
    ({ finished }) => finished !== null,
    'the run to finish',
    120_000,
  );
  expect(run.gates.map(({ gate, status, reason }) => [gate.kind, status, reason])).toEqual(
    gatesOf(run.plan, 'deploy', 'LIVE').map(({ kind }) => [kind, 'pass', null]),
  );
  expect(run.finished?.verdict).toBe('PASS');

  expect(stage.exchanges.count()).toBe(1);
  const { live } = stage.world.host;
  const { manifest, commit } = requireFacts('artifact', gateState(run, 'artifact').result?.facts);
  expect(fileDigests(await treeContents(live))).toEqual(
    Object.fromEntries(manifest.entries.map(({ path, sha256 }) => [path, sha256])),
  );
  const { backupPath } = requireFacts('promote', gateState(run, 'promote').result?.facts);
  expect(await treeContents(backupPath ?? '')).toEqual(before);
  await expect(stat(stageFactsOf(run).stagedPath)).rejects.toMatchObject({ code: 'ENOENT' });
  const { directory, baseline } = stage.world.ssot;
  expect([await headOf(directory), await parentOf(directory, 'HEAD')]).toEqual([commit, baseline]);

  await stage.uploaded(runId, 'evidence.intoto.jsonl');
  const messages = await stage.messages();
  const markers = messages
    .map(({ blocks }) => blocks?.[0]?.block_id)
    .filter((id) => id?.startsWith(`il:${runId}:`));
  const keys = ['root', ...run.gates.map(({ gate }) => `gate-${gate.kind}`), 'approval', 'final'];
  expect(markers.toSorted()).toEqual(keys.map((key) => `il:${runId}:${key}`).toSorted());
  const files = messages.flatMap((message) => message.files ?? []).map(({ name }) => name);
  expect(files.filter((name, at) => files.indexOf(name) !== at)).toEqual([]);
  return run;
}
