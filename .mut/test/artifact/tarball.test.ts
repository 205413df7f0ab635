import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compareTree } from '../../src/artifact/manifest.ts';
import { buildTarball } from '../../src/artifact/tarball.ts';
import { listTree } from '../../src/artifact/tree-digest.ts';
import { sha256File, sha256Hex } from '../../src/evidence/digest.ts';
import { git, makeSandbox, type Sandbox, writeTree } from './git-sandbox.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await makeSandbox();
});
afterEach(() => sandbox[Symbol.asyncDispose]());

const FILES = {
  'src/main.ts': 'export {};\n',
  'bin/run': '#!/bin/sh\n',
  'a link': '-> src/main.ts',
  'deep/link': '-> ../bin/run',
  empty: '',
  [`${'long-folder-name/'.repeat(12)}${'long-file-name'.repeat(9)}.txt`]: 'beyond ustar',
  'ünïcode/字.txt': 'é',
  '.gitignore': 'ignored\n',
};

const build = (repo: string, file: string, exclude: string[] = []) =>
  buildTarball(repo, 'HEAD', join(sandbox.directory, file), { name: 'app-v1', exclude });

async function unpack(file: string): Promise<string> {
  const directory = join(sandbox.directory, 'unpacked');
  mkdirSync(directory);
  execFileSync('tar', ['-xzf', file, '-C', directory, '--no-same-owner']);
  return directory;
}

