// The published report against what was signed of it: every document that was promised is there, and nothing else is shown as current.
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
 * excuse. With `superseded` a later run may have published there since; then it is said which current ones nothing vouches for.
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
  const unsigned = current.filter(
    ({ name, digest }) => !promised.some((each) => each.name === name && each.digest === digest),
  );
  const [first] = unsigned;
  if (!first) return { claims, notes: [] };
  if (superseded)
    return {
      claims,
      notes: unsigned.map(({ path }) => `not of this run, and not verified: the document ${path}`),
    };
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
  const names = (await listing(directory)).filter((name) => name.endsWith('.md')).sort();
  return Promise.all(
    names.map(async (name) => {
      const path = join(directory, name);
      return { path, name, digest: documentDigest(await readFile(path, 'utf8')) };
    }),
  );
}

async function listing(directory: string): Promise<string[]> {
  return readdir(directory).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return [];
    throw error;
  });
}
