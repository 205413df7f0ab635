// Verification of a bundle, offline: reads like the specification of what it means. docs/verify.md does the same by hand.
import { sha256File } from '../evidence/digest.ts';
import { AttestationError, type AttestationErrorCode } from './attestation-error.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';
import type { TrustedKey } from './keys.ts';
import { type ReadBundle, readBundle } from './read-bundle.ts';
import { type LedgerVerifier, readSignedLedger, type SignedLedger } from './signed-ledger.ts';
import { verifySshsig } from './sshsig.ts';
import { namesBundle, sayCovered } from './verify-afterwards.ts';
import { type GivenAnchors, verifyAnchors } from './verify-anchors.ts';
import {
  verifyApprovals,
  verifyKeyTime,
  verifySiblings,
  verifySubjects,
  verifySummary,
  verifyVerdict,
} from './verify-claims.ts';
import { verifyAgainstLedger } from './verify-ledger.ts';
import { verifyPrevious } from './verify-previous.ts';
import { findSigned, verifyReport } from './verify-report.ts';
import { verifyRuledDocuments, verifyRulings } from './verify-ruling.ts';

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
  /** A later run may have published there since: only what this bundle signed is held against it, in `revisions` too. */
  readonly superseded?: boolean | undefined;
  /** Signed statements of rulings on this run. */
  readonly rulings?: readonly string[] | undefined;
  /** Time stamps of the ledger's heads, and who is trusted to make them. */
  readonly anchors?: GivenAnchors | undefined;
  /** Null for a signature that was promised and is not there. */
  readonly sshsig?: { readonly signature: string | null; readonly allowedSigners: string } | undefined;
}

export type Verification =
  | {
      readonly ok: true;
      readonly claims: readonly string[];
      /** What nothing vouches for, and a reader has to know. */
      readonly notes: readonly string[];
      readonly deployment: DeploymentPredicate;
    }
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
  const notes: string[] = [];
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
    const { predicate } = bundle.deployment;
    const ledger = request.ledger && readSignedLedger(predicate, request.ledger.text, request.ledger.verify);
    if (ledger) claims.push(...verifyAgainstLedger(bundle, request.bundleText, ledger));
    const rulings = verifyRulings({
      texts: request.rulings ?? [],
      bundleText: request.bundleText,
      deployment: predicate,
      keys: request.publicKeys,
      ledger,
    });
    const anchors = request.anchors ?? { trusted: undefined, timestamps: [] };
    const stamped = await verifyAnchors(bundle, ledger, anchors);
    claims.push(...stamped.claims);
    notes.push(...stamped.notes);
    const ruled = rulings.map((each) => each.predicate);
    if (request.ledger && ledger) {
      notes.push(sayCovered(ledger, ruled));
      claims.push(verifyPrevious(bundle, request.ledger));
    }
    claims.push(...rulings.map(({ claim }) => claim));
    if (request.reportDir !== undefined) {
      const promised = [
        ...predicate.documents.map((each) => ({ ...each, ruling: null })),
        ...ruled.map(({ document, number }) => ({ ...document, ruling: number })),
      ];
      const { superseded = false } = request;
      const report = await verifyReport(promised, request.reportDir, { superseded });
      claims.push(...report.claims);
      notes.push(...report.notes);
      const final = predicate.documents.at(-1);
      const markdown = final && (await findSigned(request.reportDir, final.name, final.digest));
      if (ledger && markdown) verifyRuledDocuments(ruled, ledger, { name: final.name, markdown });
    }
    if (request.sshsig === undefined && !(ledger && namesBundle(ledger))) notes.push(sayBytes(ledger));
    return { ok: true, claims, notes, deployment: predicate };
  } catch (error) {
    if (!(error instanceof AttestationError)) throw error;
    return { ok: false, code: error.code, claim: error.message, verified: claims };
  }
}

function verifyFileSignature({ summary }: ReadBundle, { bundleText, sshsig }: VerificationRequest): string[] {
  if (sshsig === undefined) return [];
  const { signature } = sshsig;
  if (signature === null)
    throw new AttestationError(
      'sshsig-missing',
      'expected an SSH signature over the whole file, since allowed signers were given, got no such file (BUNDLE.sig beside the bundle)',
    );
  const signer = verifySshsig(
    bundleText,
    signature,
    sshsig.allowedSigners,
    new Date(summary.predicate.timeVerified),
  );
  return [`the whole file is signed by the allowed signer ${signer}`];
}

/** What somebody with other bytes of the same statements could hand over, and which option would show it. */
function sayBytes(ledger: SignedLedger | undefined): string {
  const named = ledger
    ? 'The given ledger has no event that names the digest of the bundle, as the operator’s copy of a run that has ended does'
    : '--ledger with a ledger that goes on to the end of the run names the digest of the bundle';
  return `the statements are signed, the bytes of the bundle are not: an ECDSA signature can be written in two ways. ${named}; --allowed-signers verifies the signature over it`;
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
