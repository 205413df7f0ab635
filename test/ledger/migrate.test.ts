import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migrate } from '../../src/ledger/migrate.ts';
import { openPostgresDatabase } from '../../src/ledger/postgres-database.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';

describe('migrate', () => {
  let server: PostgresFixture;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.close());

  it('may run from several processes at once, and again', async () => {
    const dsn = await server.createDatabase();
    const opened = await Promise.all([1, 2, 3].map(() => openPostgresDatabase({ dsn })));
    await Promise.all(opened.map((database) => migrate(database)));
    const [database] = opened;
    if (database === undefined) throw new Error('expected a database');
    await migrate(database);
    const { rows } = await database.query('select version from interlock.schema_version');
    expect(rows).toEqual([{ version: 1 }, { version: 2 }, { version: 3 }, { version: 4 }]);
    for (const each of opened) await each.close();
  });

  it('refuses a schema of a newer release', async () => {
    const database = await openPostgresDatabase({ dsn: await server.createDatabase() });
    await migrate(database);
    await database.query('insert into interlock.schema_version (version) values (999)');
    await expect(migrate(database)).rejects.toMatchObject({ code: 'schema-newer' });
    await database.close();
  });

  it('works for a role that may not create schemas once the schema is there', async () => {
    const dsn = await server.createDatabase();
    const owner = await openPostgresDatabase({ dsn });
    await migrate(owner);
    await owner.query('create role bot login');
    await owner.query('grant usage, create on schema interlock to bot');
    await owner.query('grant select, insert on all tables in schema interlock to bot');
    const bot = await openPostgresDatabase({ dsn: dsn.replace('interlock@', 'bot@') });
    await migrate(bot);
    for (const each of [bot, owner]) await each.close();
  });

  it('says that the database is out of reach, without the password', async () => {
    const refused = openPostgresDatabase({ dsn: `postgresql://bot:hunter2@127.0.0.1:1/none` });
    await expect(refused).rejects.toMatchObject({ code: 'database-unreachable' });
    await expect(refused).rejects.not.toThrow(/hunter2/);
  });

  it('hears notifications again after the server has cut the connection', async () => {
    const dsn = await server.createDatabase();
    const database = await openPostgresDatabase({ dsn });
    const heard: string[] = [];
    const onPayload = (payload: string) => void heard.push(payload);
    const stop = await database.listen('news', onPayload);
    await database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'interlock-listen' and datname = current_database()`,
    );
    await expect
      .poll(
        async () => {
          await database.query(`select pg_notify('news', 'again')`);
          return heard.length;
        },
        { timeout: 10_000 },
      )
      .toBeGreaterThan(0);
    await stop();
    await database.close();
  }, 15_000);
});
