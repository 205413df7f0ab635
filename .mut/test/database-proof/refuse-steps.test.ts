import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSteps } from '../../src/database-proof/refuse-steps.ts';
import { databaseProofSchema } from '../../src/plan/schema-database-proof.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { harmless, hostile, locks } from './hostile-statements.ts';

const proofOf = (sql: string, readOnly = false, error?: string) =>
  databaseProofSchema.parse({
    id: 'p',
    title: 'p',
    database: 'd',
    readOnly,
    steps: [{ title: 's', sql, expect: error === undefined ? { rowCount: 1 } : { error } }],
  });
const refusals = async (sql: string) => (await readSteps(proofOf(sql))).refusals;

describe('before anything is connected to', () => {
  it.each(hostile.map(({ sql }) => sql))('refuses: %s', async (sql) => {
    expect(await refusals(sql)).not.toEqual([]);
  });

  it.each(harmless)('does not refuse: %s', async (sql) => {
    expect(await refusals(sql)).toEqual([]);
  });

  it('says which step, and why', async () => {
    expect(await refusals("select dblink_exec('a', 'b')")).toEqual([
      'step 1: the function dblink_exec opens a connection of its own, which this transaction does not roll back',
    ]);
    expect(await refusals('select 1; commit')).toEqual([
      'step 1: expected one SQL statement, got 2',
      'step 1: expected SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE, SET LOCAL or SET CONSTRAINTS, got TRANSACTION',
    ]);
  });

  it('refuses a write in a proof that is read only, unless that it fails is the claim', async () => {
    const write = 'with a as (delete from victim returning 1) select * from a';
    expect((await readSteps(proofOf(write, true))).refusals).toEqual([
      'step 1: the proof is readOnly, got a statement that writes to victim',
    ]);
    expect((await readSteps(proofOf(write, true, '25006'))).refusals).toEqual([]);
  });

  it('reads what is nested as deeply as the longest statement can be', async () => {
    expect(await refusals(`select ${'('.repeat(3_990)}1${')'.repeat(3_990)}`)).toEqual([]);
    expect(await refusals(`select ${'1+'.repeat(3_990)}1`)).toEqual([]);
    expect(await refusals(`select ${'- '.repeat(3_900)}dblink()`)).not.toEqual([]);
  });

  it('finds a refused function wherever an expression can stand', async () => {
    const call = "dblink_exec('a', 'b')";
    const expression = fc.letrec<{ e: string }>((tie) => ({
      e: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        fc.constant(call),
        ...[
          (e: string) => `coalesce(null, ${e})`,
          (e: string) => `(${e})::text`,
          (e: string) => `case when true then ${e} else 'x' end`,
          (e: string) => `array[${e}, 'x']`,
          (e: string) => `(select ${e})`,
          (e: string) => `exists (select 1 where ${e} is null)`,
          (e: string) => `'x' || ${e}`,
          (e: string) => `row(1, ${e})`,
          (e: string) => `count(*) filter (where ${e} = '') over (partition by ${e})`,
          (e: string) => `/* ' */ "public". ${e === call ? e : `f(${e})`}`,
          (e: string) => `xmlelement(name a, ${e})`,
          (e: string) => `(with a as (delete from t where ${e} = '' returning 1) select 1 from a)`,
        ].map((wrap) => tie('e').map(wrap)),
      ),
    })).e;
    const statement = fc.tuple(
      expression,
      fc.constantFrom(
        (e: string) => `select ${e}`,
        (e: string) =>
          `select 1 from t where ${e} is null group by ${e} having ${e} = '' order by ${e} limit 1`,
        (e: string) => `select 1 from a join b on ${e} is null`,
        (e: string) => `select 1 from a, lateral (select ${e}) as b`,
        (e: string) => `select 1 limit (${e})::int offset (${e})::int`,
        (e: string) => `insert into t values (${e}) on conflict do update set a = ${e} returning ${e}`,
        (e: string) => `update t set a = ${e} where ${e} is null`,
        (e: string) => `merge into t using u on ${e} is null when matched then update set a = ${e}`,
        (e: string) => `values (${e})`,
      ),
    );
    await fc.assert(
      fc.asyncProperty(statement, async ([inner, wrap]) => {
        const sql = wrap(inner);
        fc.pre(sql.length <= 8_000);
        expect((await refusals(sql)).join()).toContain('dblink_exec');
      }),
      { numRuns: 200 },
    );
  });
});

describe('on a real server', () => {
  let postgres: PostgresFixture;
  let dsn = '';
  beforeAll(async () => {
    postgres = await startPostgres();
    dsn = await postgres.createDatabase();
    await query(
      "create extension dblink; create table victim (name text, id serial); insert into victim values ('x'); select nextval('victim_id_seq'); select lo_from_bytea(4711, 'x')",
    );
  });
  afterAll(() => postgres.close());

  async function query(sql: string): Promise<void> {
    await withClient((client) => client.query(sql));
  }

  async function withClient<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: dsn });
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }

  const lasting = hostile.filter((each) => each.lasting !== undefined);

  it('there are enough of those that a rollback does not undo', () => {
    expect(hostile.length).toBeGreaterThan(80);
    expect(lasting.length).toBeGreaterThan(20);
  });

  it.each(lasting)('is not undone by a rollback: $sql', async ({ sql, lasting: probe = '' }) => {
    await withClient(async (client) => {
      if (sql === 'deallocate all') await client.query('prepare p as select 1');
      const before = (await client.query(probe)).rows;
      await client.query('begin');
      await client.query(sql);
      await client.query('rollback');
      expect((await client.query(probe)).rows).not.toEqual(before);
    });
  });

  it.each(harmless)('is undone by a rollback, and runs: %s', async (sql) => {
    const state = `select (select json_agg(v order by id) from victim v) as rows, (${locks}) as locks`;
    await withClient(async (client) => {
      const before = (await client.query(state)).rows;
      await client.query('begin');
      await client.query(sql);
      await client.query('rollback');
      expect((await client.query(state)).rows).toEqual(before);
    });
  });
});
