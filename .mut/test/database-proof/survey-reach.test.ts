import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProofFixture, startProofWorld } from '../fixtures/proof-world.ts';

let world: ProofFixture;
beforeAll(async () => {
  world = await startProofWorld();
  await world.admin(setUp);
});
afterAll(() => world.close());

/** Every way in which a harmless-looking statement can come to call away.dial(), which opens a connection. */
const setUp = `
  create extension dblink; create extension postgres_fdw; create extension citext; create extension pgcrypto;
  create schema away; create table away.t_plain (a int); set check_function_bodies = off;
  create function away.dial() returns int language plpgsql as $$ begin perform dblink_exec('', 'x'); return 1; end $$;
  create function away.dial_row(anyelement) returns int language sql as 'select away.dial()';
  create function away.dial_trigger() returns trigger language plpgsql as $$ begin new.a := away.dial(); return new; end $$;
  create function away.dial_op(int, int) returns int language sql as 'select away.dial()';
  create operator public.<#> (leftarg = int, rightarg = int, function = away.dial_op);
  create function away.atomic() returns int begin atomic select away.dial(); end;
  create function away.by_default(a int default away.dial()) returns int language sql as 'select 1';
  create function away.builds(t text) returns void language plpgsql as $$ begin execute t; end $$;
  create function away.opens() returns setof int language plpgsql as $$ begin return query execute 'select 1'; end $$;
  create function away.unlock() returns void language plpgsql as $$ begin perform pg_advisory_unlock_all(); end $$;
  create function away.odd() returns int language plpgsql as $$ declare t away.t_plain%rowtype; begin t.a := 1; return t.a; end $$;
  create function away.as_other() returns int language sql set role = 'interlock' as 'select 1';
  create procedure away.proc() language plpgsql as $$ begin commit; end $$;
  create function away.native(internal) returns void language c as '$libdir/plpgsql', 'plpgsql_validator';
  create aggregate away.agg(int) (sfunc = away.dial_op, stype = int);
  create function away.even() returns int language sql as 'select away.odd_again()';
  create function away.odd_again() returns int language plpgsql as $$ begin return away.even(); end $$;
  create function away.stamp() returns trigger language plpgsql as $$ begin new.a := 2; return new; end $$;
  create function away.definer() returns int language sql security definer as 'select 1';
  create table away.t_trigger (a int);
  create trigger dials before insert on away.t_trigger for each row execute function away.dial_trigger();
  create table away.t_stamped (a int);
  create trigger stamps before insert on away.t_stamped for each row execute function away.stamp();
  create table away.t_default (a int default away.dial());
  create table away.t_setval (a serial, b int default setval('away.t_setval_a_seq', 9));
  create table away.t_check (a int check (a > away.dial()));
  create table away.t_index (a int); create table away.t_rule (a int); create table away.t_policy (a int);
  create rule dials as on insert to away.t_rule do also select away.dial();
  create policy dials on away.t_policy using (away.dial() = 1);
  create table away.t_parent (a int) partition by list (a);
  create table away.t_child partition of away.t_parent for values in (1);
  create trigger dials before insert on away.t_child for each row execute function away.dial_trigger();
  create table away.t_owner (id int primary key);
  create table away.t_owned (id int references away.t_owner on delete cascade, a int);
  create trigger dials before delete on away.t_owned for each row execute function away.dial_trigger();
  create view away.v as select away.dial();
  create view away.v_over as select * from away.v;
  create view away.v_harmless as select a from away.t_plain;
  create server elsewhere foreign data wrapper postgres_fdw;
  create foreign table away.t_foreign (a int) server elsewhere;
  create view away.v_foreign as select * from away.t_foreign;
  create role none_of_mine;
  grant usage on schema away to proof_login; grant all on all tables in schema away to proof_login;
  grant all on all sequences in schema away to proof_login;
`;

const attempt = (sql: string, more: object = {}) =>
  world.prove({ steps: [{ title: 's', sql, expect: { rowCount: 1 } }], ...more });

async function refusals(sql: string, more?: object): Promise<string> {
  const error = await attempt(sql, more).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ name: 'DatabaseProofError', code: 'reach-refused' });
  return (error as { refusals: string[] }).refusals.join('\n');
}

