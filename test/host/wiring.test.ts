// What the commands of a change hold to, each by itself, on this machine: an upload is the announced bytes and acts behind the
// fence, a lock is taken over from the processes that were seen and from no others, and a directory is known for the same one.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { script } from '../../src/host/command.ts';
import { FENCED_OFF, fenced, setFence } from '../../src/host/commands/mutate-fence.ts';
import { removeSeen } from '../../src/host/commands/mutate-tree.ts';
import { lockSightAt, parseLockSight } from '../../src/host/commands/observe-lock.ts';
import {
  identityOf,
  type PathFacts,
  parsePathFacts,
  pathFacts,
} from '../../src/host/commands/observe-path.ts';
import { exchangeCommand, exchangeTrials, parseExchangeTrials } from '../../src/host/exchange.ts';
import type { CommandResult } from '../../src/host/host.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { acquireLock, type Takeover } from '../../src/host/lock.ts';
import { expectOk, runOk, wholeStdout } from '../../src/host/run-ok.ts';

const host = new LocalHost({
  name: 'web-1',
  killGraceMs: 500,
  env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
});
afterAll(() => host.close());
let directory: string;
const at = (name: string) => join(directory, name);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-wiring-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

describe('an upload', () => {
  const bytes = 'the bytes';
  const upload = (more: object = {}) =>
    host.upload({
      ...{ from: Readable.from([Buffer.from(bytes)]), to: at('app.tgz') },
      ...{ sha256: sha256Hex(bytes), bytes: bytes.length },
      ...more,
    });

  it('is the announced bytes', async () => {
    expect(await upload()).toMatchObject({ sha256: sha256Hex(bytes), bytes: bytes.length });
    expect(await readFile(at('app.tgz'), 'utf8')).toBe(bytes);
  });

  it.each([
    ['bytes with another digest', { sha256: sha256Hex('others') }],
    ['more bytes than announced', { bytes: bytes.length - 1 }],
    ['fewer bytes than announced', { bytes: bytes.length + 1 }],
  ])('of %s is refused, and leaves what was there', async (_, more) => {
    await writeFile(at('app.tgz'), 'before');
    await expect(upload(more)).rejects.toMatchObject({ code: 'upload-mismatch' });
    expect(await readFile(at('app.tgz'), 'utf8')).toBe('before');
    expect(await readdir(directory)).toEqual(['app.tgz']);
  });

  it('does not get its name once another attempt has raised its fence', async () => {
    const path = at('app.fence');
    await runOk(host, setFence(path, 'r1/stage/1/b'));
    await expect(upload({ fence: { path, token: 'r1/stage/1/a' } })).rejects.toMatchObject({
      code: 'command-failed',
    });
    await expect(stat(at('app.tgz'))).rejects.toMatchObject({ code: 'ENOENT' });
    await upload({ fence: { path, token: 'r1/stage/1/b' } });
    expect(await readFile(at('app.tgz'), 'utf8')).toBe(bytes);
  });
});

