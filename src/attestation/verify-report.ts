// The published report against what was signed of it: every document that was promised is there, and nothing else is shown as current.
import type { Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { documentDigest, withRevision } from '../report/front-matter.ts';
import { archiveFolder } from '../report/revision-names.ts';
import { AttestationError } from './attestation-error.ts';

/** A document that a verified statement names, by the digest of it as revision 0. */
export interface PromisedDocument {
  readonly name: string;
  readonly digest: string;
  /** Which statement names it: null for the bundle, else the number of a ruling. */
  readonly ruling: number | null;
}

interface Found {
  readonly path: string;
  readonly name: string;
  readonly digest: string;
}

/**
 * Claims for each document. People read the current ones, so each of them must be signed: a genuine revision beside it is no
 * excuse, also where the current one is gone. With `superseded` a later run may have published there since; then it is said which
 * current ones nothing vouches for, as it always is of other files there and of revisions.
 * Throws AttestationError `report-missing`, `report-mismatch`, `report-unsigned`.
 */
export async function verifyReport(
  promised: readonly PromisedDocument[],
  directory: string,
  { superseded = false }: { readonly superseded?: boolean } = {},
): Promise<{ claims: string[]; notes: string[] }> {
  const current = await readDocuments(directory);
  const archived = await readDocuments(join(directory, archiveFolder));
  const claims = promised.map((each) => findPromised(each, current, archived, directory));
  const isSigned = ({ digest }: Found) => promised.some((each) => each.digest === digest);
  const beside = [
    ...archived.filter((each) => !isSigned(each)).map(({ path }) => path),
    ...(await othersIn(directory)),
  ].map((path) => `not signed by this run, and not verified: ${path}`);
  const unsigned = current.filter(
    ({ name, digest }) => !promised.some((each) => each.name === name && each.digest === digest),
  );
  if (superseded) {
    const notes = unsigned.map(({ path }) => `not of this run, and not verified: the document ${path}`);
    return { claims, notes: [...notes, ...beside] };
  }
  const gone = promised.find(({ name }) => !current.some((each) => each.name === name));
  if (gone)
    throw new AttestationError(
      'report-missing',
      `expected the document ${gone.name} in ${directory}, got it among the earlier revisions only; it was removed there, or a later run has published there (--superseded)`,
    );
  const [first] = unsigned;
  if (!first) return { claims, notes: beside };
  const isPromised = promised.some(({ name }) => name === first.name);
  throw new AttestationError(
    isPromised ? 'report-mismatch' : 'report-unsigned',
    `expected ${isPromised ? 'the current document as it was signed' : 'only documents that were signed'}, got ${first.path} with ${first.digest}; it was altered or added, it has a ruling whose statement was not given (--ruling), or a later run has published there (--superseded)`,
  );
}

/** The text of a document with this digest, current or among the revisions, as revision 0; null when there is none. */
export async function findSigned(directory: string, name: string, digest: string): Promise<string | null> {
  const places = [
    ...(await readDocuments(directory)),
    ...(await readDocuments(join(directory, archiveFolder))),
  ];
  const found = places.find(
    (each) => each.digest === digest && each.name.startsWith(name.replace(/\.md$/, '')),
  );
  return found ? withRevision(await readFile(found.path, 'utf8'), 0) : null;
}

function findPromised(
  { name, digest, ruling }: PromisedDocument,
  current: readonly Found[],
  archived: readonly Found[],
  directory: string,
): string {
  const of = ruling === null ? '' : `of ruling ${ruling}, `;
  const now = current.find((each) => each.name === name);
  if (now?.digest === digest) return `${of}the document ${name} is as signed: ${digest}`;
  const revisions = archived.filter((each) => each.name.startsWith(`${name.replace(/\.md$/, '')}.r`));
  const earlier = revisions.find((each) => each.digest === digest);
  if (earlier)
    return `${of}the document ${name} is as signed: ${digest} (an earlier revision, ${earlier.path})`;
  if (!now && revisions.length === 0)
    throw new AttestationError(
      'report-missing',
      `expected the document ${name} in ${directory}, got no such file`,
    );
  throw new AttestationError(
    'report-mismatch',
    `expected ${of}the document ${name} with digest ${digest}, got other content in every revision of it`,
  );
}

/** None for a directory that is not there: then what was promised is missing. */
async function readDocuments(directory: string): Promise<Found[]> {
  const entries = (await listing(directory)).filter(isDocument);
  return Promise.all(
    entries.map(async ({ name }) => {
      const path = join(directory, name);
      return { path, name, digest: documentDigest(await readFile(path, 'utf8')) };
    }),
  );
}

/** What lies in a report's folder and its archive beside the documents. Other folders may be those of other runs. */
async function othersIn(directory: string): Promise<string[]> {
  const archive = join(directory, archiveFolder);
  const paths = async (folder: string) =>
    (await listing(folder)).filter((each) => !isDocument(each)).map(({ name }) => join(folder, name));
  const found = [...(await paths(directory)), ...(await paths(archive))];
  return found.filter((path) => path !== archive);
}

/** A link is read as what it leads to: its bytes are judged, wherever they are. */
function isDocument(entry: Dirent): boolean {
  return entry.name.endsWith('.md') && (entry.isFile() || entry.isSymbolicLink());
}

async function listing(directory: string): Promise<Dirent[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return [];
    throw error;
  });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}
