import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildWorld } from '../../examples/world/build-world.ts';
import {
  type Database,
  existingDatabase,
  seedProduction,
  startEmbeddedDatabase,
} from '../../examples/world/database.ts';
import { ROW_COUNTS } from '../../examples/world/facts.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { temporaryFolder } from './payload.ts';

const NINE_TABLES = Object.keys(ROW_COUNTS);

async function withClient<T>(database: Database, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: database.dsn });
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}

/** Counts all rows as a probe would: in one read-only transaction. */
async function countRows(database: Database): Promise<Record<string, number>> {
  return withClient(database, async (client) => {
    await client.query('BEGIN TRANSACTION READ ONLY');
    const counts: Record<string, number> = {};
    for (const table of NINE_TABLES) {
      const { rows } = await client.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`);
      counts[table] = rows[0]?.n ?? -1;
    }
    await client.query('COMMIT');
    return counts;
  });
}

/** A digest over every row of every table. */
async function digestRows(database: Database): Promise<string[]> {
  return withClient(database, async (client) => {
    await client.query("BEGIN TRANSACTION READ ONLY; SET LOCAL timezone TO 'UTC'");
    const digests: string[] = [];
    for (const table of NINE_TABLES) {
      const { rows } = await client.query<{ d: string }>(
        `SELECT md5(string_agg(md5(to_json(t)::text), '' ORDER BY md5(to_json(t)::text))) AS d FROM ${table} t`,
      );
      digests.push(`${table} ${rows[0]?.d}`);
    }
    await client.query('COMMIT');
    return digests;
  });
}

let postgres: PostgresFixture;
let embedded: Database;
const open: Record<'embedded' | 'PostgreSQL', () => Promise<Database>> = {
  embedded: async () => embedded,
  PostgreSQL: async () => existingDatabase(await postgres.createDatabase()),
};

beforeAll(async () => {
  [postgres, embedded] = await Promise.all([startPostgres(), startEmbeddedDatabase()]);
  await seedProduction(embedded);
});

afterAll(async () => {
  await Promise.all([postgres.close(), embedded.close()]);
});

test('nine tables have the rows that are known of them, on both', async () => {
  const real = await open.PostgreSQL();
  await seedProduction(real);
  expect(await countRows(real)).toEqual(ROW_COUNTS);
  expect(await countRows(embedded)).toEqual(ROW_COUNTS);
});

test('the rows are the same on both, value for value', async () => {
  const real = await open.PostgreSQL();
  await seedProduction(real);
  expect(await digestRows(real)).toEqual(await digestRows(embedded));
});

test('a database that was seeded before is left as it was', async () => {
  await expect(seedProduction(embedded)).rejects.toMatchObject({ code: '42P07' });
  expect(await countRows(embedded)).toEqual(ROW_COUNTS);
});

describe('the embedded database', () => {
  test('refuses a write in a read-only transaction', async () => {
    await withClient(embedded, async (client) => {
      await client.query('BEGIN TRANSACTION READ ONLY');
      await expect(client.query('DELETE FROM iu_lifecycle_log')).rejects.toMatchObject({ code: '25006' });
      await client.query('ROLLBACK');
    });
    expect(await countRows(embedded)).toEqual(ROW_COUNTS);
  });

  test('serves several connections at once, each with its own answers', async () => {
    const counts = await Promise.all([countRows(embedded), countRows(embedded), countRows(embedded)]);
    expect(counts).toEqual([ROW_COUNTS, ROW_COUNTS, ROW_COUNTS]);
    const echo = (text: string) =>
      withClient(embedded, async (client) => {
        for (let at = 0; at < 20; at += 1) {
          const { rows } = await client.query<{ said: string }>('SELECT $1::text AS said', [`${text} ${at}`]);
          expect(rows).toEqual([{ said: `${text} ${at}` }]);
        }
      });
    await Promise.all([echo('one'), echo('two'), echo('three')]);
  });

  test('serves one connection after another', async () => {
    for (let at = 0; at < 5; at += 1)
      expect((await withClient(embedded, (client) => client.query(`SELECT ${at} AS said`))).rows).toEqual([
        { said: at },
      ]);
  });

  test('rolls back and goes on when a client vanishes inside a transaction', async () => {
    const client = new pg.Client({ connectionString: embedded.dsn });
    const gone = new Promise((settle) => client.once('error', settle));
    await client.connect();
    await client.query('BEGIN');
    await client.query('DELETE FROM iu_lifecycle_log');
    Reflect.get(Reflect.get(client, 'connection'), 'stream').destroy();
    await gone;
    expect(await countRows(embedded)).toEqual(ROW_COUNTS);
  });
});

test('a disturbed world has one more unit and is otherwise unchanged; closing it twice is fine', async () => {
  const world = await buildWorld({ directory: await temporaryFolder(), scenario: 'row-count-change' });
  const { database } = world;
  if (database === undefined) expect.fail('no database');
  const left = new pg.Client({ connectionString: database.dsn });
  left.on('error', () => undefined);
  await left.connect();
  await world.disturb();
  expect(await countRows(database)).toEqual({
    ...ROW_COUNTS,
    information_unit: ROW_COUNTS.information_unit + 1,
  });
  const cut = new Promise((settle) => left.once('end', settle));
  await Promise.all([world.close(), world.close()]);
  await cut;
  await expect(countRows(database)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a world can be built on a PostgreSQL that is there already', async () => {
  const world = await buildWorld({ directory: await temporaryFolder(), database: open.PostgreSQL });
  if (world.database === undefined) expect.fail('no database');
  await world.close();
  expect(await countRows(world.database)).toEqual(ROW_COUNTS);
});
