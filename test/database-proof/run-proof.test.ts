import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { databaseProofFactsSchema } from '../../src/database-proof/facts.ts';
import type { KillSwitch } from '../../src/execution/kill-switch.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { productionRows } from '../fixtures/production-rows.ts';
import { disabled, enabled, type ProofFixture, startProofWorld } from '../fixtures/proof-world.ts';

let world: ProofFixture;
let rows: { [table: string]: string };
beforeAll(async () => {
  world = await startProofWorld();
  await world.admin(`
    alter role proof_login set deadlock_timeout = '10ms';
    create role stranger; create role blind nologin; grant blind to proof_login;
    create table secret (a int); create table guarded (a int); alter table guarded enable row level security;
    create policy few on guarded using (false); grant select on guarded to proof_login;
    create table debt (id int primary key, of int references debt deferrable initially deferred);
    grant all on debt to app_writer; grant select on debt to proof_login;
    create function locks() returns void language plpgsql as $$ begin execute 'select pg_advisory_lock(1)'; end $$`);
});
afterAll(() => world.close());
beforeEach(async () => {
  rows = await productionRows(world.dsn);
});
// Whatever a proof met, and however it ended.
afterEach(async () => {
  expect(await productionRows(world.dsn)).toEqual(rows);
});

const insert = `insert into information_unit (id, document_key, address, kind, current_version, lifecycle)
  values (gen_random_uuid(), 'statutes', $1, 'paragraph', 1, 'draft')`;
const one = { title: 'adds one', sql: insert, params: ['a'], expect: { rowCount: 1 } };
const select = { title: 'looks', sql: 'select 1', expect: { value: 1 } };
const asWriter = { role: 'app_writer', watch: [{ table: 'information_unit' }] };
const step = (sql: string, expectation: object = { rowCount: 1 }) => ({
  title: 's',
  sql,
  expect: expectation,
});

/** Calls `act` when the switch is read before step N, counted from 1; 0 is before the connection. */
function before(number: number, act: () => Promise<unknown>, then = enabled): KillSwitch {
  let reads = -1;
  return {
    async read() {
      reads += 1;
      if (reads === number) await act();
      return reads >= number ? then.read() : enabled.read();
    },
  };
}

