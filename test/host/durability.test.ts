// What a command says is on the disk is on the disk: bytes are flushed before they get their name, and a name when it is there.
// The real commands, with a `sync` and a `mv` that say when they are called and what lay there then.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { setFence } from '../../src/host/commands/mutate-fence.ts';
import { appendJournal } from '../../src/host/commands/mutate-journal.ts';
import { beginNonce, endNonce } from '../../src/host/commands/mutate-nonce.ts';
import { copyTree, removeStaged, renameToBackup, unpackTarGz } from '../../src/host/commands/mutate-tree.ts';
import { exchangeCommand, exchangeTrials, parseExchangeTrials } from '../../src/host/exchange.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { acquireLock } from '../../src/host/lock.ts';
import { parsePlacingTrials, placeCommand, placingTrials } from '../../src/host/place.ts';
import { runOk } from '../../src/host/run-ok.ts';
import { openTraced, type TracedHost } from '../fixtures/traced-programs.ts';

let directory: string;
const opened: LocalHost[] = [];
const at = (name: string) => join(directory, name);
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-durability-'));
});
afterEach(async () => {
  for (const host of opened.splice(0)) await host.close();
  await rm(directory, { recursive: true, force: true });
});

async function traced(...watched: string[]): Promise<TracedHost> {
  const found = await openTraced(directory, watched.map(at));
  opened.push(found.host);
  return found;
}

async function tree(name: string, content: string): Promise<string> {
  await mkdir(at(`${name}/in`), { recursive: true });
  await writeFile(at(`${name}/in/file`), content);
  return at(name);
}

describe('on the disk once it exits with 0', () => {
  it('is a line of the journal, and the journal’s own name', async () => {
    const { host, calls } = await traced('journal');
    await runOk(host, appendJournal(at('journal'), '{"n":1}'));
    expect(await calls()).toEqual(['sync journal | {"n":1}', 'sync . | {"n":1}']);
  });

  it('is the token of a fence, before it becomes the fence', async () => {
    const { host, calls } = await traced('app.fence', 'app.fence.new');
    await runOk(host, setFence(at('app.fence'), 'r1/promote/1/a'));
    expect(await calls()).toEqual([
      'sync app.fence.new | - r1/promote/1/a',
      'mv -T app.fence.new app.fence | - r1/promote/1/a',
    ]);
  });

  it('is the token of a fence that is raised with the lock, before the lock is taken', async () => {
    const { host, calls } = await traced('app.fence', 'app.lock.holder');
    const holder = { owner: 'w', run: 'r1', reason: 'promote', since: '2026-05-21T12:00:00.000Z' };
    const takeover = { fence: at('app.fence'), token: 'r1/promote/1/a', was: '', end: [] };
    const lock = await acquireLock(host, at('app.lock'), holder, { takeover });
    await lock.release();
    expect((await calls()).slice(0, 2)).toEqual([
      'sync app.fence.new | - -',
      'mv -T app.fence.new app.fence | - -',
    ]);
  });

  it.each([
    ['begun', beginNonce],
    ['ended', endNonce],
  ] as const)('is an authorization that has %s', async (state, note) => {
    const { host, calls } = await traced('app.nonces');
    const nonce = { nonce: 'a'.repeat(32), notAfter: new Date('2026-05-21T13:00:00.000Z') };
    await runOk(host, note(at('app.nonces'), nonce, new Date('2026-05-21T12:00:00.000Z')));
    const line = `${nonce.nonce} ${state} ${nonce.notAfter.getTime() / 1000}`;
    expect(await calls()).toEqual([
      'sync app.nonces.new | -',
      'mv -T app.nonces.new app.nonces | -',
      `sync . | ${line}`,
    ]);
  });

  it('is an upload: its bytes before they get their name, and the name', async () => {
    const { host, calls } = await traced('app.tgz');
    await host.upload({
      from: Readable.from([Buffer.from('bytes')]),
      to: at('app.tgz'),
      sha256: sha256Hex('bytes'),
      bytes: 5,
    });
    expect((await calls()).map((call) => call.replace(/[0-9a-f-]{36}/, 'ID'))).toEqual([
      'sync app.tgz.part/ID | -',
      'mv -T app.tgz.part/ID app.tgz | -',
      'sync . | bytes',
    ]);
  });

  it('is an exchange, in both parents', async () => {
    const way = await wayOf(
      async (host, here) => parseExchangeTrials(await host.run(exchangeTrials(here))).way,
    );
    const { host, calls } = await traced('live/in/file');
    await mkdir(at('elsewhere'));
    const [live, staged] = [await tree('live', 'old'), await tree('elsewhere/staged', 'new')];
    await runOk(host, exchangeCommand(way, live, staged));
    expect((await calls()).at(-1)).toBe('sync . elsewhere | new');
  });

  it('is the name of a first tree', async () => {
    const way = await wayOf(
      async (host, here) => parsePlacingTrials(await host.run(placingTrials(here))).way,
    );
    const { host, calls } = await traced('live/in/file');
    await runOk(host, placeCommand(way, await tree('staged', 'new'), at('live')));
    expect((await calls()).at(-1)).toBe('sync . | new');
  });

  it('is a tree that was unpacked: every file and directory of it before it gets its name, and the name', async () => {
    const { host, calls } = await traced('staged');
    execFileSync('tar', ['-czf', at('a.tar.gz'), '-C', await tree('source', 'new'), '.']);
    await runOk(host, unpackTarGz(at('a.tar.gz'), at('staged')));
    const [whole = '', ...after] = await calls();
    for (const part of ['staged.part ', 'staged.part/in ', 'staged.part/in/file'])
      expect(whole).toContain(part);
    expect(after).toEqual(['sync . | -', 'mv -T staged.part staged | -', 'sync . | d']);
  });

  it('is a copy of a tree', async () => {
    const { host, calls } = await traced('copy/in/file');
    await runOk(host, copyTree(await tree('source', 'old'), at('copy')));
    expect(await calls()).toEqual(['sync copy copy/in copy/in/file | old', 'sync . | old']);
  });

  it('is the name of a backup', async () => {
    const { host, calls } = await traced('backup');
    await runOk(host, renameToBackup(await tree('live', 'old'), at('backup')));
    expect(await calls()).toEqual(['mv -T live backup | -', 'sync . | d']);
  });

  it('is that a tree has lost its name, before anything of it goes, and that it is gone', async () => {
    const { host, calls } = await traced('staged', 'staged.part/in/file', 'staged.part');
    await runOk(host, removeStaged(await tree('staged', 'old'), at('live')));
    expect(await calls()).toEqual(['mv -T staged staged.part | d - -', 'sync . | - old d', 'sync . | - - -']);
  });
});

/** How this machine does it, without the traces. */
async function wayOf<W>(find: (host: LocalHost, here: string) => Promise<W>): Promise<W> {
  const host = new LocalHost({ env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
  opened.push(host);
  return find(host, directory);
}
