// What was ratified is what ships: from the survey to the manifest, on real repositories whose own settings would have it
// otherwise.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dirtyPaths } from '../../src/artifact/git.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { json } from '../../src/plan/schema-scalars.ts';
import { requireFacts } from '../../src/run/facts.ts';
import { commitMore, git, writeTree } from '../artifact/git-sandbox.ts';
import { checkOf, openChangeSet, suite, whyNot } from '../fixtures/change-set-run.ts';
import { treeContents } from '../fixtures/tree-contents.ts';

describe.concurrent('a link of the baseline', () => {
  it.each<[string, string, (outside: string) => string, string]>([
    ['in place of a file', 'cfg', (outside) => join(outside, 'secret'), 'cfg'],
    ['on the way', 'public/storage', (outside) => outside, 'public/storage/secret'],
    ['within the tree', 'public/storage', () => '../kept', 'public/storage/secret'],
    ['that leads nowhere', 'cfg', (outside) => join(outside, 'new'), 'cfg'],
  ])(
    '%s: the survey refuses the path by name, and no gate writes through it',
    async (_, link, target, path) => {
      await using opened = await openChangeSet({
        baseline: { a: '1', 'kept/secret': 'mine' },
        staged: { [path]: 'theirs' },
        arrange: (repository) => {
          writeTree(repository, { [link]: `-> ${target(join(repository, '../outside'))}` });
          commitMore(repository);
        },
      });
      const surveyed = await opened.run('survey');
      expect(surveyed.status).toBe('fail');
      expect(checkOf(surveyed, 'paths')?.actual).toContain(path);
      expect(checkOf(surveyed, 'paths')?.actual).toContain(link);
      for (const kind of ['reconcile', 'test', 'artifact'] as const)
        expect((await opened.run(kind)).status).toBe(kind === 'reconcile' ? 'fail' : 'inconclusive');
      expect(await treeContents(opened.outside)).toEqual({
        secret: expect.stringContaining(sha256Hex('mine')),
      });
    },
  );
});

