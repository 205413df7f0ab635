import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startServer } from '../../src/demo/server-process.ts';
import { type ControlPlaneLock, holdControlPlaneLock } from '../../src/ledger/control-plane-lock.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { LedgerError } from '../../src/ledger/ledger-error.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { openPostgresDatabase } from '../../src/ledger/postgres-database.ts';
import { whileHeld } from '../../src/ledger/while-held.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';

let server: PostgresFixture;
let dsn: string;
let admin: pg.Client;
const held: ControlPlaneLock[] = [];

beforeAll(async () => {
  server = await startPostgres();
  admin = new pg.Client({ connectionString: await server.createDatabase() });
  admin.on('error', () => undefined);
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await server.close();
});
beforeEach(async () => {
  dsn = await server.createDatabase();
});
afterEach(async () => {
  for (const lock of held.splice(0)) await lock.release();
});

/** A log that can be waited on. */
function openLog() {
  const lines: string[] = [];
  const waiting = new Set<{ words: string; resolve: () => void }>();
  return {
    lines,
    warn(_: object, message: string) {
      lines.push(message);
      for (const each of waiting) if (message.includes(each.words)) each.resolve();
    },
    heard: (words: string) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      waiting.add({ words, resolve });
      return promise;
    },
  };
}

async function hold(options: Partial<Parameters<typeof holdControlPlaneLock>[0]> = {}) {
  const lock = await holdControlPlaneLock({ dsn, ...options });
  held.push(lock);
  return lock;
}

const database = () => new URL(dsn).pathname.slice(1);

/** Ends the connection that holds the lock, as an administrator or a failover would. */
async function terminateHolder(): Promise<void> {
  const { rowCount } = await admin.query(
    `select pg_terminate_backend(l.pid) from pg_locks l join pg_database d on d.oid = l.database
      where l.locktype = 'advisory' and l.granted and d.datname = $1`,
    [database()],
  );
  expect(rowCount).toBe(1);
}

const impatient = { startMs: 1, retryEveryMs: 20 };

describe('the lock of the control plane', () => {
  it('is refused to a second one, who is told whom to stop, until it is free', async () => {
    const first = await hold();
    const second = hold({ patience: impatient });
    await expect(second).rejects.toMatchObject({
      name: 'LedgerError',
      code: 'control-plane-running',
      message: expect.stringContaining(`pid ${process.pid} on ${hostname()}`),
    });
    await expect(second).rejects.toThrow(/Stop that one, or give this one a DATABASE_URL of its own/);
    await first.release();
    expect((await hold({ patience: impatient })).held).toBe(true);
  });

  it('counts for one database, not for the server', async () => {
    await hold();
    expect((await hold({ dsn: await server.createDatabase(), patience: impatient })).held).toBe(true);
  });

  it('names its holder also when the connection string names another application', async () => {
    await hold({ dsn: `${dsn}?application_name=reports` });
    await expect(hold({ patience: impatient })).rejects.toThrow(`pid ${process.pid} on`);
  });

  it('is not in the way of a process that starts while the one before it ends', async () => {
    const first = await hold();
    const second = hold({ patience: { startMs: 30_000 } });
    await first.release();
    expect((await second).held).toBe(true);
  });

  it('is free after kill -9 of its holder', async () => {
    const script = join(import.meta.dirname, 'hold-control-plane.ts');
    const other = await startServer(process.execPath, [script, dsn], /locked/);
    await expect(hold({ patience: impatient })).rejects.toThrow(`pid ${other.child.pid} on ${hostname()}`);
    await other.stop('SIGKILL');
    expect((await hold()).held).toBe(true);
  });

  it('says so when there is no database', async () => {
    await expect(hold({ dsn: 'postgresql://x@127.0.0.1:1/x' })).rejects.toMatchObject({
      code: 'database-unreachable',
    });
  });
});

