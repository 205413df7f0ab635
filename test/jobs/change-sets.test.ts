// What a change set can do (remove, keep and state modes) and what no survey lets pass, gate by gate on real repositories.
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { digestOf, sha256Hex } from '../../src/evidence/digest.ts';
import { commitMore, git, writeTree } from '../artifact/git-sandbox.ts';
import { type ChangeSetOptions, checkOf, openChangeSet, suite, whyNot } from '../fixtures/change-set-run.ts';

const sum = (content: string) => sha256Hex(content);

describe.concurrent('a change set that removes', () => {
  it('takes away exactly the named files, the last of a folder too, and a link; the branch follows', async () => {
    await using opened = await openChangeSet({
      baseline: { a: '1', 'old/only': 'gone', 'old2/x': 'x', 'old2/y': 'y', link: '-> a' },
      staged: { a: '2', 'new/file': 'n' },
      changeSet: { removed: { 'old/only': sum('gone'), 'old2/x': sum('x'), link: sum('a') } },
      // The suite runs in a tree that has what ships, and has not what does not.
      tests: {
        full: suite(
          'test ! -e old && test ! -e old2/x && test ! -L link && test -f old2/y && test "$(cat a)" = 2 || exit 1',
        ),
      },
    });
    const surveyed = await opened.run('survey');
    expect(checkOf(surveyed, 'removed')?.actual).toBe('3 equal');
    const built = await opened.runAll();
    expect(built.status, whyNot(built)).toBe('pass');
    expect(opened.manifest().map(({ path }) => path)).toEqual(['a', 'new/file', 'old2/y']);
    expect(git(opened.repository, 'ls-files')).toBe('a\nnew/file\nold2/y');
    expect(git(opened.repository, 'status', '--porcelain')).toBe('');
    expect(built.facts).toMatchObject({ filesChanged: 5 });
    expect(checkOf(built, 'ratified')?.actual).toBe('5 as ratified');
  });

  it.each<[string, Record<string, string>, string]>([
    ['other content', { gone: sum('other') }, `gone (${sum('gone')})`],
    ['what is not there', { never: sum('x') }, 'never (not there)'],
    ['a folder', { dir: sum('x') }, 'dir (not there)'],
  ])('is refused for %s, by name', async (_, removed, actual) => {
    await using opened = await openChangeSet({
      baseline: { a: '1', gone: 'gone', 'dir/x': 'x' },
      staged: { a: '2' },
      changeSet: { removed },
    });
    const surveyed = await opened.run('survey');
    expect(surveyed).toMatchObject({ status: 'fail', reason: { code: 'removed' } });
    expect(checkOf(surveyed, 'removed')?.actual).toContain(actual);
  });

  it('is blocked at reconcile when the file has changed since the baseline', async () => {
    await using opened = await openChangeSet({
      baseline: { a: '1', gone: 'gone' },
      staged: { a: '2' },
      changeSet: { removed: { gone: sum('gone') } },
    });
    const surveyed = await opened.run('survey');
    expect(surveyed.status).toBe('pass');
    // What is approved is another thing than the same files without the removal.
    expect(surveyed.facts['changeSetDigest']).not.toBe(digestOf([{ path: 'a', sha256: sum('2') }]));
    writeTree(opened.repository, { gone: 'changed' });
    commitMore(opened.repository);
    const reconciled = await opened.run('reconcile');
    expect(reconciled).toMatchObject({ status: 'blocked', reason: { code: 'baseline-equal' } });
    expect(reconciled.reason?.text).toContain('gone');
  });

  it('can consist of removals alone', async () => {
    await using opened = await openChangeSet({
      baseline: { a: '1', gone: 'gone' },
      staged: {},
      changeSet: { removed: { gone: sum('gone') } },
    });
    const built = await opened.runAll();
    expect(built.status, whyNot(built)).toBe('pass');
    expect(opened.manifest().map(({ path }) => path)).toEqual(['a']);
  });
});

