// What was ratified is what ships: from the survey to the manifest, on real repositories whose own settings would have it
// otherwise.
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { commitMore, git, writeTree } from '../artifact/git-sandbox.ts';
import { checkOf, openChangeSet, whyNot } from '../fixtures/change-set-run.ts';
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

describe.concurrent('attributes and settings of the repository', () => {
  it.each<[string, string, string | Buffer]>([
    ['text=auto', '* text=auto\n', 'a\r\nb\r\n'],
    ['text', '* text\n', 'a\r\nb\n'],
    ['eol=crlf', '* text eol=crlf\n', 'a\r\nb\n'],
    ['ident', '* ident\n', '$Id: mine $\n'],
    ['working-tree-encoding=UTF-7', 'x.txt working-tree-encoding=UTF-7\n', 'a +ADw- b\n'],
    [
      'working-tree-encoding=UTF-16',
      'x.txt working-tree-encoding=UTF-16\n',
      Buffer.from('\ufeffab\n', 'utf16le'),
    ],
    ['filter', '* filter=shout\n', 'quiet\n'],
  ])('%s changes no byte of what was ratified', async (_, attributes, content) => {
    await using opened = await openChangeSet({
      baseline: { '.gitattributes': attributes, a: '1' },
      staged: { 'x.txt': content },
      arrange: (repository) => {
        git(repository, 'config', 'core.autocrlf', 'true');
        git(repository, 'config', 'core.fileMode', 'false');
        git(repository, 'config', 'filter.shout.clean', 'tr a-z A-Z');
        git(repository, 'config', 'filter.shout.smudge', 'tr a-z A-Z');
      },
    });
    const built = await opened.runAll();
    expect(built.status, whyNot(built)).toBe('pass');
    const [entry] = opened.manifest().filter(({ path }) => path === 'x.txt');
    expect(entry?.sha256).toBe(sha256Hex(Buffer.from(content)));
    expect(checkOf(built, 'ratified')?.status).toBe('pass');
  });
});