it('attributes and settings of the repository change no byte of what was ratified', async () => {
  const files: [attributes: string, content: string | Buffer][] = [
    ['text=auto', 'a\r\nb\r\n'],
    ['text', 'a\r\nb\n'],
    ['text eol=crlf', 'a\r\nb\n'],
    ['crlf=input', 'a\r\n'],
    ['ident', '$Id: mine $\n'],
    ['working-tree-encoding=UTF-7', 'a +ADw- b\n'],
    ['text working-tree-encoding=UTF-16', Buffer.from('\ufeffab\r\n', 'utf16le')],
    ['filter=shout', 'quiet\n'],
    ['-text', '$Id: mine $\r\nquiet\n'],
  ];
  const staged = Object.fromEntries(files.map(([, content], at) => [`f${at}`, content]));
  await using opened = await openChangeSet({
    baseline: {
      '.gitattributes': files.map(([attributes], at) => `f${at} ${attributes}\n`).join(''),
      a: '1',
    },
    staged,
    arrange: (repository) => {
      git(repository, 'config', 'core.autocrlf', 'true');
      git(repository, 'config', 'core.eol', 'crlf');
      git(repository, 'config', 'core.safecrlf', 'true');
      git(repository, 'config', 'core.fileMode', 'false');
      git(repository, 'config', 'core.symlinks', 'false');
      git(repository, 'config', 'core.ignoreCase', 'true');
      git(repository, 'config', 'filter.shout.clean', 'tr a-z A-Z');
      git(repository, 'config', 'filter.shout.smudge', 'tr a-z A-Z');
      // These are in no commit, and win over those that are.
      mkdirSync(join(repository, '.git/info'), { recursive: true });
      const inGitDirectory = 'f8 text eol=crlf ident filter=shout\nf* export-ignore\n';
      writeFileSync(join(repository, '.git/info/attributes'), inGitDirectory);
    },
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  for (const [path, content] of Object.entries(staged)) {
    const sha256 = sha256Hex(Buffer.from(content));
    expect(opened.manifest().find((each) => each.path === path)?.sha256, path).toBe(sha256);
    expect(sha256Hex(readFileSync(join(opened.repository, path))), path).toBe(sha256);
  }
  expect(checkOf(built, 'ratified')?.actual).toBe('9 as ratified');
});

it('hides nothing from the scan behind an encoding: what is scanned is what would ship', async () => {
  // As UTF-7 decodes it, which git add did, this reads PIN_ and a key.
  await using opened = await openChangeSet({
    baseline: { '.gitattributes': 'x.txt working-tree-encoding=UTF-7\n', a: '1' },
    staged: { 'x.txt': '+AFAASQBOAF8-1234\n' },
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  const shipped = git(opened.repository, 'cat-file', 'blob', 'main:x.txt');
  expect(shipped).toBe('+AFAASQBOAF8-1234');
  expect(shipped).not.toContain('PIN_');
});

it('tests a checkout of the very bytes, with links and folders as they are committed', async () => {
  const look =
    'test "$(wc -c < crlf.txt)" = 3 && test "$(readlink link)" = a && grep -q "^.Id: mine" id.txt || exit 1';
  await using opened = await openChangeSet({
    baseline: { '.gitattributes': '*.txt text eol=crlf ident\n', a: '1', link: '-> a', 'deep/er/x': 'x' },
    staged: { 'crlf.txt': 'a\nb', 'id.txt': '$Id: mine $\n' },
    tests: { full: suite(look) },
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
});

it('leaves the branch’s files byte for byte as committed, and a user’s own conversions count for no change', async () => {
  await using opened = await openChangeSet({
    baseline: { '.gitattributes': '* text eol=crlf ident\n', 'a.txt': '1\n', 'b.txt': '$Id$\n' },
    staged: { 'a.txt': '$Id: mine $\n2\n' },
    arrange: (repository) => {
      // As a fresh clone has them: with CRLF, and with the id written out.
      git(repository, 'rm', '-rq', '--cached', '.');
      git(repository, 'reset', '--quiet', '--hard');
    },
  });
  expect(readFileSync(join(opened.repository, 'b.txt'), 'utf8')).toContain('$Id: ');
  const checked = await opened.run('precheck');
  expect(checked.status, whyNot(checked)).toBe('pass');
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  expect(readFileSync(join(opened.repository, 'a.txt'), 'utf8')).toBe('$Id: mine $\n2\n');
  writeFileSync(join(opened.repository, 'b.txt'), 'edited\n');
  expect(await dirtyPaths(opened.repository)).toEqual(['b.txt']);
});

it('moves a branch in a sparse checkout, which stays as sparse as it is', async () => {
  await using opened = await openChangeSet({
    baseline: { 'in/x': '1', 'out/y': '1' },
    staged: { 'in/x': '2', 'out/y': '2' },
    arrange: (repository) => git(repository, 'sparse-checkout', 'set', 'in'),
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  expect(git(opened.repository, 'status', '--porcelain')).toBe('');
  expect(readFileSync(join(opened.repository, 'in/x'), 'utf8')).toBe('2');
  expect(existsSync(join(opened.repository, 'out/y'))).toBe(false);
});

it.each([
  ['--assume-unchanged', 'a'],
  ['--assume-unchanged', 'kept'],
  ['--skip-worktree', 'kept'],
])('is blocked at G0 by a change that git was told not to see: %s of %s', async (flag, path) => {
  await using opened = await openChangeSet({
    baseline: { a: '1', kept: 'k' },
    staged: { a: '2' },
    arrange: (repository) => {
      git(repository, 'update-index', flag, path);
    },
  });
  expect(await dirtyPaths(opened.repository)).toEqual([]);
  writeFileSync(join(opened.repository, path), 'mine');
  expect(await dirtyPaths(opened.repository)).toEqual([path]);
  expect(await opened.run('precheck')).toMatchObject({ status: 'blocked', reason: { code: 'clean' } });
});

it('is blocked at G0 by the lock file of a git command that has died, which is named with what to do', async () => {
  await using opened = await openChangeSet({ baseline: { a: '1' }, staged: { a: '2' } });
  const lock = join(opened.repository, '.git/index.lock');
  writeFileSync(lock, '');
  const checked = await opened.run('precheck');
  expect(checked).toMatchObject({ status: 'blocked', reason: { code: 'unlocked' } });
  expect(checked.reason?.text).toContain(
    `${lock}: a git command is at work in this repository, or one has died`,
  );
  rmSync(lock);
  expect((await opened.run('precheck')).status).toBe('pass');
});

it('obeys no replacement of git’s: the baseline is the commit that the plan names', async () => {
  await using opened = await openChangeSet({
    baseline: { a: '1', b: 'kept' },
    staged: { a: '2' },
    changeSet: { modified: 1, added: 0 },
    arrange: (repository) => {
      const blob = git(repository, 'rev-parse', 'HEAD:b');
      writeTree(repository, { other: 'replaced' });
      git(repository, 'replace', blob, git(repository, 'hash-object', '-w', 'other'));
      const head = git(repository, 'rev-parse', 'HEAD');
      const empty = git(repository, 'hash-object', '-t', 'tree', '-w', '/dev/null');
      git(repository, 'replace', head, git(repository, 'commit-tree', '-m', 'x', empty));
      rmSync(join(repository, 'other'));
    },
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  expect(opened.manifest().map(({ path, sha256 }) => [path, sha256])).toEqual([
    ['a', sha256Hex('2')],
    ['b', sha256Hex('kept')],
  ]);
});

it('ships a new file that the repository ignores', async () => {
  await using opened = await openChangeSet({
    baseline: { '.gitignore': 'dist/\n', a: '1' },
    staged: { 'dist/app.js': 'x' },
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  expect(opened.manifest().map(({ path }) => path)).toContain('dist/app.js');
});

it('holds what the artifact leaves out against the commit, and says so', async () => {
  await using opened = await openChangeSet({
    baseline: { a: '1' },
    staged: { a: '2', 'docs/x.md': 'x' },
    plan: { artifact: { name: 'app-{commit}', exclude: ['docs'] } },
  });
  const built = await opened.runAll();
  expect(built.status, whyNot(built)).toBe('pass');
  expect(checkOf(built, 'ratified')?.actual).toBe('2 as ratified, of which `exclude` leaves out docs/x.md');
});

it('builds nothing on a survey that says otherwise than the plan: the manifest is held against the ratified list', async () => {
  await using opened = await openChangeSet({
    baseline: { a: '1', run: '#!1' },
    staged: { a: 'ratified', run: 'r' },
  });
  await opened.run('survey');
  const { digest } = await opened.blobs.put('swapped');
  const { files, ...others } = requireFacts('survey', opened.facts['survey']);
  const lies = files.map((file) =>
    file.path === 'a' ? { ...file, sha256: digest.slice('sha256:'.length) } : file,
  );
  opened.facts['survey'] = json.parse({ ...others, files: lies });
  for (const kind of ['reconcile', 'test'] as const) expect((await opened.run(kind)).status).toBe('pass');
  const built = await opened.run('artifact');
  expect(built).toMatchObject({ status: 'fail', reason: { code: 'ratified' }, mutations: [] });
  expect(checkOf(built, 'ratified')?.actual).toBe('not as ratified: a');
  expect(git(opened.repository, 'rev-parse', 'main')).toBe(opened.plan.source?.baseline);
});

describe.concurrent('bytes that were surveyed', () => {
  it('ship, whatever the staging directory holds by then', async () => {
    await using opened = await openChangeSet({ baseline: { a: '1' }, staged: { a: 'ratified', b: 'new' } });
    expect((await opened.run('survey')).status).toBe('pass');
    rmSync(opened.staging, { recursive: true });
    writeTree(opened.staging, { a: 'swapped', c: '-> /etc/passwd' });
    for (const kind of ['reconcile', 'test'] as const) expect((await opened.run(kind)).status).toBe('pass');
    rmSync(opened.staging, { recursive: true });
    const built = await opened.run('artifact');
    expect(built.status, whyNot(built)).toBe('pass');
    expect(opened.manifest().map(({ sha256 }) => sha256)).toEqual([sha256Hex('ratified'), sha256Hex('new')]);
  });

  it.each([
    ['gone', (file: string) => rmSync(file), 'got none'],
    ['altered', (file: string) => writeFileSync(file, 'other'), 'got others'],
  ])(
    'and are %s from the store block each later gate, by name, before the branch moves',
    async (_, spoil, says) => {
      await using opened = await openChangeSet({ baseline: { a: '1' }, staged: { a: 'ratified', b: 'new' } });
      for (const kind of ['survey', 'reconcile', 'test'] as const) await opened.run(kind);
      spoil(opened.blobs.path(`sha256:${sha256Hex('new')}`));
      for (const kind of ['artifact', 'test', 'reconcile'] as const) {
        const stopped = await opened.run(kind);
        expect(stopped).toMatchObject({ status: 'blocked', reason: { code: 'change-set-not-here' } });
        expect(stopped.reason?.text).toContain(`the surveyed bytes of b (sha256:${sha256Hex('new')})`);
        expect(stopped.reason?.text).toContain(says);
      }
      expect(git(opened.repository, 'rev-parse', 'main')).toBe(opened.plan.source?.baseline);
    },
  );

  it('are not kept when a secret is among them', async () => {
    const key = `-----BEGIN PRIVATE KEY-----\n${'QUJD'.repeat(60)}\n-----END PRIVATE KEY-----\n`;
    await using opened = await openChangeSet({ baseline: { a: '1' }, staged: { a: 'ratified', key } });
    expect(await opened.run('survey')).toMatchObject({ status: 'fail', reason: { code: 'secrets' } });
    for (const content of ['ratified', key])
      expect(await opened.blobs.has(`sha256:${sha256Hex(content)}`)).toBe(false);
  });

  it('are not kept when they were not ratified', async () => {
    await using opened = await openChangeSet({
      baseline: { a: '1' },
      staged: { a: 'ratified' },
      changeSet: { files: { a: sha256Hex('something else') } },
    });
    expect((await opened.run('survey')).status).toBe('fail');
    expect(await opened.blobs.has(`sha256:${sha256Hex('ratified')}`)).toBe(false);
  });
});

describe.concurrent('a test of the payload', () => {
  it('that leaves links and files behind in its copies gets nothing of them into the commit, or written elsewhere', async () => {
    const mischief =
      'ln -s "$PWD/../../../outside" ../artifact; ln -sf "$PWD/../../../outside/secret" a; echo x > more; echo "* text" > .gitattributes';
    await using opened = await openChangeSet({
      baseline: { a: '1\r\n', b: '1' },
      staged: { a: '2\r\n' },
      tests: { full: suite(mischief) },
    });
    const built = await opened.runAll();
    expect(built.status, whyNot(built)).toBe('pass');
    expect(opened.manifest().map(({ path, sha256 }) => [path, sha256])).toEqual([
      ['a', sha256Hex('2\r\n')],
      ['b', sha256Hex('1')],
    ]);
    expect(await treeContents(opened.outside)).toEqual({
      secret: expect.stringContaining(sha256Hex('mine')),
    });
  });

  it('that puts a link in place of the run’s own directory blocks the next gate', async () => {
    const mischief = 'cd ../..; mv r1 moved; ln -s ../outside r1; mkdir ../outside/artifact; cd moved/test';
    await using opened = await openChangeSet({
      baseline: { a: '1' },
      staged: { a: '2' },
      tests: { full: suite(mischief) },
    });
    expect(await opened.runAll()).toMatchObject({ status: 'blocked', reason: { code: 'workspace' } });
    expect(Object.keys(await treeContents(opened.outside))).toEqual(['artifact', 'secret']);
  });
});
