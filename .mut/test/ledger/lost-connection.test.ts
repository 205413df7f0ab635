// PostgreSQL dies, or an administrator ends a connection, at each moment of a transaction. A fault of the database is an error
// of the operation that met it, never the end of the process: an uncaught 'error' event fails this file.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/ledger/database.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { openPostgresDatabase } from '../../src/ledger/postgres-database.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { until } from '../fixtures/slack-workspace.ts';

let server: PostgresFixture;
let database: Database;
let admin: Database;
let dsn: string;
const uncaught: unknown[] = [];
const onUncaught = (error: unknown) => uncaught.push(error);

beforeAll(async () => {
  process.on('uncaughtException', onUncaught);
  server = await startPostgres();
  dsn = await server.createDatabase();
  database = await openPostgresDatabase({ dsn });
  admin = await openPostgresDatabase({ dsn });
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  await admin.close();
  await server.close();
  process.off('uncaughtException', onUncaught);
});

/** Ends every connection but the administrator's, and waits until the server knows none of them. */
async function terminateAll(): Promise<void> {
  await admin.query(
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity
      where pid <> pg_backend_pid() and datname = current_database()`,
  );
}

/** Connections of the database that the server knows, the administrator's left out. */
async function connections(): Promise<number> {
  const { rowCount } = await admin.query(
    `select 1 from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()`,
  );
  return rowCount;
}

const lost = { name: 'LedgerError', code: 'connection-lost' };

const events = async (stream: string) =>
  (await admin.query('select 1 from interlock.events where stream = $1', [stream])).rowCount;

describe('a transaction whose connection is ended by an administrator', () => {
  it('between two statements fails as an error of its own, and nothing of it stands', async () => {
    const writing = database.transaction(async (transaction) => {
      await transaction.query(`insert into interlock.inbox (source, event_id) values ('slack', 'Ev1')`);
      await terminateAll();
      await until(async () => (await connections()) === 0, 'the end of the connection');
      await transaction.query('select 1');
    });
    await expect(writing).rejects.toMatchObject(lost);
    expect((await database.query('select 1 from interlock.inbox')).rowCount).toBe(0);
  });

  it('after its last statement is not taken for committed', async () => {
    const writing = database.transaction(async (transaction) => {
      await transaction.query(`insert into interlock.inbox (source, event_id) values ('slack', 'Ev2')`);
      await terminateAll();
    });
    await expect(writing).rejects.toMatchObject(lost);
    expect((await database.query('select 1 from interlock.inbox')).rowCount).toBe(0);
  });

  it('while a statement runs', async () => {
    const sleeping = database.transaction((transaction) => transaction.query('select pg_sleep(60)'));
    sleeping.catch(() => undefined);
    await until(
      async () =>
        (await admin.query(`select 1 from pg_stat_activity where query like 'select pg_sleep%'`)).rowCount,
      'the statement',
    );
    await terminateAll();
    await expect(sleeping).rejects.toMatchObject(lost);
  });

  it.each(['idle', 'many at once'])('is made good by asking again: %s', async (what) => {
    const count = what === 'idle' ? 1 : 10;
    await Promise.all(Array.from({ length: count }, () => database.query('select pg_sleep(0.01)')));
    await terminateAll();
    expect((await database.query('select 1')).rowCount).toBe(1);
  });
});

describe.each(['SIGKILL', 'SIGQUIT', 'SIGINT'] as const)('a server that ends by %s', (signal) => {
  it('in an open transaction ends nobody; the ledger goes on, and hears again, when it is back', async () => {
    const stream = `run-${signal}`;
    const lines: string[] = [];
    const log = { warn: (_: object, message: string) => void lines.push(message) };
    const listening = await openPostgresDatabase({ dsn, log });
    const ledger = await Ledger.open(listening);
    const heard: string[] = [];
    ledger.onAppend((notice) => heard.push(notice.stream));
    const writing = listening.transaction(async (transaction) => {
      await transaction.query(`insert into interlock.inbox (source, event_id) values ($1, 'Ev')`, [signal]);
      await server.stop(signal);
      await until(async () => lines.includes('the notification connection was lost'), 'the loss');
      await transaction.query('select 1');
    });
    await expect(writing).rejects.toMatchObject(lost);
    await expect(ledger.append(stream, 0, [{ type: 'note', data: 1 }])).rejects.toMatchObject(lost);
    await server.restart();

    await ledger.append(stream, 0, [{ type: 'note', data: 1 }]);
    expect(await events(stream)).toBe(1);
    expect(
      (await listening.query('select 1 from interlock.inbox where source = $1', [signal])).rowCount,
    ).toBe(0);
    const other = await Ledger.open(database);
    // What another process appends is heard again once the listener is back; until then a sweep finds it.
    let seq = 0;
    await until(async () => {
      await other.append(`${stream}-other`, seq, [{ type: 'note', data: seq }]);
      seq += 1;
      return heard.includes(`${stream}-other`);
    }, 'a notice of the other ledger');
    await other.close();
    await ledger.close();
    await listening.close();
  });
});

it('forgets nothing that it was told is written, on a server that answers before it has written', async () => {
  expect(
    (await admin.query('select setting, source from pg_settings where name = $1', ['synchronous_commit']))
      .rows,
  ).toEqual([{ setting: 'on', source: 'session' }]);
  const ledger = await Ledger.open(database);
  for (let seq = 0; seq < 10; seq += 1) await ledger.append('kept', seq, [{ type: 'note', data: seq }]);
  await server.stop('SIGKILL');
  await server.restart();
  expect((await ledger.head('kept')).seq).toBe(10);
  await ledger.close();
});

it('no error was left to end the process', () => {
  expect(uncaught).toEqual([]);
});