async function openClient(dsn = world.dsn): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: dsn });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Resolves when a session of a proof is as the condition says. */
async function waitFor(condition: string): Promise<Record<string, unknown>> {
  for (;;) {
    const [found] = await world.admin(
      `select pid from pg_stat_activity a where application_name like 'interlock-proof-%' and ${condition}`,
    );
    if (found) return found;
  }
}
const sleeping = `state = 'active' and wait_event = 'PgSleep'`;
const caught = async (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('what a step expects', () => {
  it('is compared with what PostgreSQL returns, in the types of a plan', async () => {
    const sql = `select true, 7::int2, 158::int8, 1.5::numeric, 1.50::numeric, 9007199254740993, 'NaN'::float8, null,
      '{"a": [1]}'::jsonb, '\\x00ff'::bytea, '2026-03-29 02:30:00+01'::timestamptz, interval '1 day', array[1, 2]`;
    const expected = [true, 7, 158, 1.5, '1.50', '9007199254740993', 'NaN', null, { a: [1] }];
    const { faults } = await world.prove({
      readOnly: true,
      steps: [step(sql, { rows: [[...expected, '\\x00ff', '2026-03-29 01:30:00+00', '1 day', '{1,2}']] })],
    });
    expect(faults).toEqual([]);
  });

  it('fails when it is otherwise, with both', async () => {
    const { faults } = await world.prove({
      ...asWriter,
      steps: [
        {
          ...one,
          expect: { rowCount: 2, change: { information_unit: 2 }, counts: { information_unit: 158 } },
        },
        step('select 1 union all select 2', { rows: [[1]] }),
        step('select 1', { value: '1' }),
      ],
    });
    expect(faults).toEqual([
      'step-1-row-count fail: 1 row',
      'step-1-change-information-unit fail: 158 → 159, +1',
      'step-1-count-information-unit fail: 159',
      'step-2-rows fail: 2 rows: [[1],[2]]',
      'step-3-value fail: 1 row: [[1]]',
    ]);
  });

  it('keeps a bounded part of what is returned, and is not sure of the rest', async () => {
    const { facts, faults } = await world.prove({
      readOnly: true,
      steps: [
        step('select * from generate_series(1, 100000)', { rowCount: 100_000 }),
        step("select repeat('é', 5000)", { value: 'é'.repeat(5_000) }),
      ],
    });
    expect(facts.steps.map(({ rows: kept, rowsKept }) => [kept.length, rowsKept])).toEqual([
      [100, false],
      [1, false],
    ]);
    expect(faults).toEqual([expect.stringMatching(/^step-2-value inconclusive/)]);
  });

  it('may be an error: then the proof goes on, and an accepted statement is the fault', async () => {
    const refused = step('select * from secret', { error: '42501' });
    const { faults } = await world.prove({
      ...asWriter,
      steps: [refused, { ...refused, sql: 'select 1' }, one],
    });
    expect(faults).toEqual(['step-2-error fail: not refused: 1 row']);
  });

  it('fails with an error that nobody expected, and what follows was not run', async () => {
    const { facts, faults } = await world.prove({ ...asWriter, role: 'blind', steps: [select, one, select] });
    expect(faults).toEqual([
      'step-2-row-count fail: 42501: permission denied for table information_unit',
      'step-3-value inconclusive: not run: a step before it failed',
      'deferred-constraints inconclusive: not tried',
    ]);
    expect(facts.tables[0]).toMatchObject({
      before: 158,
      inside: null,
      after: 158,
      contents: 'same',
      ours: 0,
    });
    expect(databaseProofFactsSchema.parse(facts)).toEqual(facts);
  });

  it('includes that a commit would have been accepted', async () => {
    const { faults } = await world.prove({
      role: 'app_writer',
      steps: [step('insert into debt values (1, 2)')],
    });
    expect(faults).toEqual([expect.stringMatching(/^deferred-constraints fail: 23503: /)]);
  });
});

describe('a proof that only reads', () => {
  it('needs no permission, and PostgreSQL gives it no transaction id', async () => {
    const { facts, faults } = await world.prove(
      { readOnly: true, steps: [select] },
      { killSwitch: disabled },
    );
    expect(faults).toEqual([]);
    expect(facts.transaction).toMatchObject({ xid: null, status: null, ended: 'rolled-back' });
  });

  it('cannot write, whatever hides it', async () => {
    await world.admin(`create function hidden() returns void language plpgsql security definer
      as $$ begin execute 'delete from verify_record'; end $$`);
    const proof = { readOnly: true, allow: { functions: ['public.hidden'] } };
    const hidden = step('select hidden()', { error: '25006' });
    expect((await world.prove({ ...proof, steps: [hidden] })).faults).toEqual([]);
  });

  it('fails when it was given a transaction id all the same', async () => {
    const { faults } = await world.prove({ readOnly: true, steps: [step('select pg_current_xact_id()')] });
    expect(faults).toEqual([expect.stringMatching(/^read-only fail: transaction id \d+/)]);
  });
});

describe('before a proof begins', () => {
  it('no connection is made when execution is disabled', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const dsn = `postgresql://a:sesame@127.0.0.1:${(server.address() as AddressInfo).port}/x`;
    try {
      const refused = await caught(world.prove({ steps: [select] }, { dsn, killSwitch: disabled }));
      expect(refused).toMatchObject({ code: 'execution-disabled' });
      expect(await caught(world.prove({ steps: [step('commit')] }, { dsn }))).toMatchObject({
        code: 'statement-refused',
      });
      expect(connections).toBe(0);
      // The same listener does see a proof that may connect.
      const unreachable = await caught(world.prove({ steps: [select] }, { dsn }));
      expect(unreachable).toMatchObject({ code: 'unreachable' });
      expect(String(unreachable)).not.toContain('sesame');
      expect(connections).toBe(1);
    } finally {
      server.close();
    }
  });

  it('a connection string that is none is not repeated', async () => {
    const error = await caught(world.prove({ steps: [select] }, { dsn: 'sesame' }));
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(String(error)).not.toContain('sesame');
    expect(JSON.stringify(Object.getOwnPropertyDescriptors((error as Error).cause))).not.toContain('sesame');
  });

  it('a superuser is refused, unless the plan says so, and then the result does too', async () => {
    expect(await caught(world.prove({ steps: [select] }, { dsn: world.dsn }))).toMatchObject({
      code: 'login-unconfined',
    });
    const { assertions, faults } = await world.prove(
      { steps: [select], allow: { superuser: true } },
      { dsn: world.dsn },
    );
    expect(faults).toEqual([]);
    expect(assertions.find(({ id }) => id === 'reach')?.actual).toContain('interlock is a superuser');
  });

  it('so is a login that can take a superuser’s role, one that is not its own, and one that sees too little', async () => {
    await world.admin('grant pg_write_server_files to blind');
    expect(await caught(world.prove({ steps: [select] }))).toMatchObject({ code: 'login-unconfined' });
    await world.admin('revoke pg_write_server_files from blind');
    const cases = [
      [{ role: 'stranger' }, 'role-refused'],
      [{ role: 'nobody_of_that_name' }, 'role-refused'],
      [{ watch: [{ table: 'secret' }] }, 'table-unreadable'],
      [{ watch: [{ table: 'guarded' }] }, 'table-unreadable'],
      [{ watch: [{ table: 'no_such_table' }] }, 'table-unreadable'],
    ] as const;
    for (const [proof, code] of cases)
      expect(await caught(world.prove({ steps: [select], ...proof }))).toMatchObject({ code });
  });
});

