// The table of docs/probes.md on a real PostgreSQL.
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Deed } from '../../src/plan/deeds.ts';
import { kindsExpected, kindsThatSaw } from '../fixtures/deeds.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { openProbeWorld, type TestProbeWorld } from '../fixtures/probe-world.ts';

let postgres: PostgresFixture;
let dsn = '';
let client: pg.Client;
let world: TestProbeWorld;
const database = { database: 'production' };

beforeAll(async () => {
  postgres = await startPostgres();
  dsn = await postgres.createDatabase();
  world = openProbeWorld({ dsn });
  client = new pg.Client({ connectionString: dsn });
  await client.connect();
  await client.query(`
    create table orders (id int primary key, x text, at timestamptz default '2026-01-01');
    insert into orders select n, 'row ' || n from generate_series(1, 50) as n;
    create table emptied (id int); insert into emptied values (1), (2);
    create schema side; create table side.notes (x text); insert into side.notes values ('same'), ('same');
    create sequence tickets;
    create table parted (id int) partition by range (id);
    create table part_one partition of parted for values from (0) to (100);
    insert into parted values (1);
    create function shout(word text) returns text language sql immutable as $$ select upper(word) $$;
    create role reader login;
    grant usage on schema public, side to reader;
    grant select on all tables in schema public, side to reader;
  `);
  await flush();
});
afterAll(async () => {
  await client?.end();
  await world?.close();
  await postgres?.close();
});

/** A session reports what it wrote a little later, unless it is asked to at once. */
const flush = () => client.query('select pg_stat_force_next_flush()');
const run = async (...statements: string[]) => {
  for (const statement of statements) await client.query(statement);
  await flush();
  await client.query('select 1');
};

const deeds: [Deed, string[]][] = [
  ['insert-row', ['insert into orders values (51, $$new$$)']],
  ['update-row', ['update orders set x = $$other$$ where id = 2']],
  ['replace-row', ['delete from orders where id = 3', 'insert into orders values (300, $$three$$)']],
  [
    'replace-row',
    [
      'delete from side.notes where ctid = (select min(ctid) from side.notes)',
      'insert into side.notes values ($$other$$)',
    ],
  ],
  ['delete-row', ['delete from orders where id = 4']],
  ['delete-row', ['delete from side.notes where ctid = (select min(ctid) from side.notes)']],
  ['truncate-table', ['truncate emptied']],
  ['undo-insert', ['insert into orders values (99, $$gone$$)', 'delete from orders where id = 99']],
  ['advance-sequence', [`select nextval('tickets')`]],
  ['add-column', ['alter table orders add column note text']],
  ['create-table', ['create table extra (id int)']],
  [
    'replace-function',
    [
      'create or replace function shout(word text) returns text language sql immutable as $$ select lower(word) $$',
    ],
  ],
  ['grant-right', ['grant insert on orders to reader']],
  ['insert-row', ['insert into parted values (2)']],
  ['update-row', ['update parted set id = 3 where id = 2']],
];

describe('in a database', () => {
  const probes = {
    'row-counts': { ...database, tables: ['orders', 'emptied', 'side.notes', 'parted'] },
    'table-contents': database,
    'table-writes': database,
    'schema-fingerprint': { ...database, schemas: ['public', 'side'] },
  };

  it.each(deeds)('%s (%#) shows where the table says', async (deed, statements) => {
    expect(await kindsThatSaw(world, probes, () => run(...statements))).toEqual(kindsExpected(deed, probes));
  });

  it('nothing shows where nothing was done, whatever the order of the rows, and for another login', async () => {
    const act = async () => {
      for (const text of ['cluster orders using orders_pkey', 'vacuum full side.notes', 'analyze'])
        await client.query(text);
      await client.query(
        `alter role interlock set timezone = 'Asia/Tokyo'; alter role interlock set datestyle = 'German'`,
      );
    };
    const contents = { 'table-contents': database, 'row-counts': probes['row-counts'] };
    expect(await kindsThatSaw(world, contents, act)).toEqual([]);
    const url = new URL(dsn);
    url.username = 'reader';
    const reader = openProbeWorld({ dsn: url.toString() });
    const tables = ['orders', 'side.notes'];
    expect(await reader.read({ kind: 'table-contents', ...database, tables })).toEqual(
      await world.read({ kind: 'table-contents', ...database, tables }),
    );
    await reader.close();
  });

  it('tables and writes that are named show, also in their partitions', async () => {
    const named = {
      'table-contents': { ...database, tables: ['parted'] },
      'table-writes': { ...database, tables: ['public.parted'] },
    };
    expect(await kindsThatSaw(world, named, () => run('update parted set id = 4 where id = 3'))).toEqual([
      'table-contents',
      'table-writes',
    ]);
    expect(await kindsThatSaw(world, named, () => run('delete from orders where id = 5'))).toEqual([]);
  });

  it('several tables are read in one snapshot', async () => {
    await client.query(
      'create table debit (n int); create table credit (n int); insert into debit values (1)',
    );
    const other = new pg.Client({ connectionString: dsn });
    await other.connect();
    let go = true;
    const moving = (async () => {
      while (go)
        await other.query(
          'begin; with a as (delete from debit returning n) insert into credit select n from a; commit; begin; with a as (delete from credit returning n) insert into debit select n from a; commit',
        );
    })();
    const counts = [];
    for (let at = 0; at < 20; at += 1) {
      const { value } = await world.read({
        kind: 'table-contents',
        ...database,
        tables: ['debit', 'credit'],
      });
      const [debit, credit] = Object.values(value as Record<string, string>).map((text) =>
        Number.parseInt(text, 10),
      );
      counts.push((debit ?? 0) + (credit ?? 0));
    }
    go = false;
    await moving;
    await other.end();
    expect(counts).toEqual(counts.map(() => 1));
  });
});