describe('a control plane whose lock’s connection is lost', () => {
  it('gets the lock back when nobody else has it', async () => {
    const log = openLog();
    const lock = await hold({ log, patience: impatient });
    const back = log.heard('held again');
    await terminateHolder();
    await back;
    expect(lock.held).toBe(true);
    expect(lock.lost.aborted).toBe(false);
    await expect(hold({ patience: impatient })).rejects.toMatchObject({ code: 'control-plane-running' });
  });

  it('ends, and says who came in its place, when another has it', async () => {
    const log = openLog();
    const lock = await hold({ log, patience: impatient });
    const lost = once(lock.lost, 'abort');
    const waiting = hold({ patience: { startMs: 30_000 } });
    // Only when it stands in line is it sure to be first.
    await untilWaiting();
    await terminateHolder();
    const successor = await waiting;
    await lost;
    expect(lock.held).toBe(false);
    expect(successor.held).toBe(true);
    expect(lock.lost.reason).toBeInstanceOf(LedgerError);
    expect(lock.lost.reason).toMatchObject({ code: 'control-plane-running' });
    expect(lock.lost.reason.message).toContain(`pid ${process.pid} on`);
  });

  it('decides nothing while it does not know, and goes on where it was', async () => {
    const log = openLog();
    const lock = await hold({ log, patience: impatient });
    const pool = await openPostgresDatabase({ dsn });
    await migrate(pool);
    const guarded = whileHeld(pool, lock);
    const ledger = await Ledger.open(guarded);
    await ledger.append('run/1', 0, [{ type: 'note', data: 1 }]);
    const gone = log.heard('was lost');
    // Connections that are there stay; new ones are refused.
    await admin.query(`alter database ${database()} allow_connections false`);
    await terminateHolder();
    await gone;
    expect(lock.held).toBe(false);
    const refused = { code: 'control-plane-unsure' };
    await expect(ledger.append('run/1', 1, [{ type: 'note', data: 2 }])).rejects.toMatchObject(refused);
    await expect(ledger.read('run/1')).rejects.toMatchObject(refused);
    expect((await pool.query('select 1 from interlock.events')).rowCount).toBe(1);
    const back = log.heard('held again');
    await admin.query(`alter database ${database()} allow_connections true`);
    await back;
    await ledger.append('run/1', 1, [{ type: 'note', data: 2 }]);
    expect(await ledger.read('run/1')).toHaveLength(2);
    await ledger.close();
    await pool.close();
  });

  it('takes back what it had begun to write when the lock goes', async () => {
    const lock = { held: true };
    const pool = await openPostgresDatabase({ dsn });
    await migrate(pool);
    const guarded = whileHeld(pool, lock);
    const writing = guarded.transaction(async (transaction) => {
      await transaction.query(`insert into interlock.inbox (source, event_id) values ('slack', 'Ev1')`);
      lock.held = false;
    });
    await expect(writing).rejects.toMatchObject({ code: 'control-plane-unsure' });
    expect((await pool.query('select 1 from interlock.inbox')).rowCount).toBe(0);
    await pool.close();
  });

  it('notices a line that was cut without a word, and takes the lock from its own dead connection', async () => {
    const log = openLog();
    const line = await openLine(server.port);
    const through = new URL(dsn);
    through.port = String(line.port);
    const patience = { ...impatient, proveEveryMs: 20, answerMs: 500 };
    const lock = await hold({ dsn: through.href, log, patience });
    const [gone, back] = [log.heard('was lost'), log.heard('held again')];
    line.mute();
    await gone;
    await back;
    expect(lock.held).toBe(true);
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
    await line.close();
  });

  it('can be stopped while it tries', async () => {
    const log = openLog();
    const lock = await hold({ log, patience: impatient });
    const failed = log.heard('could not be asked for');
    await admin.query(`alter database ${database()} allow_connections false`);
    await terminateHolder();
    await failed;
    await lock.release();
    expect(lock.held).toBe(false);
  });
});

async function untilWaiting(): Promise<void> {
  for (;;) {
    const { rowCount } = await admin.query(
      `select 1 from pg_locks l join pg_database d on d.oid = l.database
        where l.locktype = 'advisory' and not l.granted and d.datname = $1`,
      [database()],
    );
    if (rowCount === 1) return;
  }
}

/** A line to the server whose connections of now can be made to carry nothing, without being closed. */
async function openLine(port: number) {
  const pairs: [Socket, Socket][] = [];
  const listener: Server = createServer((near) => {
    const far = connect({ host: '127.0.0.1', port });
    pairs.push([near, far]);
    near.pipe(far).pipe(near);
    for (const socket of [near, far]) socket.on('error', () => undefined);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  return {
    port: address.port,
    mute() {
      for (const [near, far] of pairs.splice(0)) {
        near.unpipe();
        far.unpipe();
        near.pause();
        far.pause();
        muted.push(near, far);
      }
    },
    async close() {
      for (const socket of [...muted.splice(0), ...pairs.flat()]) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}
const muted: Socket[] = [];