it('reaches the database through a host when the plan says so, both times', async () => {
  const host = new LocalHost({ name: 'web-1' });
  const asked: number[] = [];
  const via = {
    name: 'web-1',
    run: host.run.bind(host),
    forward: (address: string, port: number) => {
      asked.push(port);
      return host.forward(address, port);
    },
  };
  expect((await world.prove({ ...asWriter, steps: [one] }, { via })).faults).toEqual([]);
  expect(asked).toEqual([world.postgres.port, world.postgres.port]);
  await host.close();
});

describe('what a rollback does not undo', () => {
  it('is a sequence: a fail, unless the plan allows it by name', async () => {
    const next = step("select nextval('iu_lifecycle_log_id_seq')");
    expect((await world.prove({ ...asWriter, steps: [next] })).faults).toEqual([
      expect.stringMatching(/^sequences fail: public.iu_lifecycle_log_id_seq \d+ → \d+$/),
    ]);
    const allow = { sequences: ['public.iu_lifecycle_log_id_seq'] };
    const { facts, faults } = await world.prove({ ...asWriter, allow, steps: [next] });
    expect(faults).toEqual([]);
    expect(facts.sequences).toMatchObject([{ name: 'public.iu_lifecycle_log_id_seq', ours: true }]);
  });

  it('is not the proof’s when another session advanced the sequence', async () => {
    const other = before(1, () => world.admin("select nextval('iu_lifecycle_log_id_seq')"));
    const { facts, faults } = await world.prove({ steps: [select] }, { killSwitch: other });
    expect(faults).toEqual([]);
    expect(facts.sequences).toMatchObject([{ ours: false }]);
  });

  it('is a sequence that the login cannot read: nobody knows', async () => {
    await world.admin('create sequence hidden_seq');
    expect((await world.prove({ steps: [select] })).faults).toEqual([
      'sequences inconclusive: not readable: public.hidden_seq',
    ]);
    await world.admin('drop sequence hidden_seq');
  });

  it('is a lock of the session, taken where nobody could read it', async () => {
    const allow = { functions: ['public.locks'] };
    expect((await world.prove({ allow, steps: [step('select locks()')] })).faults).toEqual([
      'session fail: advisoryLocks 1',
    ]);
    expect(await world.admin("select count(*)::int as n from pg_locks where locktype = 'advisory'")).toEqual([
      { n: 0 },
    ]);
  });
});

describe('others', () => {
  it('who write meanwhile leave the count in doubt, unless the plan expects it', async () => {
    const write = () => world.admin('insert into debt values (100, 100)');
    const proof = { steps: [select], watch: [{ table: 'debt' }] };
    const { faults } = await world.prove(proof, { killSwitch: before(1, write) });
    expect(faults).toEqual([
      expect.stringMatching(
        /^rows-debt inconclusive: 0 → 0 inside → 1 after, different contents, none of the proof/,
      ),
    ]);
    const update = () => world.admin('update debt set id = id + 1, of = of + 1');
    const again = await world.prove(proof, { killSwitch: before(1, update) });
    expect(again.faults).toEqual([
      expect.stringMatching(/^rows-debt inconclusive: 1 → 1 inside → 1 after, different/),
    ]);
    const expecting = { ...proof, watch: [{ table: 'debt', othersWrite: true }] };
    expect((await world.prove(expecting, { killSwitch: before(1, update) })).faults).toEqual([]);
    await world.admin('delete from debt');
  });

  it('who hold a lock make it inconclusive, by the timeout of the plan', async () => {
    const other = await openClient();
    try {
      await other.query('begin; lock table information_unit in exclusive mode');
      const { faults } = await world.prove({ ...asWriter, lockTimeoutMs: 20, steps: [one] });
      expect(faults[0]).toMatch(/^step-1-row-count inconclusive: 55P03: /);
    } finally {
      await other.end();
    }
  });

  it('with whom it deadlocks make it inconclusive', async () => {
    const other = await openClient();
    await other.query("set deadlock_timeout = '1h'; begin; delete from cut_manifest");
    let blocked: Promise<unknown> = Promise.resolve();
    const cross = before(2, async () => {
      blocked = other.query('delete from revert_record');
      await waitFor(`exists (select from pg_stat_activity b where a.pid = any(pg_blocking_pids(b.pid)))`);
    });
    const steps = [
      step('delete from revert_record', { rowCount: 4 }),
      step('delete from cut_manifest', { rowCount: 4 }),
    ];
    const { faults } = await world.prove(
      { ...asWriter, lockTimeoutMs: 30_000, steps },
      { killSwitch: cross },
    );
    expect(faults[0]).toMatch(/^step-2-row-count inconclusive: 40P01: /);
    await blocked;
    await other.end();
  });
});

