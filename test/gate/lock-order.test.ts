// What a gate does around its change: it asks whether its authorization is spent, takes the lock and raises the fence with it,
// notes that it begins, acts, and frees the lock. And when another's hold on the lock counts for nothing. Real commands on this
// machine, written down as they are sent.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { observeLive } from '../../jobs/observe-live.ts';
import { changeHost, stashOf, withTargetLock } from '../../src/gate/change-host.ts';
import type { WorkerContext } from '../../src/gate/process-gate.ts';
import { endOnHost } from '../../src/gate/spend-on-host.ts';
import { type LockAsker, whyVoid } from '../../src/gate/void-lock.ts';
import { script } from '../../src/host/command.ts';
import { setFence } from '../../src/host/commands/mutate-fence.ts';
import { beginNonce } from '../../src/host/commands/mutate-nonce.ts';
import { type LockSight, lockSightAt, parseLockSight } from '../../src/host/commands/observe-lock.ts';
import { acquireLock } from '../../src/host/lock.ts';
import { openWorker, type WorkerOnThisMachine } from '../fixtures/worker-on-this-machine.ts';

let directory: string;
let worker: WorkerOnThisMachine;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-lock-order-'));
  worker = await openWorker(directory);
});
afterEach(async () => {
  await worker.host.end();
  await rm(directory, { recursive: true, force: true });
});

const titles = () =>
  worker.host.commands.map(({ title }) =>
    title
      .replaceAll(directory, '')
      .replace(/[0-9a-f]{32}/, 'NONCE')
      .replace(/ \/\.interlock\/app/, ' app'),
  );
const mark = () => script('mutate', 'mark', 'printf x >> "$1"', [join(directory, 'marks')]);
const marks = () => readFile(join(directory, 'marks'), 'utf8').catch(() => '');
const touch = (context: Parameters<typeof changeHost>[0]) =>
  changeHost(context, 'host.exchange', worker.livePath, mark());
const record = async () => {
  const text = await readFile(stashOf(worker.livePath).nonces, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(' ')[1]]));
};

/** Who has the lock by now. */
const holder = async () => {
  const { lock, fence } = stashOf(worker.livePath);
  return parseLockSight(await worker.host.run(lockSightAt(lock, fence))).holder;
};

