// Where the documents of a run stand, at each kind of place: never among those of another.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '../../src/evidence/secret.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { runOf } from '../../src/report/front-matter.ts';
import { createDirectoryPublisher } from '../../src/report/publish-directory.ts';
import { createGitPublisher } from '../../src/report/publish-git.ts';
import { createHttpPublisher } from '../../src/report/publish-http.ts';
import type { Publisher } from '../../src/report/publisher.ts';
import { type HttpKnowledgeBase, startHttpKnowledgeBase } from '../fixtures/http-knowledge-base.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const shell = promisify(execFile);
const reason = { code: 'digests', text: 'a digest differs' };
const first = renderDocuments(stateAtSigning({ runId: 'o8b-retry-aaaaaa' }));
const again = renderDocuments(
  stateAtSigning({ runId: 'o8b-retry-bbbbbb', results: { survey: { status: 'fail', reason } } }),
);

let directory: string;
let base: HttpKnowledgeBase;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-folders-'));
  base = await startHttpKnowledgeBase();
});
afterAll(async () => {
  await base.close();
  await rm(directory, { recursive: true, force: true });
});

interface Place {
  readonly open: (folder: string) => Promise<Publisher>;
  /** Current documents by folder. */
  readonly read: (folder: string) => Promise<string[]>;
}

const root = () => join(directory, 'kb');
const repository = () => join(directory, 'kb.git');
const places: Record<string, Place> = {
  'a directory': {
    open: async (folder) => {
      await mkdir(root(), { recursive: true });
      return createDirectoryPublisher({ root: root(), folder });
    },
    async read(folder) {
      const names = await readdir(join(root(), folder)).catch(() => []);
      return Promise.all(
        names
          .filter((name) => name.endsWith('.md'))
          .map((name) => readFile(join(root(), folder, name), 'utf8')),
      );
    },
  },
  'a git repository': {
    open: async (folder) => {
      await shell('git', ['init', '--quiet', '--bare', repository()]);
      return createGitPublisher({
        repository: repository(),
        branch: 'kb',
        folder,
        workDirectory: join(directory, 'work'),
      });
    },
    async read(folder) {
      const git = async (...args: string[]) => (await shell('git', ['-C', repository(), ...args])).stdout;
      const names = await git('ls-tree', '--name-only', 'kb', `${folder}/`);
      return Promise.all(
        names
          .split('\n')
          .filter((name) => name.endsWith('.md'))
          .map((name) => git('show', `kb:${name}`)),
      );
    },
  },
  'a server': {
    open: async (folder) =>
      createHttpPublisher({ url: base.url, folder, token: { name: 'KB', secret: new Secret(base.token) } }),
    read: async (folder) =>
      [...base.files]
        .filter(([path]) => new RegExp(`^/kb/${folder}/[^/]+$`).test(path))
        .map(([, text]) => text),
  },
};

describe.each(Object.entries(places))('in %s', (_, { open, read }) => {
  const runsIn = async (folder: string) => [...new Set((await read(folder)).map(runOf))];

  it('each run has the folder that its plan names for it', async () => {
    const publisher = await open('team/{run}');
    for (const documents of [first, again]) await publisher.publish(documents);
    expect(await runsIn('team/o8b-retry-aaaaaa')).toEqual(['o8b-retry-aaaaaa']);
    expect(await runsIn('team/o8b-retry-bbbbbb')).toEqual(['o8b-retry-bbbbbb']);
    expect(await publisher.examine()).toMatchObject({ readable: true, writable: true });
  });

  it('a second run goes into a folder below, and each finds its own again', async () => {
    const publisher = await open('shared/reports');
    await publisher.publish(first);
    const published = await publisher.publish(again);
    expect(
      published.every(({ location, revision }) => location.includes('/o8b-retry-bbbbbb/') && revision === 1),
    ).toBe(true);
    for (const documents of [first, again])
      expect((await publisher.publish(documents)).every(({ changed }) => !changed)).toBe(true);
    expect(await runsIn('shared/reports')).toEqual(['o8b-retry-aaaaaa']);
    expect(await read('shared/reports')).toHaveLength(first.length);
    expect(await runsIn('shared/reports/o8b-retry-bbbbbb')).toEqual(['o8b-retry-bbbbbb']);
  });
});

it('a page that is none of a run is in nobody’s way', async () => {
  await mkdir(join(root(), 'pages'), { recursive: true });
  await writeFile(join(root(), 'pages', 'README.md'), '# Reports\n\nrun: "somebody"\n');
  const publisher = createDirectoryPublisher({ root: root(), folder: 'pages' });
  const [published] = await publisher.publish(first);
  expect(published?.location).toBe(join(root(), 'pages', '01-precheck.md'));
});