describe('a fence', () => {
  it('that is being raised is waited for by the commands behind the one before', async () => {
    const path = at('app.fence');
    await runOk(host, setFence(path, 'r1/promote/1/a'));
    // Whoever raises the next one holds this lock while it writes.
    const raising = spawn(
      'flock',
      [`${path}.lock`, 'sh', '-c', 'echo held; read -r _; printf "%s\\n" r1/promote/2/b > "$0"', path],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await once(raising.stdout, 'data');
    const mark = script('mutate', 'mark', 'printf x > "$1"', [at('mark')]);
    const late = host.run(fenced(mark, path, 'r1/promote/1/a'));
    expect(await Promise.race([late.then(() => 'acted'), moment()])).toBe('waits');
    raising.stdin.end('\n');
    expect((await late).exitCode).toBe(FENCED_OFF);
    await expect(stat(at('mark'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

/** Longer than a command takes that waits for nothing. */
const moment = () => new Promise<string>((resolve) => setTimeout(resolve, 300, 'waits'));

describe('a lock', () => {
  const holder = (run: string) => ({ owner: 'w', run, reason: 'promote', since: '2026-05-21T12:00:00.000Z' });
  const takeover = (more: Partial<Takeover>): Takeover => ({
    ...{ fence: at('app.fence'), token: 'r2/promote/1/b', was: '', end: [] },
    ...more,
  });
  const sight = async () => parseLockSight(await host.run(lockSightAt(at('app.lock'), at('app.fence'))));

  it('is taken over from the processes that were seen, by a fence over the one that was seen', async () => {
    const first = await acquireLock(host, at('app.lock'), holder('r1'), {
      takeover: takeover({ token: 'r1/promote/1/a' }),
    });
    const seen = await sight();
    expect(seen).toMatchObject({ fence: 'r1/promote/1/a', holder: { run: 'r1' } });
    expect(seen.processes.length).toBe(2);
    const second = await acquireLock(host, at('app.lock'), holder('r2'), {
      takeover: takeover({ was: seen.fence, end: seen.processes }),
    });
    await expect.poll(() => first.lost.aborted).toBe(true);
    expect(await sight()).toMatchObject({ fence: 'r2/promote/1/b', holder: { run: 'r2' } });
    await second.release();
    await first.release();
    expect((await sight()).holder).toBeUndefined();
  });

  it('is not taken over a fence that was raised since', async () => {
    await runOk(host, setFence(at('app.fence'), 'r9/promote/1/z'));
    await expect(
      acquireLock(host, at('app.lock'), holder('r2'), { takeover: takeover({ was: 'r1/promote/1/a' }) }),
    ).rejects.toMatchObject({ code: 'locked' });
    expect((await sight()).fence).toBe('r9/promote/1/z');
  });

  it('ends no process that only bears the number of one that was seen', async () => {
    const bystander = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(bystander, 'spawn');
    const lock = await acquireLock(host, at('app.lock'), holder('r2'), {
      takeover: takeover({ end: [{ pid: String(bystander.pid), start: '1' }] }),
    });
    await lock.release();
    expect(bystander.exitCode ?? bystander.signalCode).toBeNull();
    bystander.kill('SIGKILL');
    await once(bystander, 'exit');
  });

  it('is not held by one whose fence another has raised over while it waited for the lock', async () => {
    const first = await acquireLock(host, at('app.lock'), holder('r1'), {
      takeover: takeover({ token: 'r1/promote/1/a' }),
    });
    // One that waits for the lock, as after the processes of a holder were ended: here a bystander that is none.
    const waiting = acquireLock(host, at('app.lock'), holder('r2'), {
      takeover: takeover({ was: 'r1/promote/1/a', end: [{ pid: '1', start: '1' }] }),
    });
    await expect.poll(async () => (await sight()).fence).toBe('r2/promote/1/b');
    await runOk(host, setFence(at('app.fence'), 'r3/promote/1/c'));
    await first.release();
    await expect(waiting).rejects.toMatchObject({ code: 'locked' });
  });
});

describe('an exchange', () => {
  const trials = async () => parseExchangeTrials(await runOk(host, exchangeTrials(directory)));

  it('takes plain directories alone, and no link to one', async () => {
    const { way } = await trials();
    for (const name of ['live', 'staged']) await mkdir(at(name));
    await symlink(at('staged'), at('link'));
    await writeFile(at('file'), '');
    for (const [a, b] of [
      ['live', 'link'],
      ['link', 'live'],
      ['file', 'live'],
      ['live', 'none'],
    ] as const)
      expect(await host.run(exchangeCommand(way, at(a), at(b)))).toMatchObject({
        ...{ exitCode: 1, stderr: expect.stringContaining('expected a plain directory') },
      });
    expect((await lstat(at('link'))).isSymbolicLink()).toBe(true);
  });

  it('is made in no way that does nothing and says that it has', async () => {
    await mkdir(at('tools'));
    for (const name of ['exch', 'mv', 'python3', 'perl'])
      await writeFile(at(`tools/${name}`), '#!/bin/sh\n', { mode: 0o755 });
    const lying = new LocalHost({ name: 'web-2', env: { PATH: `${at('tools')}:/usr/bin:/bin` } });
    const result = await runOk(lying, exchangeTrials(directory));
    await lying.close();
    expect(() => parseExchangeTrials(result)).toThrow(
      expect.objectContaining({ code: 'exchange-unavailable' }),
    );
  });
});

describe('a directory', () => {
  const look = async (name: string) => parsePathFacts(await host.run(pathFacts([at(name)])))[0];
  it('is the same under every name, and another one that takes its place is not', async () => {
    await mkdir(at('a'));
    const before = identityOf(await look('a'));
    await rename(at('a'), at('b'));
    expect(identityOf(await look('b'))).toBe(before);
    await mkdir(at('a'));
    expect(identityOf(await look('a'))).not.toBe(before);
    expect(identityOf(await look('none'))).toBeNull();
    expect(identityOf(undefined)).toBeNull();
  });

  it('is another one with the same inode number and another time of birth, or on another device', () => {
    const facts = {
      ...{ path: '/srv/app', kind: 'directory', mountPoint: false, device: 1, uid: 0, gid: 0, mode: 0o755 },
      inode: '5.1796069162.457243096',
    } as const satisfies PathFacts;
    expect(identityOf(facts)).not.toBe(identityOf({ ...facts, inode: '5.1796069162.457243097' }));
    expect(identityOf(facts)).not.toBe(identityOf({ ...facts, inode: '6.1796069162.457243096' }));
    expect(identityOf(facts)).not.toBe(identityOf({ ...facts, device: 2 }));
    expect(identityOf(facts)).toBe(identityOf({ ...facts, path: '/srv/other', mode: 0o700 }));
  });

  it('is removed only if it is the one that was seen', async () => {
    await mkdir(at('app.bad-r1'));
    const seen = identityOf(await look('app.bad-r1')) ?? '';
    const stale = seen.replace(/^\d+:\d+/, (device) => `${device}0`);
    expect(await host.run(removeSeen(at('app.bad-r1'), at('app'), stale))).toMatchObject({ exitCode: 1 });
    expect(await readdir(directory)).toEqual(['app.bad-r1']);
    await runOk(host, removeSeen(at('app.bad-r1'), at('app'), seen));
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('the result of a command', () => {
  const result = (more: Partial<CommandResult> = {}): CommandResult => ({
    ...{ host: 'h', title: 'list', argv: ['ls'], exitCode: 0, stdout: 'a\n', stderr: '', stdoutBytes: 2 },
    ...{
      stdoutSha256: 'x',
      stdoutTruncated: false,
      stderrBytes: 0,
      stderrSha256: 'x',
      stderrTruncated: false,
    },
    ...{ startedAt: '2026-05-21T12:00:00.000Z', durationMs: 1 },
    ...more,
  });
  it.each([1, 2, 17, 75, 76, 77, 127, 255])(
    'is a success with exit code 0 alone, and not with %d',
    (exitCode) => {
      expect(expectOk(result())).toEqual(result());
      expect(() => expectOk(result({ exitCode }))).toThrow(
        expect.objectContaining({ code: 'command-failed' }),
      );
      expect(() => wholeStdout(result({ exitCode }))).toThrow(
        expect.objectContaining({ code: 'command-failed' }),
      );
    },
  );

  it('is whole only where nothing was cut off and all of it is text', () => {
    expect(wholeStdout(result())).toBe('a\n');
    for (const more of [{ stdoutTruncated: true }, { stdout: 'a\uFFFD\n' }])
      expect(() => wholeStdout(result(more))).toThrow(expect.objectContaining({ code: 'output-unreadable' }));
    expect(wholeStdout(result({ stderrTruncated: true }))).toBe('a\n');
  });
});