describe('a proof that does not come to its end', () => {
  const long = {
    ...asWriter,
    steps: [one, step('select pg_sleep(600)'), select],
    statementTimeoutMs: 600_000,
  };

  it('by its timeout is inconclusive', async () => {
    const { facts, faults } = await world.prove({ ...long, statementTimeoutMs: 50 });
    expect(faults[0]).toMatch(/^step-2-row-count inconclusive: 57014: /);
    expect(facts).toMatchObject({ leaked: 0, transaction: { ended: 'rolled-back', status: 'aborted' } });
  });

  it('waits ten seconds at most for a switch that cannot be read, since its transaction is open', async () => {
    const waits: unknown[] = [];
    const killSwitch: KillSwitch = {
      read: (options) => {
        waits.push(options?.longestWaitMs);
        return enabled.read();
      },
    };
    await world.prove({ ...asWriter, steps: [one, select] }, { killSwitch });
    expect(waits.slice(-2)).toEqual([10_000, 10_000]);
  });

  it('because execution is disabled under way is inconclusive, and rolled back', async () => {
    const { facts, faults } = await world.prove(
      { ...asWriter, steps: [one, select] },
      { killSwitch: before(2, async () => undefined, disabled) },
    );
    expect(faults).toEqual([
      'step-2-value inconclusive: not run: execution was disabled: a test',
      'deferred-constraints inconclusive: not tried',
    ]);
    expect(facts).toMatchObject({ leaked: 0, transaction: { status: 'aborted' } });
  });

  it('because the server ended its session: a new one finds out that nothing stayed', async () => {
    const running = world.prove(long);
    const { pid } = await waitFor(sleeping);
    await world.admin(`select pg_terminate_backend(${pid})`);
    const { facts, faults } = await running;
    expect(facts).toMatchObject({
      leaked: 0,
      session: null,
      transaction: { ended: 'lost', status: 'aborted' },
    });
    expect(faults.map((each) => each.split(':')[0])).toEqual([
      'step-2-row-count inconclusive',
      'step-3-value inconclusive',
      'deferred-constraints inconclusive',
      'session inconclusive',
    ]);
  });

  it('because the network broke: the session that the server still holds is ended first', async () => {
    const far = new Set<Socket>();
    const near = new Set<Socket>();
    const proxy = createServer({ allowHalfOpen: true }, (socket) => {
      const server = connect({ port: world.postgres.port, host: '127.0.0.1', allowHalfOpen: true });
      near.add(socket.on('error', () => undefined));
      far.add(server);
      socket.on('data', (data) => server.write(data));
      server.on('data', (data) => socket.destroyed || socket.write(data));
      server.on('end', () => socket.end());
      // What breaks on the near side is not told to the far side, which is the point.
      server.on('error', () => socket.destroy());
    }).listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const dsn = world.login.replace(/:\d+\//, `:${(proxy.address() as AddressInfo).port}/`);
    try {
      const running = world.prove(long, { dsn });
      await waitFor(sleeping);
      for (const socket of near) socket.resetAndDestroy();
      const { facts } = await running;
      expect(facts).toMatchObject({ leaked: 0, transaction: { ended: 'lost', status: 'aborted' } });
    } finally {
      proxy.close();
      for (const socket of [...near, ...far]) socket.destroy();
    }
  });

  it('because it was stopped: the server notices by itself', async () => {
    const stop = new AbortController();
    const running = caught(world.prove(long, { signal: stop.signal }));
    const { pid } = await waitFor(sleeping);
    stop.abort();
    expect(await running).toMatchObject({ code: 'aborted' });
    while ((await world.admin(`select from pg_stat_activity where pid = ${pid}`)).length > 0);
    expect(await caught(world.prove(long, { signal: stop.signal }))).toMatchObject({ code: 'aborted' });
  });
});
