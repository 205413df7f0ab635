// PostgreSQL and Redis die by SIGKILL under a bot at work, twice in one run: while a gate runs, and while people are asked; Redis
// with operations under way, which it does not answer any more. The bot stays the same process, the run goes on by itself, and a consent that was given meanwhile is found.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { toShell } from '../../src/host/command.ts';
import { unpackTarGz } from '../../src/host/commands/mutate-tree.ts';
import type { InterlockProcess } from '../fixtures/interlock-process.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { openRealStage, type RealStage } from '../fixtures/real-stage.ts';
import { until } from '../fixtures/slack-workspace.ts';

let postgres: PostgresFixture;
let stage: RealStage;
let bot: InterlockProcess;

beforeAll(async () => {
  postgres = await startPostgres();
  stage = await openRealStage(postgres);
  [bot] = await Promise.all([stage.startBot(), stage.startWorker()]);
});
afterAll(async () => {
  await stage?.close();
  await postgres?.close();
});

const unanswered = () =>
  bot.errors.filter((line) => /QueueError|queue-unavailable|Command timed out/.test(line)).length;
/** Sweeps and handlers that met no ledger, as the bot's log has them. */
const missed = () => bot.errors.filter((line) => line.includes('LedgerError')).length;

/** Redis answers nobody for so long that something of the bot’s is under way: it renews the execution switch every 10 s at most. */
async function stall(): Promise<void> {
  await stage.redis.stall();
  const before = unanswered();
  await until(async () => unanswered() > before, 'the bot to wait for Redis in vain', 30_000);
}

it('outlives its database and its queue, while a gate runs and while an approval is waited for', async () => {
  const runId = await stage.ask('/deploy', 'o8b-retry');
  const { live } = stage.world.host;
  const unpacking = toShell(unpackTarGz(`${live}.artifact-${runId}.tar.gz`, `${live}.staged-${runId}`));
  await stage.hold(unpacking.slice('exec '.length));
  await stage.held(runId);
  await stall();
  await Promise.all([postgres.stop('SIGKILL'), stage.redis.stop('SIGKILL')]);
  // The gate ends while nobody can write its result down.
  await stage.ssh.resume();
  await until(async () => missed() > 0, 'the bot to miss its database', 30_000);
  await Promise.all([postgres.restart(), stage.redis.restart()]);

  await stage.shown(runId, 'approval');
  const before = missed();
  await stall();
  await Promise.all([postgres.stop('SIGKILL'), stage.redis.stop('SIGKILL')]);
  await stage.approve(runId);
  await until(async () => missed() > before, 'the bot to miss its database again', 30_000);
  await Promise.all([postgres.restart(), stage.redis.restart()]);

  const run = await stage.runs.until(
    runId,
    ({ finished }) => finished !== null,
    'the run to finish',
    120_000,
  );
  expect(run.finished?.verdict).toBe('PASS');
  expect(run.gates.map(({ status, attempt }) => [status, attempt])).toEqual(run.gates.map(() => ['pass', 1]));
  expect(stage.exchanges.count()).toBe(1);
  // Every line is one of its log: an uncaught error would be a stack trace, and the end of it.
  expect(bot.errors.filter((line) => !line.startsWith('{'))).toEqual([]);
  await stage.shown(runId, 'final');
  expect(await bot.terminate()).toBe(0);
}, 240_000);