describe.concurrent('the list as the reviewers left it', () => {
  const line = (path: string, content: string) => `${sum(content)}  ${path}\n`;
  it.each<[string, string, boolean]>([
    ['every file once', line('a', '2') + line('b', 'b'), true],
    ['one file twice in place of another', line('a', '2') + line('a', '2'), false],
    [
      'one more, in upper case',
      line('a', '2') + line('b', 'b') + line('c', 'c').replace(sum('c'), sum('c').toUpperCase()),
      false,
    ],
  ])('is compared whole: %s', async (_, list, same) => {
    await using opened = await openChangeSet({
      baseline: { a: '1' },
      staged: { a: '2', b: 'b' },
      changeSet: { ratifiedList: 'SHA256SUMS' },
    });
    writeTree(opened.staging, { SHA256SUMS: list });
    const surveyed = await opened.run('survey');
    expect(checkOf(surveyed, 'ratified-list')?.status).toBe(same ? 'pass' : 'fail');
  });
});

describe.concurrent('modes', () => {
  it('of files that are there stay, of new ones are the plan’s, whatever the staging directory and the repository say', async () => {
    await using opened = await openChangeSet({
      baseline: { 'bin/old': '#!/bin/sh\n', plain: '1' },
      staged: { 'bin/old': 'echo\n', plain: '#!2\n', 'bin/new': 'echo\n', 'bin/idle': '#!/bin/sh\n' },
      changeSet: { modes: { 'bin/new': '755' } },
      arrange: (repository) => git(repository, 'config', 'core.fileMode', 'false'),
      tests: {
        full: suite('test -x bin/old && test -x bin/new && test ! -x plain && test ! -x bin/idle || exit 1'),
      },
    });
    const built = await opened.runAll();
    expect(built.status, whyNot(built)).toBe('pass');
    expect(Object.fromEntries(opened.manifest().map(({ path, mode }) => [path, mode]))).toEqual({
      'bin/idle': '100644',
      'bin/new': '100755',
      'bin/old': '100755',
      plain: '100644',
    });
    const { facts } = await opened.run('survey');
    expect(facts['files']).toMatchObject([
      { path: 'bin/idle', mode: '100644', stagedMode: '100755' },
      { path: 'bin/new', mode: '100755', stagedMode: '100644' },
      { path: 'bin/old', mode: '100755', stagedMode: '100644' },
      { path: 'plain', mode: '100644', stagedMode: '100755' },
    ]);
  });

  it('that are stated for a file that is there already are refused, unless it has them', async () => {
    const options: ChangeSetOptions = {
      baseline: { a: '1', run: '#!1\n' },
      staged: { a: '2', run: '2' },
      changeSet: { modes: { a: '755', run: '755' } },
    };
    await using opened = await openChangeSet(options);
    const surveyed = await opened.run('survey');
    expect(surveyed).toMatchObject({ status: 'fail', reason: { code: 'modes' } });
    expect(checkOf(surveyed, 'modes')?.actual).toBe('not as stated: a (644 in the baseline, which it keeps)');
  });
});