describe('a sample of a big table', () => {
  it('is the same twice, shows what is done in it, and is named', async () => {
    await client.query(
      `create table big (id int, filler text); insert into big select n, repeat('x', 200) from generate_series(1, 20000) as n`,
    );
    const probe = { kind: 'table-contents', ...database, tables: ['big'], sample: { big: 5 } };
    const before = await world.read(probe);
    expect(before.shown).toContain('5 % of big');
    expect(Number.parseInt((before.value as { big: string }).big, 10)).toBeLessThan(4000);
    expect(await world.read(probe)).toEqual(before);
    await client.query(
      `update big set filler = 'y' where id = (select id from big tablesample system (5) repeatable (1) limit 1)`,
    );
    expect((await world.read(probe)).value).not.toEqual(before.value);
    await expect(world.read({ ...probe, sample: { bog: 5 } })).rejects.toThrow(/got bog/);
  });
});

describe('tables whose names look alike', () => {
  it('are told apart, so that a write to either shows', async () => {
    await client.query(`
      create schema "a.b"; create schema a;
      create table "a.b".c (id int); create table a."b.c" (id int);
      create table a.say (id int); create table a."s""ay" (id int);`);
    await flush();
    for (const kind of ['table-contents', 'table-writes'])
      for (const table of ['"a.b".c', 'a."b.c"', 'a.say', 'a."s""ay"']) {
        const before = (await world.read({ kind, ...database })).value;
        await run(`insert into ${table} values (1)`);
        expect((await world.read({ kind, ...database })).value, `${kind} of ${table}`).not.toEqual(before);
      }
    await client.query('drop schema "a.b", a cascade');
  });
});

describe('row security', () => {
  it('in force for the login makes a reading fail, and names the policy; BYPASSRLS reads', async () => {
    await client.query(`
      create table secured (id int, owner text); insert into secured values (1, 'reader'), (2, 'other');
      alter table secured enable row level security; create policy own_rows on secured using (owner = current_user);
      create view through with (security_invoker) as select * from secured;
      grant select on secured, through to reader`);
    const url = new URL(dsn);
    url.username = 'reader';
    const reader = openProbeWorld({ dsn: url.toString() });
    for (const kind of ['row-counts', 'table-contents'])
      await expect(reader.read({ kind, ...database, tables: ['secured'] })).rejects.toThrow(
        /public\.secured|secured.*own_rows.*reader.*BYPASSRLS/,
      );
    await expect(reader.read({ kind: 'table-contents', ...database, tables: ['secured'] })).rejects.toThrow(
      'own_rows',
    );
    await expect(reader.read({ kind: 'row-counts', ...database, tables: ['through'] })).rejects.toThrow(
      /row-level security/,
    );
    expect((await world.read({ kind: 'row-counts', ...database, tables: ['secured'] })).value).toEqual({
      secured: 2,
    });
    await client.query('alter role reader bypassrls');
    await vi.waitFor(async () =>
      expect((await reader.read({ kind: 'row-counts', ...database, tables: ['secured'] })).value).toEqual({
        secured: 2,
      }),
    );
    await reader.close();
  });
});