describe('a gate that changes its target', () => {
  it('has not changed it where the command failed, and says so', async () => {
    const fails = script('mutate', 'fail', 'exit 3');
    const context = await worker.begin('promote');
    await expect(changeHost(context, 'host.exchange', worker.livePath, fails)).rejects.toMatchObject({
      code: 'command-failed',
    });
    expect(context.executor.journal.map(({ kind }) => kind)).toEqual(['host.exchange']);
  });

  it('asks, takes the lock, begins, acts behind its fence, and frees the lock', async () => {
    const context = await worker.begin('promote');
    await withTargetLock(context, async (held) => {
      expect(await record()).toEqual(['begun']);
      await touch(held);
      const { commands } = worker.host;
      expect(commands.at(-1)?.argv).toContain(held.fence?.token);
    });
    expect(titles()).toEqual([
      'look up authorization NONCE',
      'look at lock app.lock',
      'hold lock app.lock',
      'note authorization NONCE as begun',
      'mark',
    ]);
    expect(context.executor.journal.map(({ kind }) => kind)).toEqual([
      ...['host.lock', 'host.journal', 'host.exchange'],
    ]);
    expect(await holder()).toBeUndefined();
    await withTargetLock(await worker.begin('promote'), touch);
    expect(await marks()).toBe('xx');
  });

  it('frees the lock when it fails, too', async () => {
    const fails = withTargetLock(await worker.begin('promote'), () => Promise.reject(new Error('half-way')));
    await expect(fails).rejects.toThrow('half-way');
    expect(await holder()).toBeUndefined();
    await withTargetLock(await worker.begin('promote'), touch);
    expect(await marks()).toBe('x');
  });

  it('changes nothing, not even the lock, with an authorization that has ended there', async () => {
    const context = await worker.begin('promote');
    const { nonces } = stashOf(worker.livePath);
    const { nonce, notAfter } = context.permit();
    await worker.host.run(beginNonce(nonces, { nonce, notAfter: new Date(notAfter) }, new Date()));
    await endOnHost(worker.host, nonces, context.permit(), new Date());
    worker.host.commands.length = 0;
    await expect(withTargetLock(context, touch)).rejects.toMatchObject({ code: 'authorization-spent' });
    expect(titles()).toEqual(['look up authorization NONCE']);
    expect(context.executor.journal).toEqual([]);
    expect(await marks()).toBe('');
  });

  it('does not act where its authorization was spent between the first look and the lock', async () => {
    const context = await worker.begin('promote');
    const { nonces } = stashOf(worker.livePath);
    const { nonce, notAfter } = context.permit();
    const run = worker.host.run.bind(worker.host);
    worker.host.run = async (command, options) => {
      if (command.title.startsWith('note authorization') && command.title.endsWith('as begun')) {
        await run(beginNonce(nonces, { nonce, notAfter: new Date(notAfter) }, new Date()));
        await endOnHost(
          { ...worker.host, run } as typeof worker.host,
          nonces,
          { nonce, notAfter },
          new Date(),
        );
      }
      return run(command, options);
    };
    await expect(withTargetLock(context, touch)).rejects.toMatchObject({ code: 'authorization-spent' });
    expect(await marks()).toBe('');
  });

  it('waits for another run that holds the lock, and says whose it is', async () => {
    const { lock } = stashOf(worker.livePath);
    const holder = { owner: 'w2', run: 'r9', reason: 'promote', since: '2026-05-21T12:00:00.000Z' };
    const held = await acquireLock(worker.host, lock, holder);
    const context = await worker.begin('promote');
    await expect(withTargetLock(context, touch)).rejects.toMatchObject({
      ...{ status: 'blocked', code: 'locked', message: expect.stringContaining('w2 for run r9') },
    });
    expect(await marks()).toBe('');
    await held.release();
  });

  it('takes a lock behind a fence of its own that a killed worker of another run has left its name in', async () => {
    const { lock, fence } = stashOf(worker.livePath);
    await worker.host.run(setFence(fence, 'r9/promote/1/0'));
    const dead = { owner: 'w2', run: 'r9', reason: 'promote', since: '2026-05-21T12:00:00.000Z' };
    await writeFile(`${lock}.holder`, JSON.stringify({ ...dead, token: 'r9/promote/1/0' }));
    expect(await holder()).toMatchObject({ run: 'r9' });
    await withTargetLock(await worker.begin('promote'), async (held) => {
      expect(held.fence?.token).toMatch(/^r1\/promote\/1\//);
      expect(await readFile(fence, 'utf8')).toContain(held.fence?.token);
      await touch(held);
    });
    expect(await marks()).toBe('x');
  });

  it('ends the hold of an earlier attempt of its own run, which then does nothing any more', async () => {
    const first = await worker.begin('promote');
    const outcome = Promise.withResolvers<unknown>();
    const earlier = withTargetLock(first, async (held) => {
      // Another start of the same run takes over while this one stands still.
      await withTargetLock(await worker.begin('promote'), touch);
      expect(await marks()).toBe('x');
      await expect.poll(() => held.signal.aborted).toBe(true);
      await touch({ ...held, signal: new AbortController().signal }).then(outcome.resolve, outcome.resolve);
    });
    await earlier.catch(() => undefined);
    expect(await outcome.promise).toMatchObject({ code: 'fenced-off' });
    expect(await marks()).toBe('x');
  });

  it('in a dry run takes no lock and sends nothing', async () => {
    const context = await worker.begin('promote', { mode: 'DRYRUN', begun: false });
    await withTargetLock(context, touch);
    expect(titles()).toEqual([]);
    expect(context.executor.journal.map(({ kind, simulated }) => [kind, simulated])).toEqual([
      ...[
        ['host.lock', true],
        ['host.exchange', true],
      ],
    ]);
  });
});

describe('a look at what is live', () => {
  const revoked = { nonce: 'c'.repeat(32), notAfter: '2026-11-21T13:00:00.000Z' };
  const look = async () => {
    const context = await worker.begin('observe-live');
    return { ...context, job: { ...context.job, revokes: [revoked] } } as WorkerContext;
  };

  it('takes authorizations away, raises the fence, reads, and sees that the fence still stands', async () => {
    await observeLive.run(await look());
    const steps = titles().filter(
      (title, at, all) => !/^(look at|list)/.test(title) || !/^(look at|list)/.test(all[at - 1] ?? ''),
    );
    expect(steps).toEqual([
      'note authorization NONCE as ended',
      'set fence app.fence',
      expect.stringMatching(/^look at /),
      'read journal app.journal.jsonl',
      'see that the fence stands',
    ]);
    expect(await record()).toEqual(['ended']);
  });

  it('sees nothing when another has raised its fence meanwhile', async () => {
    const run = worker.host.run.bind(worker.host);
    const { fence } = stashOf(worker.livePath);
    worker.host.run = async (command, options) => {
      if (command.title.startsWith('read journal')) await run(setFence(fence, 'r1/promote/2/other'));
      return run(command, options);
    };
    await expect(observeLive.run(await look())).rejects.toMatchObject({ code: 'fenced-off' });
  });

  it('does so where execution is off as well: it takes power away', async () => {
    const off = { read: async () => ({ enabled: false, reason: 'incident' }) };
    const context = await worker.begin('observe-live', { killSwitch: off });
    await observeLive.run({ ...context, job: { ...context.job, revokes: [revoked] } } as WorkerContext);
    expect(await record()).toEqual(['ended']);
    await expect(touch(context)).rejects.toMatchObject({ code: 'execution-disabled' });
  });
});

describe('the note that an authorization has ended', () => {
  it('is made where it was begun, and where it was not begun nothing is', async () => {
    const { nonces } = stashOf(worker.livePath);
    const authorization = { nonce: 'd'.repeat(32), notAfter: '2026-11-21T13:00:00.000Z' };
    await endOnHost(worker.host, nonces, authorization, new Date());
    expect(await record()).toEqual([]);
    const notAfter = new Date(authorization.notAfter);
    await worker.host.run(beginNonce(nonces, { nonce: authorization.nonce, notAfter }, new Date()));
    await endOnHost(worker.host, nonces, authorization, new Date());
    await endOnHost(worker.host, nonces, authorization, new Date());
    expect(await record()).toEqual(['ended']);
  });

  it('is not lost to a record that is not ours', async () => {
    const { nonces } = stashOf(worker.livePath);
    await writeFile(nonces, 'something else\n');
    await expect(withTargetLock(await worker.begin('promote'), touch)).rejects.toMatchObject({
      code: 'command-failed',
    });
    expect(await marks()).toBe('');
  });
});

describe('the hold of a lock', () => {
  const now = new Date('2026-05-21T12:00:00.000Z');
  const asker: LockAsker = { run: 'r1', subjectRun: 'r0', now, lostLock: () => false };
  const hold = (more: object = {}, fence = 't'): Pick<LockSight, 'holder' | 'fence'> => ({
    holder: {
      ...{ owner: 'w', run: 'r9', reason: 'promote', since: '2026-05-21T11:00:00.000Z' },
      ...{ token: 't', until: '2026-05-21T13:00:00.000Z', ...more },
    },
    fence,
  });
  it.each<[string, Pick<LockSight, 'holder' | 'fence'>, Partial<LockAsker>, boolean]>([
    ['of nobody', { holder: undefined, fence: '' }, {}, false],
    ['of another run in its time', hold(), {}, false],
    ['of another run whose fence was raised over', hold({}, 'another'), {}, true],
    ['of another run without a fence of its own', hold({ token: undefined }, 'another'), {}, false],
    ['of the same run', hold({ run: 'r1' }), {}, true],
    ['of the run that is taken back', hold({ run: 'r0' }), {}, true],
    ['of that run, where none is taken back', hold({ run: 'r0' }), { subjectRun: null }, false],
    ['a minute after its end', hold({ until: '2026-05-21T11:59:00.000Z' }), {}, false],
    ['more than a minute after its end', hold({ until: '2026-05-21T11:58:59.999Z' }), {}, true],
    ['without an end', hold({ until: undefined }), {}, false],
    ['of a run that lost its lock', hold(), { lostLock: (run) => run === 'r9' }, true],
    ['of a run beside one that lost its lock', hold(), { lostLock: (run) => run === 'r1' }, false],
  ])('%s', (_, sight, more, isVoid) => {
    const why = whyVoid(sight, { ...asker, ...more });
    expect(why === null).toBe(!isVoid);
    if (isVoid) expect(why).not.toBe('');
  });
});
