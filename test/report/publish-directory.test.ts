import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderDocuments } from '../../src/report/documents.ts';
import { documentDigest } from '../../src/report/front-matter.ts';
import { createDirectoryPublisher } from '../../src/report/publish-directory.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const documents = renderDocuments(stateAtSigning());
const changed = documents.map((each) =>
  each.name === '09-final.md' ? { ...each, markdown: each.markdown.replace('Rita', 'Rosa') } : each,
);

let root = '';
let outside = '';
const folder = 'iu-cutter/o8b';
const publisher = () => createDirectoryPublisher({ root, folder });
const current = (name: string) => readFile(join(root, folder, name), 'utf8');

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'interlock-kb-'));
  outside = await mkdtemp(join(tmpdir(), 'interlock-outside-'));
});

afterEach(async () => {
  for (const each of [root, outside, `${root}-link`]) await rm(each, { recursive: true, force: true });
});

async function snapshot(): Promise<string[]> {
  const files = await readdir(root, { recursive: true, withFileTypes: true });
  return Promise.all(
    files
      .filter((file) => file.isFile())
      .map(
        async ({ parentPath, name }) =>
          `${parentPath}/${name}: ${await readFile(join(parentPath, name), 'utf8')}`,
      ),
  );
}

describe('publishing to a directory', () => {
  it('makes revision 1 of every document', async () => {
    const published = await publisher().publish(documents);
    expect(published.map(({ revision, changed: made }) => [revision, made])).toEqual(
      documents.map(() => [1, true]),
    );
    for (const { name, digest } of published) {
      expect(await current(name)).toContain('\nrevision: 1\n');
      expect(documentDigest(await current(name))).toBe(digest);
    }
  });

  it('changes nothing when the content is the same', async () => {
    await publisher().publish(documents);
    const before = await snapshot();
    const again = await publisher().publish(documents);
    expect(await snapshot()).toEqual(before);
    expect(again.every(({ revision, changed: made }) => revision === 1 && !made)).toBe(true);
  });

  it('makes revision 2 of changed content only, and keeps revision 1', async () => {
    await publisher().publish(documents);
    const first = await current('09-final.md');
    const published = await publisher().publish(changed);
    expect(published.map(({ name, revision }) => [name, revision])).toEqual(
      documents.map(({ name }) => [name, name === '09-final.md' ? 2 : 1]),
    );
    expect(await current('09-final.md')).toContain('Rosa');
    expect(await readFile(join(root, folder, 'revisions', '09-final.r1.md'), 'utf8')).toBe(first);
    expect(await readFile(join(root, folder, 'revisions', '09-final.r2.md'), 'utf8')).toBe(
      await current('09-final.md'),
    );
  });

  it('restores a current file that a crash left behind its revision', async () => {
    await publisher().publish(documents);
    await rm(join(root, folder, '09-final.md'));
    await publisher().publish(documents);
    expect(await current('09-final.md')).toContain('\nrevision: 1\n');
  });

  it('gives each of many writers at once a revision of its own, and leaves no draft', async () => {
    const variants = Array.from({ length: 6 }, (_, index) => [
      { name: '09-final.md', title: 'final', markdown: `---\nrevision: 0\n---\n\n${index}\n` },
    ]);
    const published = await Promise.all(variants.map((each) => publisher().publish(each)));
    expect(published.map(([document]) => document?.revision).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(
      (await readdir(join(root, folder), { recursive: true })).filter((name) => name.endsWith('.part')),
    ).toEqual([]);
  });

  it('refuses a name that leads out of the folder', async () => {
    const document = { name: '../../x.md', title: 'x', markdown: 'x' };
    await expect(publisher().publish([document])).rejects.toMatchObject({
      name: 'PublishError',
      code: 'bad-name',
    });
  });

  it.each(['iu-cutter', 'iu-cutter/o8b', 'iu-cutter/o8b/revisions'])(
    'writes nothing through a link that stands at %s',
    async (path) => {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await symlink(outside, join(root, path));
      await expect(publisher().publish(documents)).rejects.toMatchObject({
        code: 'unwritable',
        message: expect.stringContaining(`${join(root, path)}, got a link`),
      });
      expect(await readdir(outside)).toEqual([]);
    },
  );

  it('replaces a link in place of a document, and leaves alone what it leads to', async () => {
    await publisher().publish(documents);
    const mine = join(root, 'mine');
    await writeFile(mine, 'mine');
    await rm(join(root, folder, '09-final.md'));
    await symlink(mine, join(root, folder, '09-final.md'));
    await publisher().publish(documents);
    expect(await readFile(mine, 'utf8')).toBe('mine');
    expect((await lstat(join(root, folder, '09-final.md'))).isFile()).toBe(true);
  });

  it('publishes into a knowledge base that is itself named by a link', async () => {
    const link = `${root}-link`;
    await symlink(root, link);
    const published = await createDirectoryPublisher({ root: link, folder: '.' }).publish(documents);
    expect(published).toHaveLength(documents.length);
  });

  it('says so when the knowledge base is missing or cannot be written', async () => {
    await expect(
      createDirectoryPublisher({ root: join(root, 'gone'), folder }).publish(documents),
    ).rejects.toMatchObject({ code: 'unwritable' });
    await writeFile(join(root, 'file'), '');
    await expect(
      createDirectoryPublisher({ root: join(root, 'file'), folder }).publish(documents),
    ).rejects.toMatchObject({ code: 'unwritable' });
  });
});