describe('a statement is refused before it runs, when it reaches what dials out', () => {
  it.each([
    ['in the body of a function', 'select away.dial()'],
    ['in a body without its schema', 'select dial()'],
    ['as an attribute of a row', 'select t_plain.dial_row from away.t_plain'],
    ['as an attribute in brackets', 'select (t_plain).dial_row from away.t_plain'],
    ['through an operator', 'select 1 <#> 2'],
    ['through an operator with its schema', 'select 1 operator(public.<#>) 2'],
    ['in a body of BEGIN ATOMIC', 'select away.atomic()'],
    ['in the default of an argument', 'select away.by_default()'],
    ['through an aggregate', 'select away.agg(a) from away.t_plain'],
    ['in a trigger', 'insert into away.t_trigger values (1)'],
    ['in a default', 'insert into away.t_default values (default)'],
    ['in a constraint', 'insert into away.t_check values (1)'],
    ['in a rule', 'insert into away.t_rule values (1)'],
    ['in a policy', 'select * from away.t_policy'],
    ['in a trigger of a partition', 'insert into away.t_parent values (1)'],
    ['in a trigger behind a cascade', 'delete from away.t_owner'],
    ['in a view', 'select * from away.v'],
    ['in a view of a view', 'select * from away.v_over'],
  ])('%s', async (_, sql) => {
    expect(await refusals(sql)).toContain('dblink_exec');
  });
});

describe('a statement is refused before it runs, when it reaches', () => {
  it.each([
    ['SQL that a function builds', "select away.builds('commit')", 'EXECUTE'],
    ['a query that a function builds', 'select away.opens()', 'EXECUTE'],
    ['locks of the session', 'select away.unlock()', 'lock of the session'],
    ['a sequence set in a default', 'insert into away.t_setval values (1, 1)', 'setval'],
    ['a body that the parser does not follow', 'select away.odd()', 'could not be read'],
    ['another role', 'select away.as_other()', 'changes its role'],
    ['a procedure', 'select away.proc()', 'is a procedure'],
    ['native code', 'select away.native(null)', 'is written in c'],
    ['a foreign table', 'insert into away.t_foreign values (1)', 'foreign table'],
    ['a view of a foreign table', 'select * from away.v_foreign', 'foreign table'],
    ['a built-in that nobody has looked at', 'select pg_control_system()', 'not known to end with'],
  ])('%s', async (_, sql, reason) => {
    expect(await refusals(sql)).toContain(reason);
  });

  it('a function in a cast or a domain, even where nothing names it', async () => {
    await world.admin(`create type away.pair as (a int, b int);
      create function away.to_pair(int) returns away.pair language plpgsql as $$ begin execute 'x'; end $$;
      create cast (int as away.pair) with function away.to_pair(int);
      create domain away.dialled as int check (value > away.dial())`);
    try {
      expect(await refusals('select 1')).toContain('away.to_pair');
      expect(await refusals('select 1')).toContain('dblink_exec');
    } finally {
      await world.admin('drop cast (int as away.pair); drop domain away.dialled');
    }
    expect((await attempt('select 1')).faults).toEqual([]);
  });
});

describe('a statement runs when what it reaches', () => {
  it('is read and harmless, and says so with its triggers', async () => {
    const { facts, faults } = await attempt('insert into away.t_stamped values (1)');
    expect(faults).toEqual([]);
    expect(facts.functions).toEqual([
      { name: 'away.stamp', language: 'plpgsql', accepted: 'read', definer: false },
    ]);
    expect(facts.triggers).toEqual([{ table: 'away.t_stamped', name: 'stamps', function: 'away.stamp' }]);
  });

  it('comes from an extension that PostgreSQL itself calls trusted', async () => {
    const { facts, faults } = await attempt(
      "select encode(digest('a', 'sha256'), 'hex') where 'A'::citext = 'a'::citext",
    );
    expect(faults).toEqual([]);
    expect(facts.functions).toEqual([]);
    expect(facts.extensions).toEqual([
      { name: 'citext', accepted: 'trusted-extension' },
      { name: 'pgcrypto', accepted: 'trusted-extension' },
    ]);
  });

  it('is named in the plan, which the result repeats', async () => {
    const allow = { functions: ['away.odd', 'away.definer'] };
    const { facts, assertions, faults } = await attempt('select away.odd() + away.definer()', { allow });
    expect(faults).toEqual([]);
    expect(facts.functions.map(({ name, accepted, definer }) => [name, accepted, definer])).toEqual([
      ['away.definer', 'function-in-plan', true],
      ['away.odd', 'function-in-plan', false],
    ]);
    expect(assertions.find(({ id }) => id === 'reach')?.actual).toContain(
      'with their owner’s rights: away.definer',
    );
  });

  it('but never a refused name or a procedure, though the plan names it', async () => {
    const allow = { functions: ['away.proc', 'public.dblink_exec'], extensions: ['dblink'] };
    expect(await refusals('select away.proc()', { allow })).toContain('is a procedure');
    expect(await refusals('select away.dial()', { allow })).toContain('dblink_exec');
  });

  it('is a view of a table, or functions that call each other in a circle', async () => {
    await world.admin('insert into away.t_plain values (1)');
    expect((await attempt('select * from away.v_harmless')).faults).toEqual([]);
    const { facts } = await attempt('select away.even() where false', {});
    expect(facts.functions.map(({ name }) => name)).toEqual(['away.even', 'away.odd_again']);
  });
});