describe.concurrent('what cannot ship as it is', () => {
  const pointer = 'version https://git-lfs.github.com/spec/v1\noid sha256:ab\nsize 12\n';

  it.each<[string, ChangeSetOptions['baseline'], string]>([
    ['a pointer of git-lfs', { 'model.bin': pointer }, 'model.bin is a pointer of git-lfs'],
    [
      'export-ignore',
      { 'sub/.gitattributes': 'docs export-ignore\n' },
      'sub/.gitattributes sets export-ignore',
    ],
    ['export-subst', { '.gitattributes': 'VERSION export-subst\n' }, '.gitattributes sets export-subst'],
  ])('%s in the baseline blocks the run at G0, by name', async (_, baseline, actual) => {
    await using opened = await openChangeSet({ baseline: { a: '1', ...baseline }, staged: { a: '2' } });
    const checked = await opened.run('precheck');
    expect(checked).toMatchObject({ status: 'blocked', reason: { code: 'shippable' } });
    expect(checkOf(checked, 'shippable')?.actual).toContain(actual);
  });

  it('is refused in the change set at G1, by name', async () => {
    await using opened = await openChangeSet({
      baseline: { a: '1' },
      staged: { 'model.bin': pointer, '.gitattributes': '* text\na export-ignore\n', sound: 'x' },
    });
    const surveyed = await opened.run('survey');
    expect(surveyed).toMatchObject({ status: 'fail', reason: { code: 'shippable' } });
    expect(checkOf(surveyed, 'shippable')?.actual).toBe(
      '.gitattributes sets export-ignore in line 2; model.bin is a pointer of git-lfs, not the content',
    );
  });

  it('does not hinder a baseline that is sound', async () => {
    await using opened = await openChangeSet({ baseline: { a: '1', link: '-> a' }, staged: { a: '2' } });
    const checked = await opened.run('precheck');
    expect(checked.status, whyNot(checked)).toBe('pass');
  });
});

describe.concurrent('a staging directory', () => {
  it.each<[string, ChangeSetOptions['staged'], (staging: string) => void, string]>([
    ['with a link in place of a file', { a: '2', b: '3' }, (at) => writeTree(at, { more: '-> b' }), 'more'],
    ['with a link to a folder', { a: '2' }, (at) => writeTree(at, { dir: '-> ../outside' }), 'dir'],
  ])('%s is refused by name', async (_, staged, arrange, name) => {
    await using opened = await openChangeSet({ baseline: { a: '1' }, staged });
    arrange(opened.staging);
    expect(await opened.run('survey')).toMatchObject({
      status: 'fail',
      reason: { code: 'not-a-file', text: expect.stringContaining(name) },
    });
  });

  it.each([
    ['.git/hooks/post-merge', 'leads into a .git directory'],
    ['sub/.GIT/config', 'leads into a .git directory'],
    ['A', 'differs from a in case or Unicode form only'],
    ['a/b', 'leads through the file a of the baseline'],
    ['-rf', 'begins with a dash'],
  ])('with %s is refused by name, and nothing is laid over', async (path, why) => {
    await using opened = await openChangeSet({ baseline: { a: '1' }, staged: { [path]: '#!x\n' } });
    const surveyed = await opened.run('survey');
    expect(surveyed.status).toBe('fail');
    expect(checkOf(surveyed, 'paths')?.actual).toContain(`${path} ${why}`);
    const reconciled = await opened.run('reconcile');
    expect(reconciled).toMatchObject({ status: 'fail', reason: { code: 'conflicts' } });
  });
});

it('is refused before anybody is asked when git’s own check would not take it into the repository', async () => {
  await using opened = await openChangeSet({
    baseline: { a: '1' },
    staged: { '.gitmodules': '[submodule "x"]\n\tpath = x\n\turl = ./x\n\tupdate = !touch y\n' },
  });
  expect((await opened.run('survey')).status).toBe('pass');
  const reconciled = await opened.run('reconcile');
  expect(reconciled).toMatchObject({ status: 'fail', reason: { code: 'unsound-objects' } });
  expect(reconciled.reason?.text).toContain('.gitmodules: ');
});

it('tells a mode by the owner’s x bit alone', async () => {
  await using opened = await openChangeSet({ baseline: { a: '1' }, staged: { b: '2' } });
  chmodSync(join(opened.staging, 'b'), 0o611);
  const { facts } = await opened.run('survey');
  // The digest of a plain change set is what it was before there were modes and removals.
  expect(facts['changeSetDigest']).toBe(digestOf([{ path: 'b', sha256: sum('2') }]));
  expect(facts['files']).toEqual([expect.not.objectContaining({ stagedMode: expect.anything() })]);
});
