// The published report against what was signed of it: every document that was promised is there, and nothing else is shown as current.
import { readFile } from 'node:fs/promises';
import { withRevision } from '../report/front-matter.ts';
import { AttestationError } from './attestation-error.ts';
import { type FoundDocument, readReport } from './read-report.ts';

/** A document that a verified statement names, by the digest of it as revision 0. */
export interface PromisedDocument {
  readonly name: string;
  readonly digest: string;
  /** Which statement names it: null for the bundle, else the number of a ruling. */
  readonly ruling: number | null;
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
  const { current, archived, others } = await readReport(directory);
  const claims = promised.map((each) => findPromised(each, current, archived, directory));
  const isSigned = (found: FoundDocument) => promised.some((each) => isOf(found, each));
  const beside = [
    ...archived.filter((each) => !isSigned(each)).map(({ path, is }) => `${path}: ${is}`),
    ...others,
  ].map((what) => `not signed by this run, and not verified: ${what}`);
  const unsigned = current.filter((each) => !isSigned(each));
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
  if (first) throw strange(first, promised);
  for (const found of current) requireLast(found, promised);
  return { claims, notes: beside };
}

/** The text of a document with this digest, current or among the revisions, as revision 0; null when there is none. */
export async function findSigned(directory: string, name: string, digest: string): Promise<string | null> {
  const { current, archived } = await readReport(directory);
  const found = [...current, ...archived].find((each) => isOf(each, { name, digest }));
  return found ? withRevision(await readFile(found.path, 'utf8'), 0) : null;
}

/** Its content alone does not say which document it is, nor which revision: somebody may have given it another's name. */
function isOf(found: FoundDocument, { name, digest }: Pick<PromisedDocument, 'name' | 'digest'>): boolean {
  return found.name === name && found.digest === digest;
}

function findPromised(
  promised: PromisedDocument,
  current: readonly FoundDocument[],
  archived: readonly FoundDocument[],
  directory: string,
): string {
  const { name, digest, ruling } = promised;
  const of = ruling === null ? '' : `of ruling ${ruling}, `;
  const signed = (what: string) =>
    `${of}the document ${name} is as signed, which is as revision 0, ${digest}; ${what}, which no signature covers`;
  const now = current.find((each) => isOf(each, promised));
  if (now) return signed(`its file is ${now.is}`);
  const earlier = archived.find((each) => isOf(each, promised));
  if (earlier) return signed(`it is an earlier revision, ${earlier.path}, ${earlier.is}`);
  if (![...current, ...archived].some((each) => each.name === name))
    throw new AttestationError(
      'report-missing',
      `expected the document ${name} in ${directory}, got no such file`,
    );
  throw new AttestationError(
    'report-mismatch',
    `expected ${of}the document ${name} with digest ${digest} as revision 0, got other content in every revision of it`,
  );
}

function strange({ name, path, is }: FoundDocument, promised: readonly PromisedDocument[]): AttestationError {
  const isPromised = promised.some((each) => each.name === name);
  return new AttestationError(
    isPromised ? 'report-mismatch' : 'report-unsigned',
    `expected ${isPromised ? 'the current document as it was signed' : 'only documents that were signed'}, got ${path}, ${is}; it was altered or added, it has a ruling whose statement was not given (--ruling), or a later run has published there (--superseded)`,
  );
}

/** A document from before a ruling is signed too, but whoever reads it does not hear of the ruling. */
function requireLast(found: FoundDocument, promised: readonly PromisedDocument[]): void {
  const last = promised.findLast(({ name }) => name === found.name);
  if (!last || last.digest === found.digest) return;
  throw new AttestationError(
    'report-mismatch',
    `expected the current document ${last.name} with ruling ${last.ruling}, got ${found.path} from before it; an earlier revision was put in its place`,
  );
}
