// PostgreSQL dies by SIGKILL under a bot at work, twice in one run: while a gate runs, and while people are asked. The bot stays
// the same process, the run goes on by itself, and a consent that was given meanwhile is found.
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
}, 90_000);
afterAll(async () => {
  await stage?.close();
  await postgres?.close();
});

/** Sweeps and handlers that met no ledger, as the bot's log has them. */
const missed = () => bot.errors.filter((line) => line.includes('LedgerError')).length;

it('outlives its database, while a gate runs and while an approval is waited for', async () => {
  const runId = await stage.ask('/deploy', 'o8b-retry');
  const { live } = stage.world.host;
  const unpacking = toShell(unpackTarGz(`${live}.artifact-${runId}.tar.gz`, `${live}.staged-${runId}`));
  await stage.hold(unpacking.slice('exec '.length));
  await stage.held(runId);
  await postgres.stop('SIGKILL');
  // The gate ends while nobody can write its result down.
  await stage.ssh.resume();
  await until(async () => missed() > 0, 'the bot to miss its database', 30_000);
  await postgres.restart();

  await stage.shown(runId, 'approval');
  const before = missed();
  await postgres.stop('SIGKILL');
  await stage.approve(runId);
  await until(async () => missed() > before, 'the bot to miss its database again', 30_000);
  await postgres.restart();

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
