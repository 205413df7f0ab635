import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { openProbeWorld, type TestProbeWorld } from '../fixtures/probe-world.ts';

let postgres: PostgresFixture;
let client: pg.Client;
let world: TestProbeWorld;
const probe = { kind: 'schema-fingerprint', database: 'production' };

beforeAll(async () => {
  postgres = await startPostgres();
  const dsn = await postgres.createDatabase();
  world = openProbeWorld({ dsn });
  client = new pg.Client({ connectionString: dsn });
  await client.connect();
  await client.query(`
    create type mood as enum ('calm', 'cross');
    create domain positive as int check (value > 0);
    create table parent (id bigint generated always as identity primary key, name text not null default 'x');
    create table child (
      id uuid primary key, parent bigint references parent, amount positive, state mood,
      constraint name_is_short check (length(id::text) < 50)
    );
    create index child_by_parent on child (parent);
    create view busy as select name from parent where id > 10;
    create sequence tickets;
    create function shout(word text) returns text language sql immutable as $$ select upper(word) $$;
    create function noted() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger child_noted before insert on child for each row execute function noted();
    create table public.api_tokens (id int);
    create schema other;
    create table other.elsewhere (id int);
  `);
});

afterAll(async () => {
  await client?.end();
  await world?.close();
  await postgres?.close();
});

const read = () => world.read(probe);

/** Objects whose own digest differs; the fingerprint itself is left out. */
function changed(before: Json, after: Json): string[] {
  const [was, is] = [before, after] as Record<string, Json>[];
  const names = [...new Set([...Object.keys(was ?? {}), ...Object.keys(is ?? {})])];
  return names.filter((name) => name !== 'fingerprint' && was?.[name] !== is?.[name]).sort();
}

describe('a schema fingerprint', () => {
  it('is the same twice, also when rows came and things were made in another order', async () => {
    const before = await read();
    await client.query(`insert into parent (name) values ('a'), ('b'); analyze`);
    expect(await read()).toEqual(before);
    expect(before.shown).toMatch(/^3 tables, \d+ objects, sha256:[0-9a-f]{64}$/);

    const other = await postgres.createDatabase();
    const twin = new pg.Client({ connectionString: other });
    await twin.connect();
    await twin.query(`create table b (id int); create table a (id int)`);
    const second = openProbeWorld({ dsn: other });
    const one = await second.read(probe);
    await twin.query(`drop table b; drop table a; create table a (id int); create table b (id int)`);
    expect(await second.read(probe)).toEqual(one);
    await twin.end();
  });

  it.each([
    ['a table', 'create table extra (id int)', 'drop table extra', ['public.extra']],
    [
      'a column',
      'alter table parent add column note text',
      'alter table parent drop column note',
      ['public.parent'],
    ],
    [
      'a type of a column',
      'alter table child alter column parent type int',
      'alter table child alter column parent type bigint',
      ['public.child'],
    ],
    [
      'a default',
      `alter table parent alter column name set default 'y'`,
      `alter table parent alter column name set default 'x'`,
      ['public.parent'],
    ],
    [
      'not null',
      'alter table parent alter column name drop not null',
      'alter table parent alter column name set not null',
      ['public.parent'],
    ],
    [
      'a constraint',
      'alter table child drop constraint name_is_short',
      'alter table child add constraint name_is_short check (length(id::text) < 50)',
      ['public.child'],
    ],
    ['an index', 'create index late on parent (name)', 'drop index late', ['public.parent']],
    [
      'a trigger',
      'alter table child disable trigger child_noted',
      'alter table child enable trigger child_noted',
      ['public.child'],
    ],
    [
      'a view',
      'create or replace view busy as select name from parent where id > 11',
      'create or replace view busy as select name from parent where id > 10',
      ['public.busy'],
    ],
    [
      'a domain',
      'alter domain positive set default 1',
      'alter domain positive drop default',
      ['public.positive'],
    ],
    [
      'a function',
      'create or replace function shout(word text) returns text language sql immutable as $$ select lower(word) $$',
      'create or replace function shout(word text) returns text language sql immutable as $$ select upper(word) $$',
      ['public.shout(word text)'],
    ],
    [
      'row security',
      'alter table parent enable row level security; create policy own on parent using (id > 0)',
      'drop policy own on parent; alter table parent disable row level security',
      ['public.parent'],
    ],
  ])(
    'changes with %s, names what changed, and is as before when it is undone',
    async (_, act, undo, objects) => {
      const before = await read();
      await client.query(act);
      const after = await read();
      expect(changed(before.value, after.value)).toEqual(objects);
      expect(after.shown).not.toBe(before.shown);
      await client.query(undo);
      expect(await read()).toEqual(before);
    },
  );

  it('changes with a label of an enum', async () => {
    const before = await read();
    await client.query(`alter type mood add value 'glad' before 'cross'`);
    expect(changed(before.value, (await read()).value)).toEqual(['public.mood']);
  });

  it('is of the schemas that it names, and fails for one that is not there', async () => {
    const { value } = await world.read({ ...probe, schemas: ['other'] });
    expect(Object.keys(value as object)).toEqual(['fingerprint', 'other.elsewhere']);
    await expect(world.read({ ...probe, schemas: ['public', 'pubilc'] })).rejects.toThrow(
      /expected the schema pubilc/,
    );
  });

  it('reads in one read-only transaction, and keeps what it saw', async () => {
    await client.query(
      `create function sneaky() returns text language sql as $$ insert into parent (name) values ('s') returning name $$`,
    );
    const rows = 'select count(*)::int as rows from parent';
    const before = (await client.query(rows)).rows;
    await read();
    expect((await client.query(rows)).rows).toEqual(before);
    for (const part of [
      'constraint name_is_short CHECK',
      'index CREATE INDEX child_by_parent',
      'public.shout',
    ])
      expect(world.kept()).toContain(part);
  });

  it('does not depend on the settings of the role', async () => {
    const before = await read();
    await client.query('alter role current_user set search_path to other, public');
    expect(await read()).toEqual(before);
    await client.query('alter role current_user reset search_path');
  });
});
