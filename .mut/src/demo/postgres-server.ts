// A PostgreSQL server of one's own, in a temporary directory: for demos and tests that need the real thing.
import { readdirSync } from 'node:fs';
import { chown, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.ts';
import { runCommand, type ServerProcess, startServer } from './server-process.ts';

export interface PostgresServer {
  port: number;
  /** Creates an empty database of a name of its own; returns its DSN. */
  createDatabase(): Promise<string>;
  /** Ends the server (SIGQUIT, its immediate shutdown, or another signal) but keeps its data, for tests of an outage. */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Starts the stopped server again on its port and data. */
  restart(): Promise<void>;
  /** Stops the server at once and removes its data. */
  close(): Promise<void>;
}

const DEBIAN_ROOT = '/usr/lib/postgresql';
const USER = 'interlock';

/** Makes an empty data directory. Takes seconds, which copies of it do not. */
export async function initPostgres(directory: string): Promise<void> {
  const account = await serverAccount();
  await mkdir(directory, { mode: 0o700 });
  if (account !== undefined) await chown(directory, account.uid, account.gid);
  await runCommand(
    join(findBinaries(), 'initdb'),
    ['-D', directory, '-U', USER, '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'],
    { cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }, ...account },
  );
}

/**
 * Starts a real PostgreSQL cluster on a free port of 127.0.0.1 and without passwords, from a copy of a data directory that
 * `initPostgres` has made, or from one that it makes now.
 */
export async function startPostgresServer(template?: string): Promise<PostgresServer> {
  const bin = findBinaries();
  const directory = await mkdtemp(join(tmpdir(), 'interlock-pg-'));
  const account = await serverAccount();
  if (account !== undefined) await chown(directory, account.uid, account.gid);
  const options = { cwd: directory, env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' }, ...account };

  const data = join(directory, 'data');
  if (template === undefined) await initPostgres(data);
  else await runCommand('cp', ['-a', template, data]);
  function start(port: number): Promise<ServerProcess> {
    const settings = [
      ...['listen_addresses=127.0.0.1', `port=${port}`, `unix_socket_directories=${directory}`],
      ...['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=60'],
    ];
    const args = ['-D', data, ...settings.flatMap((setting) => ['-c', setting])];
    return startServer(
      join(bin, 'postgres'),
      args,
      /database system is ready to accept connections/,
      options,
    );
  }
  let port = await freePort();
  let server = await start(port).catch(async () => {
    port = await freePort();
    return start(port);
  });

  const admin = new pg.Pool({ connectionString: dsn(port, 'postgres'), max: 1 });
  // The server is stopped under this pool at the end; that is no fault.
  admin.on('error', () => undefined);
  let created = 0;
  return {
    port,
    async createDatabase() {
      created += 1;
      // Fixed before the wait: another call may come meanwhile.
      const name = `test_${created}`;
      await admin.query(`create database ${name}`);
      return dsn(port, name);
    },
    stop: (signal = 'SIGQUIT') => server.stop(signal),
    async restart() {
      server = await startAfterCrash(() => start(port));
    },
    async close() {
      await admin.end();
      // SIGQUIT: immediate shutdown, without waiting for clients that somebody left behind.
      await server.stop('SIGQUIT');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** After SIGKILL the server's children end by themselves, and until then they hold its shared memory. */
async function startAfterCrash(start: () => Promise<ServerProcess>): Promise<ServerProcess> {
  for (let left = 50; ; left -= 1) {
    try {
      return await start();
    } catch (error) {
      if (left === 0 || !String(error).includes('pre-existing shared memory block')) throw error;
      await delay(100);
    }
  }
}

function dsn(port: number, database: string): string {
  return `postgresql://${USER}@127.0.0.1:${port}/${database}`;
}

function findBinaries(): string {
  const versions = readdirSync(DEBIAN_ROOT).sort((left, right) => Number(right) - Number(left));
  const newest = versions[0];
  if (newest === undefined)
    throw new Error(`expected PostgreSQL under ${DEBIAN_ROOT}, got none; apt-get install postgresql`);
  return join(DEBIAN_ROOT, newest, 'bin');
}

/** PostgreSQL refuses to run as root: as root, the account that Debian's package made for it. */
async function serverAccount(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all([
    runCommand('id', ['-u', 'postgres']),
    runCommand('id', ['-g', 'postgres']),
  ]);
  return { uid: Number(uid), gid: Number(gid) };
}
