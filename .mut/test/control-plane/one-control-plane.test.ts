// Bots as processes of their own on one PostgreSQL: one of them decides, and no second one starts.
import { generateKeyPairSync } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type ServerProcess, startServer } from '../../src/demo/server-process.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { type RedisFixture, startRedis } from '../fixtures/redis.ts';
import { type SlackWorkspace, startSlackWorkspace, until } from '../fixtures/slack-workspace.ts';

let directory: string;
let postgres: PostgresFixture;
let redis: RedisFixture;
let workspace: SlackWorkspace;
let dsn: string;
let admin: pg.Client;
const started: ServerProcess[] = [];
const workerKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
  type: 'spki',
  format: 'pem',
});
const workers = { none: { publicKey: 'worker.pub.pem', roles: ['ssot'] } };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-one-'));
  [postgres, redis, workspace] = await Promise.all([startPostgres(), startRedis(), startSlackWorkspace()]);
  dsn = await postgres.createDatabase();
  admin = new pg.Client({ connectionString: dsn });
  await admin.connect();
});
afterAll(async () => {
  for (const each of started) await each.stop('SIGKILL');
  await admin.end();
  await workspace.close();
  await redis.close();
  await postgres.close();
  await rm(directory, { recursive: true, force: true });
});

/** A bot with a data directory of its own, until it is ready; rejects with all it said when it ends before. */
async function startBot(name: string) {
  const home = join(directory, name);
  await mkdir(join(home, 'plans'), { recursive: true });
  await writeFile(join(home, 'worker.pub.pem'), workerKey);
  await writeFile(
    join(home, 'interlock.yaml'),
    stringify({ machine: name, data: 'data', plans: ['plans'], workers }),
  );
  const { botToken, appToken } = workspace.slack;
  const bot = await startServer(
    process.execPath,
    ['src/cli.ts', '-c', join(home, 'interlock.yaml'), 'bot'],
    /interlock bot is ready/,
    {
      cwd: fileURLToPath(new URL('../../', import.meta.url)),
      env: {
        PATH: process.env['PATH'],
        HOME: home,
        REDIS_URL: redis.url,
        DATABASE_URL: dsn,
        SLACK_API_URL: workspace.proxy.apiUrl,
        SLACK_BOT_TOKEN: botToken,
        SLACK_APP_TOKEN: appToken,
      },
    },
  );
  started.push(bot);
  return bot;
}

const advisoryLocks = async (granted: boolean) =>
  (
    await admin.query<{ pid: number }>(
      `select pid from pg_locks where locktype = 'advisory' and granted = $1 and objsubid = 2`,
      [granted],
    )
  ).rows.map(({ pid }) => pid);

it('the one in charge ends when another has taken its place, and whoever comes second does not start', async () => {
  const first = await startBot('one');
  let said = '';
  first.child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const ended = new Promise((resolve) => first.child.once('close', resolve));
  // Both stand in line for as long as a starting bot waits for the one before it to be gone.
  const two = await Promise.all(
    ['two', 'three'].map(async (name) => {
      const outcome = startBot(name).then(
        (bot) => ({ bot, said: '' }),
        (error: Error) => ({ bot: null, said: error.message }),
      );
      return { outcome };
    }),
  );
  // Whichever is there first takes over; the other one comes in time or too late, and is refused either way.
  await until(async () => (await advisoryLocks(false)).length > 0, 'a bot in line');
  const [holder] = await advisoryLocks(true);
  await admin.query('select pg_terminate_backend($1)', [holder]);

  expect(await ended).toBe(2);
  const outcomes = await Promise.all(two.map(({ outcome }) => outcome));
  const successor = outcomes.find(({ bot }) => bot !== null)?.bot;
  const refused = outcomes.filter(({ bot }) => bot === null).map((each) => each.said);
  const inCharge = `pid ${successor?.child.pid} on ${hostname()}`;
  expect(said).toContain('another control plane has taken over; draining');
  expect(said).toContain(
    `expected to be the only control plane on this database, got another one: ${inCharge}`,
  );
  expect(refused).toHaveLength(1);
  expect(refused[0]).toContain(`got another one: ${inCharge}`);
  expect(refused[0]).toContain('Stop that one, or give this one a DATABASE_URL of its own');
  expect(refused[0]).not.toMatch(/^\s+at /m);
});
