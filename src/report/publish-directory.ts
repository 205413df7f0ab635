// Publishes into a folder of a knowledge base: `NAME.md` is current, `revisions/NAME.rN.md` keeps every revision.
import { randomUUID } from 'node:crypto';
import { access, constants, link, lstat, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '../evidence/sync-directory.ts';
import { documentDigest, withRevision } from './front-matter.ts';
import { PublishError, type PublishedDocument, type Publisher } from './publisher.ts';
import { archiveFolder, latestRevision, revisionFile, stemOf } from './revision-names.ts';
import { apartFromOthers, namedFolder } from './run-folder.ts';

/** More writers of one document than this at once do not happen; beyond it something else is wrong. */
const maxRaces = 20;

/** `folder` may hold `{run}`. It is made when it is missing; `root`, the knowledge base itself, is not: a missing one is a fault to be seen. */
export function createDirectoryPublisher({ root, folder }: { root: string; folder: string }): Publisher {
  return {
    async publish(documents, signal) {
      const named = namedFolder(folder, documents);
      let directory = join(root, named);
      const published: PublishedDocument[] = [];
      try {
        await readdir(root);
        await assertNoLink(root, named);
        const folderOfRun = apartFromOthers(named, documents, await currentDocuments(directory));
        directory = join(root, folderOfRun);
        const archive = await makeFolders(root, join(folderOfRun, archiveFolder));
        for (const document of documents) {
          signal?.throwIfAborted();
          const kept = await keep(archive, stemOf(document.name), document.markdown);
          await syncDirectory(archive);
          // Also when nothing changed: a crash between the two writes leaves the current file behind or missing.
          await makeCurrent(join(directory, document.name), withRevision(document.markdown, kept.revision));
          published.push({
            name: document.name,
            title: document.title,
            ...kept,
            digest: documentDigest(document.markdown),
            location: join(directory, document.name),
          });
        }
        await syncFolders(root, folderOfRun);
      } catch (cause) {
        if (cause instanceof PublishError || signal?.aborted) throw cause;
        throw new PublishError(
          'unwritable',
          `expected to write reports to ${directory}, got ${cause instanceof Error ? cause.message : String(cause)}; mend it and publish again`,
          { cause },
        );
      }
      return published;
    },

    async examine() {
      const can = (mode: number) =>
        access(root, mode).then(
          () => true,
          () => false,
        );
      const [readable, writable] = [await can(constants.R_OK | constants.X_OK), await can(constants.W_OK)];
      const what = readable ? 'not writable' : 'not readable';
      return {
        readable,
        writable,
        detail:
          readable && writable
            ? `${root}, readable and writable`
            : `${root}: ${what}; make the directory, or mend reports.publisher in the plan`,
      };
    },
  };
}

/** One by one from the top: `mkdir -p` would walk through a link, and what is published would stand outside of the knowledge base. */
async function makeFolders(root: string, folder: string): Promise<string> {
  let made = root;
  for (const part of partsOf(folder)) {
    made = join(made, part);
    await mkdir(made).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await assertFolder(made);
  }
  return made;
}

/** Also what an attempt before this one has written may not be on the disk yet. */
async function syncFolders(root: string, folder: string): Promise<void> {
  let at = root;
  await syncDirectory(at);
  for (const part of partsOf(folder)) {
    at = join(at, part);
    await syncDirectory(at);
  }
}

const partsOf = (folder: string) => folder.split('/').filter((part) => part !== '' && part !== '.');

/** What is there of the way already. */
async function assertNoLink(root: string, folder: string): Promise<void> {
  let at = root;
  for (const part of partsOf(folder)) {
    at = join(at, part);
    if (!(await assertFolder(at))) return;
  }
}

/** False where nothing is. Throws PublishError `unwritable` for a link, which may lead out of the knowledge base, and for a file. */
async function assertFolder(path: string): Promise<boolean> {
  const found = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (found === null || found.isDirectory()) return found !== null;
  const got = found.isSymbolicLink() ? 'a link, which may lead out of the knowledge base' : 'a file';
  throw new PublishError(
    'unwritable',
    `expected a folder at ${path}, got ${got}; remove it, or mend reports.path in the plan, and publish again`,
  );
}

/** What stands in a folder now, as text; none where there is no folder. */
export async function currentDocuments(directory: string): Promise<string[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(
    names.filter((name) => name.endsWith('.md')).map((name) => readFile(join(directory, name), 'utf8')),
  );
}

/** The revision that holds this content: the latest one, or a new one. A revision that exists is never written again. */
async function keep(
  archive: string,
  name: string,
  markdown: string,
): Promise<{ revision: number; changed: boolean }> {
  for (let race = 0; race < maxRaces; race += 1) {
    const latest = latestRevision(await readdir(archive), name);
    const kept = join(archive, revisionFile(name, latest));
    if (latest > 0 && (await readFile(kept, 'utf8')) === withRevision(markdown, latest))
      return { revision: latest, changed: false };
    const revision = latest + 1;
    if (await createWhole(join(archive, revisionFile(name, revision)), withRevision(markdown, revision)))
      return { revision, changed: true };
  }
  throw new PublishError(
    'contended',
    `expected to add a revision of ${name}, but another writer was faster ${maxRaces} times; publish again`,
  );
}

/** Creates a file with all of its content at once; false when it exists. */
async function createWhole(path: string, text: string): Promise<boolean> {
  const draft = await writeDraft(path, text);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

async function makeCurrent(path: string, text: string): Promise<void> {
  const current = await readFile(path, 'utf8').catch(() => null);
  if (current !== text) await rename(await writeDraft(path, text), path);
}

async function writeDraft(path: string, text: string): Promise<string> {
  const draft = `${path}.${randomUUID()}.part`;
  await using file = await open(draft, 'wx', 0o644);
  await file.writeFile(text);
  await file.sync();
  return draft;
}