describe('an artifact', () => {
  test('is the same bytes in two clones of the commit', async () => {
    const repo = sandbox.repository('repo', FILES);
    const clone = join(sandbox.directory, 'clone');
    git(sandbox.directory, 'clone', '--quiet', `file://${repo}`, clone);
    git(clone, 'config', 'core.autocrlf', 'true');
    writeTree(clone, { 'src/main.ts': 'edited', untracked: 'x' });
    const [one, two] = [await build(repo, '1.tar.gz'), await build(clone, '2.tar.gz')];
    expect(readFileSync(one.file)).toEqual(readFileSync(two.file));
    expect(two).toEqual({ ...one, file: two.file });
  });

  test('tells the truth about itself', async () => {
    const repo = sandbox.repository('repo', FILES);
    const { file, sha256, bytes, tarSha256, entries, excluded } = await build(repo, 'a.tar.gz');
    const compressed = readFileSync(file);
    expect(sha256).toBe(sha256Hex(compressed));
    expect(bytes).toBe(compressed.length);
    expect(tarSha256).toBe(sha256Hex(gunzipSync(compressed)));
    expect(entries).toMatchObject({ name: 'app-v1', commit: git(repo, 'rev-parse', 'HEAD') });
    expect(excluded).toEqual([]);
    // RFC 1952: magic, deflate, no flags, time 0, best compression, unknown system.
    expect([...compressed.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 255]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  test('unpacks with tar to the tree of its manifest, which is the commit’s', async () => {
    const repo = sandbox.repository('repo', FILES);
    const { file, entries } = await build(repo, 'a.tar.gz');
    const tree = await listTree(await unpack(file));
    expect(compareTree(entries, tree)).toEqual({ missing: [], added: [], changed: [] });
    expect(compareTree(entries, await listTree(repo, { exclude: ['.git'] }))).toEqual({
      missing: [],
      added: [],
      changed: [],
    });
  });

  test('names root as owner, fixed modes and the commit’s time, in bytewise order, with no folders', async () => {
    const repo = sandbox.repository('repo', { b: '1', 'a/x': '#!', 'a.b': '2', z: '-> b' });
    const { file } = await build(repo, 'a.tar.gz');
    const listed = execFileSync('tar', ['-tvzf', file, '--numeric-owner', '--full-time'], {
      encoding: 'utf8',
      env: { ...process.env, TZ: 'UTC', LC_ALL: 'C' },
    });
    expect(
      listed
        .trim()
        .split('\n')
        .map((line) => line.replaceAll(/ +/g, ' ')),
    ).toEqual([
      '-rw-r--r-- 0/0 1 2026-05-21 05:33:34 a.b',
      '-rwxr-xr-x 0/0 2 2026-05-21 05:33:34 a/x',
      '-rw-r--r-- 0/0 1 2026-05-21 05:33:34 b',
      'lrwxrwxrwx 0/0 0 2026-05-21 05:33:34 z -> b',
    ]);
  });

  test('leaves out what the globs name, and says what that was', async () => {
    const repo = sandbox.repository('repo', {
      'docs/a.md': '',
      'docs/b/c.md': '',
      'x.md': '',
      'src/x.md': '',
      'src/Y.MD': '',
      '.env.example': '',
      'src/.hid/d': '',
    });
    const { entries, excluded } = await build(repo, 'a.tar.gz', ['docs', '*.md', '**/.env*', 'src/**/d']);
    expect(excluded).toEqual(['.env.example', 'docs/a.md', 'docs/b/c.md', 'src/.hid/d', 'x.md']);
    expect(entries.entries.map(({ path }) => path)).toEqual(['src/Y.MD', 'src/x.md']);
  });
});

describe('no artifact is made', () => {
  test.each([
    '.env',
    '.env.production',
    'app/.ENV',
    'node_modules/x/y.js',
    'a/__pycache__/b.pyc',
    '.cache/z',
    'vendor/.git/config',
  ])('of a commit with %s', async (path) => {
    const repo = sandbox.repository('repo', { ok: '1' });
    // git itself refuses to add a .git folder, an attacker's tool does not.
    const blob = git(repo, 'hash-object', '-w', 'ok');
    const tree = nestedTree(repo, path.split('/'), blob);
    const commit = git(repo, 'commit-tree', '-m', 'm', tree);
    const file = join(sandbox.directory, 'a.tar.gz');
    await expect(buildTarball(repo, commit, file, { name: 'x' })).rejects.toMatchObject({
      code: 'forbidden-content',
      paths: [path],
    });
    expect(readdirSync(sandbox.directory)).toEqual(['repo']);
  });

  test.each([
    ['a link out of the tree', { 'a/link': '-> ../../etc/passwd' }, 'unsafe-path'],
    ['an absolute link', { link: '-> /etc/passwd' }, 'unsafe-path'],
    ['a backslash in a name', { 'a\\b': '1' }, 'unsafe-path'],
    ['a newline in a name', { 'a\nb': '1' }, 'unsafe-path'],
    ['names that differ in case', { Readme: '1', README: '2' }, 'path-collision'],
    ['no file', {}, 'empty'],
  ])('of a commit with %s', async (_, files, code) => {
    const repo = sandbox.repository('repo', files);
    await expect(build(repo, 'a.tar.gz')).rejects.toMatchObject({ code });
    expect(readdirSync(sandbox.directory)).toEqual(['repo']);
  });

  test('of a commit with a submodule', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    git(repo, 'update-index', '--add', '--cacheinfo', `160000,${git(repo, 'rev-parse', 'HEAD')},sub`);
    git(repo, 'commit', '--quiet', '-m', 'm');
    await expect(build(repo, 'a.tar.gz')).rejects.toMatchObject({
      code: 'unsupported-entry',
      paths: ['sub'],
    });
  });

  test('of a repository with a damaged object', async () => {
    const repo = sandbox.repository('repo', { a: '1', b: '2' });
    const blob = git(repo, 'rev-parse', 'HEAD:b');
    rmSync(join(repo, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    await expect(build(repo, 'a.tar.gz')).rejects.toMatchObject({ code: 'git-failed' });
    expect(readdirSync(sandbox.directory)).toEqual(['repo']);
  });

  test('with a name that its manifest could not hold', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    const file = join(sandbox.directory, 'a.tar.gz');
    await expect(buildTarball(repo, 'HEAD', file, { name: 'a b\n' })).rejects.toMatchObject({
      code: 'manifest-invalid',
    });
  });

  test('when the disk refuses', async () => {
    const repo = sandbox.repository('repo', { a: randomBytes(1 << 20) });
    await expect(build(repo, 'no/such/folder/a.tar.gz')).rejects.toMatchObject({
      code: 'unwritable',
      cause: { code: 'ENOENT' },
    });
  });
});

describe('a large artifact', () => {
  const large = () => {
    const repo = sandbox.repository('repo', { small: '1' });
    const handle = openSync(join(repo, 'large'), 'w');
    const block = Buffer.concat([randomBytes(1 << 16), Buffer.alloc(15 << 16)]);
    for (let megabyte = 0; megabyte < 64; megabyte++) writeSync(handle, block);
    closeSync(handle);
    git(repo, '-c', 'core.compression=0', 'add', 'large');
    git(repo, 'commit', '--quiet', '-m', 'large');
    return repo;
  };

  test('streams, and is whole', async () => {
    const repo = large();
    const { file, entries, sha256 } = await build(repo, 'a.tar.gz');
    const found = entries.entries.find(({ path }) => path === 'large');
    expect(found).toMatchObject({ bytes: 64 << 20, sha256: await sha256File(join(repo, 'large')) });
    expect(await sha256File(file)).toBe(sha256);
  });

  test('can be stopped, and leaves nothing behind', async () => {
    const repo = large();
    const stop = new AbortController();
    const file = join(sandbox.directory, 'a.tar.gz');
    const building = buildTarball(repo, 'HEAD', file, { name: 'x', signal: stop.signal });
    const started = () => readdirSync(sandbox.directory).some((name) => name.endsWith('.part'));
    await expect.poll(started, { interval: 5 }).toBe(true);
    stop.abort();
    await expect(building).rejects.toMatchObject({ code: 'aborted' });
    expect(existsSync(file)).toBe(false);
    expect(readdirSync(sandbox.directory)).toEqual(['repo']);
  });
});

function nestedTree(repo: string, [name = '', ...rest]: string[], blob: string): string {
  const [mode, type, id] =
    rest.length === 0 ? ['100644', 'blob', blob] : ['040000', 'tree', nestedTree(repo, rest, blob)];
  return execFileSync('git', ['mktree'], {
    cwd: repo,
    input: `${mode} ${type} ${id}\t${name}\n`,
    encoding: 'utf8',
  }).trim();
}
