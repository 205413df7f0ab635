// What a proof may not hold. Where a rollback does not undo it, `lasting` is what tells: it reads another value afterwards.

export interface Hostile {
  readonly sql: string;
  /** Read as the owner before and after the statement has been run in a transaction and rolled back. */
  readonly lasting?: string;
}

const self =
  "'dbname=' || current_database() || ' host=127.0.0.1 port=' || inet_server_port() || ' user=interlock'";
const rows = 'select count(*) from victim';
const insert = "insert into victim values ('kept')";
const slots = 'select count(*) from pg_replication_slots';
const file = (name: string) => `select count(*) from pg_ls_dir('.') as f where f = '${name}'`;
/** Advisory locks of the session itself. */
export const locks = "select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()";
const prepared = 'select count(*) from pg_prepared_statements';
const wal = 'select pg_current_wal_insert_lsn()';
const serial = 'select last_value from victim_id_seq';

export const hostile: readonly Hostile[] = [
  // The end of the transaction, in every spelling.
  { sql: `${insert}; commit`, lasting: rows },
  { sql: `${insert}; end`, lasting: rows },
  { sql: `${insert}; commit and chain`, lasting: rows },
  { sql: `commit; ${insert}`, lasting: rows },
  { sql: `/* select 1 */ ${insert}; -- \n COMMIT`, lasting: rows },
  { sql: `select $$;$$; ${insert}; commit`, lasting: rows },
  { sql: `rollback; ${insert}`, lasting: rows },
  { sql: 'begin' },
  { sql: 'savepoint a' },
  { sql: 'rollback to savepoint a' },
  { sql: 'release savepoint interlock_step' },
  { sql: "prepare transaction 'x'" },
  { sql: "commit prepared 'x'" },
  // Another connection.
  { sql: `select dblink_exec(${self}, $$${insert}$$)`, lasting: rows },
  { sql: `select * from dblink(${self}, $$${insert} returning 'x'$$) as t(a text)`, lasting: rows },
  {
    sql: `with a as (select 1) select (select U&"dblink\\005fexec"(${self}, $$${insert}$$)) from a`,
    lasting: rows,
  },
  { sql: `select "public"."dblink_exec"(${self}, $$${insert}$$) limit 1`, lasting: rows },
  // Files and programs.
  { sql: "copy (select 1) to program 'cat > copied-out'", lasting: file('copied-out') },
  { sql: "copy victim (name) from program 'touch copied-in; echo x'", lasting: file('copied-in') },
  { sql: "copy (select 1) to '/tmp/interlock-never'" },
  { sql: 'copy victim to stdout' },
  { sql: 'copy victim from stdin' },
  { sql: "select lo_export(4711, 'exported')", lasting: file('exported') },
  { sql: "select lo_import('PG_VERSION')" },
  { sql: "select pg_read_file('PG_VERSION')" },
  { sql: "select pg_ls_dir('.')" },
  { sql: "select pg_file_write('written', 'x', false)" },
  // Kept outside the transaction.
  { sql: "select setval('victim_id_seq', 900)", lasting: serial },
  { sql: 'select pg_advisory_lock(1)', lasting: locks },
  { sql: 'select pg_try_advisory_lock(2)', lasting: locks },
  { sql: 'select pg_advisory_lock_shared(3, 4)', lasting: locks },
  { sql: "select pg_create_physical_replication_slot('kept')", lasting: slots },
  { sql: "select pg_drop_replication_slot('kept')", lasting: slots },
  { sql: "select pg_logical_emit_message(false, 'a', 'b')", lasting: wal },
  { sql: "select pg_create_restore_point('x')", lasting: wal },
  { sql: 'select pg_switch_wal()', lasting: wal },
  { sql: 'select pg_stat_reset_shared($$bgwriter$$)', lasting: 'select stats_reset from pg_stat_bgwriter' },
  { sql: 'prepare p as select 1', lasting: prepared },
  { sql: 'deallocate all', lasting: prepared },
  { sql: 'execute p' },
  { sql: 'discard all' },
  // SQL that nobody can read beforehand.
  { sql: "select query_to_xml($$select setval('victim_id_seq', 800)$$, true, false, '')", lasting: serial },
  {
    sql: "select * from ts_stat($$select to_tsvector(setval('victim_id_seq', 700)::text)$$)",
    lasting: serial,
  },
  { sql: "select * from crosstab('select 1') as t(a int)" },
  { sql: 'do $$ begin perform 1; end $$' },
  { sql: 'call anything()' },
  // Other sessions, the server.
  { sql: 'select pg_terminate_backend(1)' },
  { sql: 'select pg_cancel_backend(1)' },
  { sql: 'select pg_reload_conf()' },
  { sql: 'select pg_promote()' },
  { sql: 'alter system set work_mem = 1000' },
  { sql: 'checkpoint' },
  { sql: 'vacuum victim' },
  { sql: 'cluster' },
  { sql: 'reindex table victim' },
  { sql: 'analyze victim' },
  { sql: 'lock table victim' },
  { sql: 'listen a' },
  { sql: 'notify a' },
  // DDL, also where it hides.
  { sql: 'create table a (b int)' },
  { sql: 'create temp table a (b int) on commit drop' },
  { sql: 'create table a as select 1' },
  { sql: 'select 1 into a' },
  { sql: 'select 1 union select 2 into a' },
  { sql: 'with a as (select 1) select * into b from a' },
  { sql: 'create extension dblink' },
  { sql: 'create database a' },
  { sql: "create subscription s connection 'x' publication p" },
  { sql: 'drop table victim' },
  { sql: 'truncate victim' },
  { sql: 'grant all on victim to public' },
  { sql: 'refresh materialized view a' },
  { sql: "security label on table victim is 'x'" },
  { sql: "comment on table victim is 'x'" },
  { sql: 'import foreign schema a from server b into c' },
  // Roles, settings, cursors.
  { sql: 'set role postgres' },
  { sql: 'set local role postgres' },
  { sql: 'set session authorization postgres' },
  { sql: 'reset role' },
  { sql: 'reset all' },
  { sql: 'set statement_timeout = 0' },
  { sql: 'set local statement_timeout = 0' },
  { sql: 'set local standard_conforming_strings = off' },
  { sql: 'set local search_path = evil' },
  { sql: 'set transaction read write' },
  { sql: 'set session characteristics as transaction read write' },
  { sql: "select set_config('role', 'postgres', true)" },
  { sql: "select set_config('my.setting', 'x', false)" },
  { sql: "select set_config('ro' || 'le', 'postgres', true)" },
  { sql: "select set_config(setting_name => 'role', new_value => 'postgres', is_local => true)" },
  { sql: "update pg_settings set setting = 'postgres' where name = 'role'" },
  { sql: 'delete from pg_catalog.pg_class' },
  { sql: 'declare c cursor with hold for select 1' },
  { sql: 'fetch all from c' },
  { sql: 'show all' },
  { sql: 'explain analyze insert into victim values (1)' },
  // No statement at all.
  { sql: '-- nothing' },
  { sql: ';' },
  { sql: 'selekt 1' },
  { sql: 'select 1; select 2' },
  { sql: 'select 1 \0; commit' },
];

/** What must stay possible: a rule that refuses everything holds nothing. */
export const harmless: readonly string[] = [
  "insert into victim (name) values ('x; commit') returning name, id",
  "update victim set name = 'dblink(1)' where id = 1",
  'delete from victim using (select 1 as id) as a where victim.id = a.id',
  'merge into victim v using (select 1 as id) a on v.id = a.id when matched then delete',
  'with a as (insert into victim (name) values ($$x$$) returning id) select count(*) from a',
  'select count(*) from (select now(), random(), clock_timestamp(), gen_random_uuid()) as a',
  'select id from victim for update skip locked',
  "values (1, 'commit')",
  'table victim',
  'select pg_advisory_xact_lock(1)',
  "select nextval('victim_id_seq')",
  "select set_config('request.jwt.claims', '{}', true)",
  "set local request.claims = '{}'",
  "set local time zone 'UTC'",
  'set constraints all immediate',
  'select "commit" from (select 1 as "commit") as a',
];
