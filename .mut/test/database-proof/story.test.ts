import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { productionRows } from '../fixtures/production-rows.ts';
import { documentedProof, type ProofFixture, startProofWorld } from '../fixtures/proof-world.ts';

let world: ProofFixture;
beforeAll(async () => {
  world = await startProofWorld();
});
afterAll(() => world.close());

it('shows the documented proof: 158, 159 inside, 158 after, and nothing of it left', async () => {
  const rows = await productionRows(world.dsn);
  const { facts, faults } = await world.prove(await documentedProof());
  expect(faults).toEqual([]);
  expect(facts.tables).toEqual([
    { table: 'information_unit', before: 158, inside: 159, after: 158, contents: 'same', ours: 0 },
    { table: 'iu_lifecycle_log', before: 60, inside: 61, after: 60, contents: 'same', ours: 0 },
  ]);
  expect(await productionRows(world.dsn)).toEqual(rows);
});

it('never passes when anything is left behind, whatever the plan trusts', async () => {
  await world.admin(`create extension dblink;
    create function elsewhere(sql text) returns text security definer language plpgsql as $$ begin
      execute format('select dblink_exec(%L, %L)', 'dbname=' || current_database() || ' host=127.0.0.1 user=interlock port='
        || inet_server_port(), sql);
      return 'done'; end $$;
    create function locks() returns int language plpgsql as $$ begin execute 'select pg_advisory_lock(1)'; return 1; end $$`);
  const statement = fc.constantFrom(
    "insert into iu_lifecycle_log (id, unit_id, from_state, to_state, actor) select 9000 + random() * 1000000, id, 'a', 'draft', 'p' from information_unit limit 1",
    'delete from revert_record',
    "update information_unit set document_key = 'p' where address = 'nowhere'",
    'update cut_manifest set row_count = row_count + 100',
    "select nextval('iu_lifecycle_log_id_seq')",
    'select elsewhere($$insert into verify_record select cut_id, gen_random_uuid()::text, true from cut_manifest limit 1$$)',
    "select elsewhere('update cut_manifest set row_count = row_count + 1')",
    'select locks()',
  );
  const state = async () => ({
    rows: await productionRows(world.dsn),
    sequences: await world.admin('select sequencename, last_value from pg_sequences'),
    // Of sessions that are still there; a proof's own may take a moment to go, and it answers for that itself.
    prepared: await world.admin('select gid from pg_prepared_xacts'),
  });
  const seen = { passed: 0, leaked: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(statement, { minLength: 1, maxLength: 3 }), async (statements) => {
      const before = await state();
      const { assertions } = await world.prove({
        role: 'app_writer',
        // A write elsewhere may wait for a lock of the proof, for ever.
        statementTimeoutMs: 100,
        watch: Object.keys(before.rows).map((table) => ({ table })),
        allow: { functions: ['public.elsewhere', 'public.locks'] },
        steps: statements.map((sql) => ({ title: 's', sql, expect: { change: {} } })),
      });
      const isLeaked = JSON.stringify(await state()) !== JSON.stringify(before);
      const isPassed = assertions.every(({ status }) => status === 'pass');
      seen.leaked += Number(isLeaked);
      seen.passed += Number(isPassed);
      expect(isPassed && (isLeaked || statements.includes('select locks()'))).toBe(false);
    }),
    {
      numRuns: 15,
      examples: [
        [["select elsewhere('update cut_manifest set row_count = row_count + 1')"]],
        [['delete from revert_record']],
      ],
    },
  );
  expect(seen.passed).toBeGreaterThan(0);
  expect(seen.leaked).toBeGreaterThan(0);
});
