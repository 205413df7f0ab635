import { execFileSync } from 'node:child_process';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import { appendJournal } from '../../../src/host/commands/mutate-journal.ts';
import {
  copyTree,
  makeDirectory,
  removeStaged,
  renameToBackup,
  unpackTarGz,
} from '../../../src/host/commands/mutate-tree.ts';
import { parseJournal, readJournal } from '../../../src/host/commands/observe-journal.ts';
import { parseTreeListing, treeListing } from '../../../src/host/commands/observe-tree.ts';
import { LocalHost } from '../../../src/host/local-host.ts';
import { runOk } from '../../../src/host/run-ok.ts';

const host = new LocalHost({ name: 'web-1' });
let dir: string;
let at: (name: string) => string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "interlock mutate's-"));
  at = (name) => join(dir, name);
});
afterEach(() => rm(dir, { recursive: true, force: true }));
afterAll(() => host.close());

const usage = expect.objectContaining({ code: 'usage' });

/** A tree with a file, an executable and a symlink. */
async function tree(name: string): Promise<string> {
  await mkdir(at(`${name}/bin`), { recursive: true });
  await writeFile(at(`${name}/file`), name);
  await writeFile(at(`${name}/bin/run`), '#!/bin/sh\n');
  await chmod(at(`${name}/file`), 0o644);
  await chmod(at(`${name}/bin/run`), 0o755);
  await symlink('file', at(`${name}/link`));
  return at(name);
}

test('every builder says that it mutates', () => {
  const all = [
    makeDirectory('/srv/a'),
    unpackTarGz('/srv/a.tar.gz', '/srv/a'),
    copyTree('/srv/a', '/srv/b'),
    renameToBackup('/srv/a', '/srv/b'),
    removeStaged('/srv/b', '/srv/a'),
    appendJournal('/srv/a', '{}'),
  ];
  expect(all.map(({ effect }) => effect)).toEqual(all.map(() => 'mutate'));
});

test('unpacks an archive into a fresh directory, with its modes and as the login user', async () => {
  const source = await tree('source');
  await chmod(join(source, 'bin/run'), 0o6777);
  execFileSync('tar', ['-czf', at('a.tar.gz'), '--owner=12345', '--group=12345', '-C', source, '.']);
  await runOk(host, unpackTarGz(at('a.tar.gz'), at('staged')));
  expect(await readFile(at('staged/file'), 'utf8')).toBe('source');
  expect(await readlink(at('staged/link'))).toBe('file');
  expect((await stat(at('staged/file'))).uid).toBe(process.getuid?.());
  expect((await stat(at('staged/file'))).mode & 0o7777).toBe(0o644);
  expect((await stat(at('staged/bin/run'))).mode & 0o7777).toBe(0o755);
});

test('unpacks into no directory that exists, and fails for a broken archive', async () => {
  const source = await tree('source');
  execFileSync('tar', ['-czf', at('a.tar.gz'), '-C', source, '.']);
  await mkdir(at('taken'));
  expect(await host.run(unpackTarGz(at('a.tar.gz'), at('taken')))).toMatchObject({ exitCode: 17 });
  await symlink('nowhere', at('dangling'));
  expect(await host.run(unpackTarGz(at('a.tar.gz'), at('dangling')))).toMatchObject({ exitCode: 17 });
  expect(await readdir(at('taken'))).toEqual([]);
  const whole = await readFile(at('a.tar.gz'));
  await writeFile(at('broken.tar.gz'), whole.subarray(0, whole.length - 20));
  expect((await host.run(unpackTarGz(at('broken.tar.gz'), at('half')))).exitCode).not.toBe(0);
});

test('unpacks nothing outside of its directory', async () => {
  await writeFile(at('evil'), 'x');
  await mkdir(at('in'));
  execFileSync('tar', ['-czf', at('a.tar.gz'), '-P', '-C', at('in'), '../evil', join(dir, 'evil')], {
    stdio: 'ignore',
  });
  await rm(at('evil'));
  await host.run(unpackTarGz(at('a.tar.gz'), at('staged')));
  await expect(lstat(at('evil'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('copies a tree so that its listing is the same', async () => {
  const source = await tree('source');
  await runOk(host, copyTree(source, at('copy')));
  expect(parseTreeListing(await host.run(treeListing(at('copy'))))).toEqual(
    parseTreeListing(await host.run(treeListing(source))),
  );
  expect(await host.run(copyTree(source, at('copy')))).toMatchObject({ exitCode: 17 });
});

test('renames a tree to its backup name, and onto nothing that exists', async () => {
  const live = await tree('live');
  const backup = at('live.pre-7-20260301T120000Z');
  await runOk(host, renameToBackup(live, backup));
  expect(await readFile(join(backup, 'file'), 'utf8')).toBe('live');
  const next = await tree('live');
  expect(await host.run(renameToBackup(next, backup))).toMatchObject({ exitCode: 17 });
  await mkdir(at('empty'));
  expect(await host.run(renameToBackup(next, at('empty')))).toMatchObject({ exitCode: 17 });
  expect(await readdir(next)).toContain('file');
  expect(() => renameToBackup('/srv/live', '/backup/live')).toThrow(usage);
});

test('removes a staged tree, twice without harm, and nothing else', async () => {
  const [live, staged] = [await tree('live'), await tree('staged')];
  await symlink('live', at('link'));
  await runOk(host, removeStaged(staged, live));
  await runOk(host, removeStaged(staged, live));
  expect((await host.run(removeStaged(at('link'), live))).exitCode).toBe(1);
  expect((await readdir(dir)).sort()).toEqual(['link', 'live']);
  for (const wrong of [live, dir, join(live, 'bin'), '/etc', '/', `${dir}/../x`]) {
    expect(() => removeStaged(wrong, live)).toThrow(usage);
  }
});

test('makes a directory with its parents, for its owner alone, and leaves one that exists', async () => {
  await runOk(host, makeDirectory(at('a/b')));
  expect((await stat(at('a/b'))).mode & 0o777).toBe(0o700);
  await runOk(host, makeDirectory(at('a/b')));
});

test('appends whole lines to a journal, also after one that a crash cut off', async () => {
  const journal = at('journal');
  const odd = `{"why":"it's \\"$(id)\\" %s \\\\n é"}`;
  await runOk(host, appendJournal(journal, odd));
  expect((await stat(journal)).mode & 0o777).toBe(0o600);
  await writeFile(journal, `${odd}\n{"cut`);
  await runOk(host, appendJournal(journal, '{"n":2}'));
  expect(parseJournal(await host.run(readJournal(journal)))).toEqual({
    lines: [odd, '{"cut', '{"n":2}'],
    torn: '',
  });
  for (const wrong of ['', 'a\nb', 'x'.repeat(65_537)])
    expect(() => appendJournal(journal, wrong)).toThrow(usage);
});
