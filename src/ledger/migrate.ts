import { z } from 'zod';
import type { Database, Queryable } from './database.ts';
import { LedgerError } from './ledger-error.ts';

// Any constant will do; it serialises processes that start at the same moment ("ILCK").
const MIGRATION_LOCK = 0x494c434b;

/** Each entry is one version, applied once and in order. An entry that has been released is never edited. */
const VERSIONS: readonly (readonly string[])[] = [
  [
    `create table interlock.streams (
       stream text primary key,
       label text not null,
       status text not null check (status in ('open', 'closed')),
       opened_at timestamptz not null default now(),
       changed_at timestamptz not null default now()
     )`,
    `create table interlock.events (
       stream text not null references interlock.streams (stream),
       seq integer not null check (seq >= 1),
       at text not null,
       type text not null,
       prev text not null,
       hash text not null,
       line text not null,
       primary key (stream, seq)
     )`,
    `create function interlock.refuse_change() returns trigger language plpgsql as $$
     begin
       raise exception 'interlock.events is append-only: % is refused', tg_op
         using errcode = 'insufficient_privilege', hint = 'append a correcting event instead';
     end $$`,
    // One trigger a statement, not a row: even a change that matches nothing is refused and heard of.
    `create trigger events_are_append_only before update or delete or truncate on interlock.events
       for each statement execute function interlock.refuse_change()`,
    `create table interlock.postings (
       run text not null,
       key text not null,
       channel text not null,
       thread_ts text,
       ts text,
       digest text,
       state text not null check (state in ('pending', 'posted')),
       begun_at timestamptz not null default now(),
       primary key (run, key),
       unique (channel, ts)
     )`,
    `create table interlock.inbox (
       source text not null,
       event_id text not null,
       seen_at timestamptz not null default now(),
       primary key (source, event_id)
     )`,
    'create index inbox_by_age on interlock.inbox (seen_at)',
  ],
  // Two postings may begin in one millisecond, and their order is that of the thread.
  ['alter table interlock.postings add column seq bigint generated always as identity'],
  // What Slack does not take is settled, with its reason, so that all that follows is shown.
  [
    'alter table interlock.postings add column refusal text',
    'alter table interlock.postings drop constraint postings_state_check',
    `alter table interlock.postings add constraint postings_state_check check (state in ('pending', 'posted', 'settled'))`,
  ],
  // A bot that was started again goes on counting, so that what Slack never takes is given up all the same.
  ['alter table interlock.postings add column tries integer not null default 0'],
];

const versionRow = z.object({ version: z.number().int() });

/**
 * Brings the schema `interlock` to this release's version. Safe to call at every start and from several processes
 * at once; all of it happens in one transaction or not at all.
 * @throws LedgerError `schema-newer` when a newer release has been here
 */
export async function migrate(database: Database): Promise<void> {
  await database.transaction(async (transaction) => {
    await transaction.query('select pg_advisory_xact_lock($1)', [MIGRATION_LOCK]);
    const version = await currentVersion(transaction);
    if (version > VERSIONS.length) {
      throw new LedgerError(
        'schema-newer',
        `expected database schema version ${VERSIONS.length} or older, got ${version}; start the release that wrote it or a newer one`,
      );
    }
    for (const [index, statements] of VERSIONS.slice(version).entries()) {
      for (const statement of statements) await transaction.query(statement);
      await transaction.query('insert into interlock.schema_version (version) values ($1)', [
        version + index + 1,
      ]);
    }
  });
}

async function currentVersion(transaction: Queryable): Promise<number> {
  // Looked up first, because "create schema if not exists" asks for a right that a least-privilege role lacks.
  const found = await transaction.query(`select 1 from pg_namespace where nspname = 'interlock'`);
  if (found.rowCount === 0) await transaction.query('create schema interlock');
  await transaction.query(
    `create table if not exists interlock.schema_version (
       version integer primary key,
       applied_at timestamptz not null default now()
     )`,
  );
  const { rows } = await transaction.query(
    'select coalesce(max(version), 0)::integer as version from interlock.schema_version',
  );
  return versionRow.parse(rows[0]).version;
}
