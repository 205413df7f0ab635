// Verification of a bundle, offline: reads like the specification of what it means. docs/verify.md does the same by hand.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from '../evidence/digest.ts';
import { documentDigest } from '../report/front-matter.ts';
import { AttestationError, type AttestationErrorCode } from './attestation-error.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';
import type { TrustedKey } from './keys.ts';
import { type ReadBundle, readBundle } from './read-bundle.ts';
import type { RulingPredicate } from './ruling-statement.ts';
import { verifySshsig } from './sshsig.ts';
import {
  verifyApprovals,
  verifyKeyTime,
  verifySiblings,
  verifySubjects,
  verifySummary,
  verifyVerdict,
} from './verify-claims.ts';
import { type LedgerVerifier, verifyAgainstLedger } from './verify-ledger.ts';
import { verifyPrevious } from './verify-previous.ts';
import { verifyRulings } from './verify-ruling.ts';

export interface VerificationRequest {
  readonly bundleText: string;
  readonly publicKeys: readonly TrustedKey[];
  /** Path of the artifact that the bundle should be about. */
  readonly artifactFile?: string | undefined;
  /** The exported ledger, that of the run before on the same target, and the verifier of their chains. */
  readonly ledger?:
    | { readonly text: string; readonly verify: LedgerVerifier; readonly previous?: string }
    | undefined;
  /** Directory that holds the published report. */
  readonly reportDir?: string | undefined;
  /** Signed statements of rulings on this run. */
  readonly rulings?: readonly string[] | undefined;
  readonly sshsig?: { readonly signature: string; readonly allowedSigners: string } | undefined;
}

export type Verification =
  | { readonly ok: true; readonly claims: readonly string[]; readonly deployment: DeploymentPredicate }
  /** `claim` is the first thing that does not hold; `verified` is what held before it. */
  | {
      readonly ok: false;
      readonly code: AttestationErrorCode;
      readonly claim: string;
      readonly verified: readonly string[];
    };

/**
 * Verifies a bundle claim by claim and stops at the first that does not hold. A bundle that verifies is authentic and consistent;
 * whether its verdict is a PASS is for the reader: see `deployment.verdict`. Throws what the file system throws for files that it
 * was given and cannot read.
 */
export async function verifyBundle(request: VerificationRequest): Promise<Verification> {
  const claims: string[] = [];
  try {
    const bundle = readBundle(request.bundleText, request.publicKeys);
    claims.push(`${bundle.lines.length} statements, each signed by ${bundle.key.keyId}`);
    claims.push(verifyKeyTime(bundle));
    claims.push(...verifyFileSignature(bundle, request));
    claims.push(verifySiblings(bundle));
    claims.push(verifySubjects(bundle));
    claims.push(verifyVerdict(bundle));
    claims.push(verifySummary(bundle));
    claims.push(verifyApprovals(bundle));
    if (request.artifactFile !== undefined) claims.push(await verifyArtifact(bundle, request.artifactFile));
    if (request.ledger !== undefined)
      claims.push(
        ...verifyAgainstLedger(bundle, request.ledger.text, request.ledger.verify),
        verifyPrevious(bundle, request.ledger),
      );
    const rulings = verifyRulings({
      texts: request.rulings ?? [],
      bundleText: request.bundleText,
      deployment: bundle.deployment.predicate,
      keys: request.publicKeys,
      ledgerText: request.ledger?.text,
    });
    claims.push(...rulings.map(({ claim }) => claim));
    if (request.reportDir !== undefined) {
      claims.push(...(await verifyReport(bundle, request.reportDir)));
      for (const { predicate } of rulings)
        claims.push(await verifyRuledDocument(request.reportDir, predicate));
    }
    return { ok: true, claims, deployment: bundle.deployment.predicate };
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    return { ok: false, code: error.code, claim: error.message, verified: claims };
  }
}

function verifyFileSignature({ summary }: ReadBundle, { bundleText, sshsig }: VerificationRequest): string[] {
  if (sshsig === undefined) return [];
  const signer = verifySshsig(
    bundleText,
    sshsig.signature,
    sshsig.allowedSigners,
    new Date(summary.predicate.timeVerified),
  );
  return [`the whole file is signed by the allowed signer ${signer}`];
}

async function verifyArtifact({ deployment }: ReadBundle, path: string): Promise<string> {
  const sha256 = await sha256File(path);
  const subject = deployment.subject.find(({ digest }) => digest.sha256 === sha256);
  if (!subject) {
    const expected = deployment.subject.map(({ name, digest }) => `${digest.sha256} (${name})`).join(' or ');
    throw new AttestationError(
      'artifact-mismatch',
      `expected a file with sha256 ${expected}, got ${sha256} (${path})`,
    );
  }
  return `the file ${path} is ${subject.name}: sha256 ${sha256}`;
}

async function verifyReport({ deployment }: ReadBundle, directory: string): Promise<string[]> {
  const claims: string[] = [];
  for (const { name, digest } of deployment.predicate.documents) {
    claims.push(await findDocument(directory, name, digest));
  }
  return claims;
}

/** The final document with the ruling in it, beside the one that was signed when the run ended. */
function verifyRuledDocument(directory: string, { number, document }: RulingPredicate): Promise<string> {
  return findDocument(directory, document.name, document.digest).then(
    (claim) => `of ruling ${number}, ${claim}`,
  );
}

/** The current document or, when a later run has published since, the revision of it that was signed. */
async function findDocument(directory: string, name: string, digest: string): Promise<string> {
  const archive = join(directory, 'revisions');
  const earlier = (await listing(archive))
    .filter((file) => file.startsWith(`${name.replace(/\.md$/, '')}.r`))
    .map((file) => join(archive, file));
  const current = (await listing(directory)).includes(name) ? [join(directory, name)] : [];
  for (const path of [...current, ...earlier]) {
    if (documentDigest(await readFile(path, 'utf8')) === digest)
      return `the document ${name} is as signed: ${digest}${path === current[0] ? '' : ` (an earlier revision, ${path})`}`;
  }
  if (current.length + earlier.length === 0)
    throw new AttestationError(
      'report-missing',
      `expected the document ${name} in ${directory}, got no such file`,
    );
  throw new AttestationError(
    'report-mismatch',
    `expected the document ${name} with digest ${digest}, got other content in every revision of it`,
  );
}

async function listing(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}
