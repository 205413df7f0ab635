// What lies in a published report's folder: documents and their revisions, each by what a signature can cover of it.
import { isUtf8 } from 'node:buffer';
import type { Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256Hex } from '../evidence/digest.ts';
import { documentDigest, revisionSaid, withRevision } from '../report/front-matter.ts';
import { archiveFolder } from '../report/revision-names.ts';

export interface FoundDocument {
  readonly path: string;
  /** Name of the document; of a kept revision, that of the document that it is one of, or null where it is not called so. */
  readonly name: string | null;
  /** Of it as revision 0, which is what is signed; null for what can be no document. */
  readonly digest: string | null;
  /** What lies there, for a person: the digest of the bytes and the revision that they say they are, or why it cannot be read. */
  readonly is: string;
}

export interface FoundReport {
  readonly current: readonly FoundDocument[];
  readonly archived: readonly FoundDocument[];
  /** Paths of what is no document. Folders may be those of other runs. */
  readonly others: readonly string[];
}

/** In a directory that is not there, nothing is found. */
export async function readReport(directory: string): Promise<FoundReport> {
  const archive = join(directory, archiveFolder);
  const beside = (await listing(directory)) ?? [];
  const kept = await listing(archive);
  const isOther = (entry: Dirent) => !isDocument(entry) && !(kept && entry.name === archiveFolder);
  return {
    current: await Promise.all(
      beside.filter(isDocument).map(({ name }) => readDocument(join(directory, name), name, null)),
    ),
    archived: await Promise.all(
      (kept ?? []).filter(isDocument).map(({ name }) => readRevision(archive, name)),
    ),
    others: [
      ...beside.filter(isOther).map(({ name }) => join(directory, name)),
      ...(kept ?? []).filter((entry) => !isDocument(entry)).map(({ name }) => join(archive, name)),
    ],
  };
}

function readRevision(archive: string, file: string): Promise<FoundDocument> {
  const [, stem, revision] = /^(.+)\.r([1-9]\d{0,8})\.md$/.exec(file) ?? [];
  return readDocument(join(archive, file), stem === undefined ? null : `${stem}.md`, Number(revision));
}

/** With `revision`, the number in its name: the head says the same, or 0 for what was not published. */
async function readDocument(
  path: string,
  name: string | null,
  revision: number | null,
): Promise<FoundDocument> {
  const found = await stat(path).catch(unlessAbsent);
  if (!found?.isFile()) return { path, name, digest: null, is: `a link to ${found ? 'no file' : 'nothing'}` };
  const bytes = await readFile(path);
  const text = bytes.toString('utf8');
  const said = revisionSaid(text);
  const says = said ?? 0;
  const is = `sha256:${sha256Hex(bytes)}, ${said === null ? 'which has no line that says its revision' : `which says revision ${said}`}`;
  // Bytes that are not UTF-8 are all read as one character, and 007 is read as 7: of one digest there would be several files.
  if (!isUtf8(bytes) || withRevision(text, says) !== text)
    return { path, name, digest: null, is: `${is}, in no canonical spelling` };
  if (name === null || (revision !== null && says !== 0 && says !== revision))
    return { path, name: null, digest: documentDigest(text), is: `${is}, under another name` };
  return { path, name, digest: documentDigest(text), is };
}

/** A link is read as what it leads to: its bytes are judged, wherever they are. */
function isDocument(entry: Dirent): boolean {
  return entry.name.endsWith('.md') && (entry.isFile() || entry.isSymbolicLink());
}

/** Null for what is no directory. */
async function listing(directory: string): Promise<Dirent[] | null> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(unlessAbsent);
  return entries?.sort((a, b) => (a.name < b.name ? -1 : 1)) ?? null;
}

function unlessAbsent(error: unknown): null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return null;
  throw error;
}
