import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { script } from '../../src/host/command.ts';
import { lockHolderAt, parseLockHolder } from '../../src/host/commands/observe-lock.ts';
import { acquireLock, underCommitLock } from '../../src/host/lock.ts';
import type { LockHolder } from '../../src/host/lock-holder.ts';
import { SshHost } from '../../src/host/ssh-host.ts';
import { startOpenSsh } from '../fixtures/openssh.ts';
import { hostKinds, type StartedHost, targetOf } from './each-host.ts';

const holder: LockHolder = {
  owner: "Ada O'Neill",
  run: 'o8b-retry-7',
  reason: 'promote "iu-cutter"\n$(id)',
  since: '2026-03-01T12:00:00.000Z',
};

describe.each(hostKinds)('a lock on $kind', ({ start }) => {
  let started: StartedHost;
  let at: (name: string) => string;
  beforeAll(async () => {
    started = await start();
    at = (name) => join(started.dir, 'locks', name);
  });
  afterAll(() => started.close());

  test('is held by one, and the loser reads by whom', async () => {
    const { host } = started;
    const lock = await acquireLock(host, at('a'), holder);
    expect(parseLockHolder(await host.run(lockHolderAt(at('a'))))).toEqual(holder);
    await expect(acquireLock(host, at('a'), { ...holder, run: 'other' })).rejects.toMatchObject({
      code: 'locked',
      detail: { holder },
    });
    expect(lock.lost.aborted).toBe(false);
    await lock.release();
    await lock.release();
    expect(parseLockHolder(await host.run(lockHolderAt(at('a'))))).toBeUndefined();
    const next = await acquireLock(host, at('a'), { ...holder, run: 'other' });
    expect(next.holder.run).toBe('other');
    await next.release();
    expect(next.lost.aborted).toBe(false);
    expect(await readdir(at('.'))).toEqual(['a']);
  });

  test('is won by exactly one of many that want it at once', async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 5 }, (_, n) => acquireLock(started.host, at('b'), { ...holder, run: String(n) })),
    );
    const won = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(won).toHaveLength(1);
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ code: 'locked' });
      else await attempt.value.release();
    }
  });

  test('is not taken when the attempt is aborted, before it began or in the middle', async () => {
    const abort = new AbortController();
    const attempt = acquireLock(started.host, at('c'), holder, { signal: abort.signal });
    abort.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'aborted' });
    await expect(acquireLock(started.host, at('c'), holder, { signal: abort.signal })).rejects.toMatchObject({
      code: 'aborted',
    });
    await (await acquireLock(started.host, at('c'), holder)).release();
  });

  test('of the short kind keeps two commands apart', async () => {
    const body = `mkdir "$1" || exit 9; sleep 0.05; rmdir "$1"`;
    const command = script('mutate', 'commit', body, [join(started.dir, 'only-one')]);
    const runs = Array.from({ length: 4 }, () =>
      started.host.run(underCommitLock(command, join(started.dir, 'commit'))),
    );
    expect((await Promise.all(runs)).map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0]);
    const held = Promise.withResolvers<void>();
    const long = started.host.run(
      underCommitLock(script('mutate', 'long', 'echo up; sleep 0.5'), join(started.dir, 'commit')),
      { onOutput: () => held.resolve() },
    );
    await held.promise;
    const late = await started.host.run(underCommitLock(command, join(started.dir, 'commit'), 0));
    expect(late.exitCode).toBe(75);
    await long;
  });
});

test('a lock frees itself when the connection is cut, and its owner learns of it', async () => {
  const server = await startOpenSsh();
  const [first, second] = [new SshHost(targetOf(server)), new SshHost(targetOf(server, { name: 'web-2' }))];
  const path = join(server.dir, 'lock');
  const lock = await acquireLock(first, path, holder);
  const lost = new Promise((resolve) => lock.lost.addEventListener('abort', resolve));
  server.dropConnections();
  await lost;
  expect(lock.lost.reason).toMatchObject({ code: 'lock-lost', cause: { code: 'connection-lost' } });
  const again = await retryWhileLocked(() => acquireLock(second, path, { ...holder, run: 'next' }));
  await lock.release();
  await expect(acquireLock(first, path, holder)).rejects.toMatchObject({
    detail: { holder: { run: 'next' } },
  });
  await again.release();
  await first.close();
  await second.close();
  await server.close();
});

/** sshd closes the holder's input a moment after the client has learned of the loss. */
async function retryWhileLocked<T>(attempt: () => Promise<T>): Promise<T> {
  for (let n = 1; ; n += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (n === 100 || Reflect.get(Object(error), 'code') !== 'locked') throw error;
    }
  }
}
