// The session of a proof: its settings are the same whatever the roles and the connection string say, and it is confined.
import pg from 'pg';
import { z } from 'zod';
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import { DatabaseProofError } from './proof-error.ts';

/** PostgreSQL 14 is the first whose pg_terminate_backend waits, and that tells by itself when a client is gone. */
const oldestVersion = 140_000;
/** ms between two looks at whether we are still there, while a statement runs. */
const connectionCheckMs = 1_000;
/** ms for which the server holds an open transaction of ours while we say nothing. */
const idleMs = 60_000;

export interface Login {
  readonly server: string;
  readonly login: string;
  readonly superuser: boolean;
  readonly pid: number;
  /** A standby takes no writes, and gives no transaction ids. */
  readonly standby: boolean;
}

const loginRow = z.object({
  version: z.coerce.number(),
  server: z.string(),
  login: z.string(),
  superuser: z.boolean(),
  pid: z.number(),
  standby: z.boolean(),
});

/** To itself, or through a role that it is a member of. Files and programs of the server are as good as that. */
const loginQuery = `
  select pg_catalog.current_setting('server_version_num') as version, pg_catalog.current_setting('server_version') as server,
         session_user::text as login, pg_catalog.pg_backend_pid() as pid, pg_catalog.pg_is_in_recovery() as standby,
         exists (select from pg_catalog.pg_roles r
                  where pg_catalog.pg_has_role(session_user, r.oid, 'member')
                    and (r.rolsuper or r.rolreplication or r.rolname in
                         ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files'))) as superuser`;

/** Throws DatabaseProofError for a server or a login that no proof should run with. */
export async function readLogin(
  client: pg.Client,
  { allow, readOnly, database }: DatabaseProof,
): Promise<Login> {
  const { rows } = await client.query(loginQuery);
  const { version, ...login } = loginRow.parse(rows[0]);
  if (version < oldestVersion)
    throw new DatabaseProofError('server-too-old', `expected PostgreSQL 14 or later, got ${login.server}`);
  if (login.superuser && !allow.superuser)
    throw new DatabaseProofError(
      'login-unconfined',
      `expected a login without superuser rights and without access to files and programs of the server, got ${login.login}; make one as docs/database-proof.md says, or set allow.superuser`,
    );
  if (login.standby && !readOnly)
    throw new DatabaseProofError('unreachable', `expected the primary for ${database}, got a standby`);
  return login;
}

/** For both sessions of a proof: values are then written alike before and after. */
export async function settleSettings(
  client: pg.Client,
  { searchPath, lockTimeoutMs }: DatabaseProof,
): Promise<void> {
  const settings: [string, string][] = [
    // The refusals were decided on the text as it is read with this on.
    ['standard_conforming_strings', 'on'],
    ['search_path', searchPath.join(', ')],
    ['lock_timeout', String(lockTimeoutMs)],
    ['idle_in_transaction_session_timeout', String(idleMs)],
    ['row_security', 'on'],
    ['timezone', 'UTC'],
    ['datestyle', 'ISO, YMD'],
    ['intervalstyle', 'postgres'],
    ['bytea_output', 'hex'],
    ['extra_float_digits', '1'],
  ];
  await client.query(
    'select pg_catalog.set_config(name, value, false) from unnest($1::text[], $2::text[]) as s(name, value)',
    [settings.map(([name]) => name), settings.map(([, value]) => value)],
  );
  await client
    .query(`select pg_catalog.set_config('client_connection_check_interval', $1, false)`, [
      String(connectionCheckMs),
    ])
    .catch((error: unknown) => {
      // Some systems cannot look; there a statement of a client that is gone runs until its timeout.
      if (!(error instanceof pg.DatabaseError)) throw error;
    });
}

/** Tries every role, so that none is found missing in the middle. In the open transaction. */
export async function tryRoles(client: pg.Client, roles: readonly string[], login: string): Promise<void> {
  for (const role of roles) {
    try {
      await client.query(`set local role ${pg.escapeIdentifier(role)}`);
      await client.query('set local role none');
    } catch (cause) {
      if (!(cause instanceof pg.DatabaseError)) throw cause;
      throw new DatabaseProofError(
        'role-refused',
        `expected that ${login} may take the role ${role}, got ${cause.code}: ${cause.message}; GRANT it`,
        { cause },
      );
    }
  }
}
