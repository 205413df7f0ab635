// Every statement of a bundle, made anew from the ledger and compared whole: nothing that the key holder signs beside the events
// can stand. Pure.
import canonicalize from 'canonicalize';
import { planDigest } from '../plan/digest.ts';
import { AttestationError } from './attestation-error.ts';
import type { ReadBundle } from './read-bundle.ts';
import type { SignedLedger } from './signed-ledger.ts';
import type { Statement } from './statement.ts';
import { statementsOf } from './statements.ts';

/**
 * What the ledger up to the signed head does not hold is taken from the bundle: the documents' digests, the time of
 * signing, and what a time stamp authority said.
 * Throws AttestationError `ledger-mismatch` with the first thing that differs.
 */
export function verifyRebuilt(bundle: ReadBundle, { run, signed: events }: SignedLedger): string {
  if (planDigest(run.plan) !== run.planDigest)
    throw new AttestationError(
      'ledger-mismatch',
      `expected the plan in the ledger to have the digest ${run.planDigest}, got ${planDigest(run.plan)}`,
    );
  const { documents, anchored } = bundle.deployment.predicate;
  const ledgerHead = events.at(-1)?.hash ?? '';
  const now = new Date(bundle.summary.predicate.timeVerified);
  const expected = statementsOf(run, { documents, ledgerHead, anchored, now });
  const signed = bundle.lines.map(({ statement }) => statement);
  for (let index = 0; index < Math.max(expected.length, signed.length); index += 1)
    requireSame(index + 1, signed[index], expected[index]);
  return `each of the ${signed.length} statements is the very one that the ledger gives, but for what it cannot know: the documents’ digests, the time of signing, and what a time stamp authority said`;
}

function requireSame(line: number, signed: Statement | undefined, expected: Statement | undefined): void {
  if (signed && expected && canonicalize(signed) === canonicalize(expected)) return;
  if (!signed || !expected) {
    const type = (signed ?? expected)?.predicateType;
    throw new AttestationError(
      'ledger-mismatch',
      expected
        ? `expected a ${type} statement in line ${line}, as the ledger has it, got none; it was dropped`
        : `expected no line ${line}, as the ledger has it, got a ${type} statement`,
    );
  }
  const { path, said, found } = firstDifference(signed, expected, []);
  throw new AttestationError(
    'ledger-mismatch',
    `line ${line}: expected ${path.join('/') || 'the statement'} as the ledger has it (${brief(found)}), got ${brief(said)}`,
  );
}

interface Difference {
  readonly path: readonly string[];
  readonly said: unknown;
  readonly found: unknown;
}

/** The innermost place at which two values that differ do so first. */
function firstDifference(said: unknown, found: unknown, path: readonly string[]): Difference {
  if (!isObject(said) || !isObject(found)) return { path, said, found };
  const keys = [...new Set([...Object.keys(found), ...Object.keys(said)])];
  const key = keys.find((each) => canonicalize(said[each]) !== canonicalize(found[each]));
  return key === undefined ? { path, said, found } : firstDifference(said[key], found[key], [...path, key]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function brief(value: unknown): string {
  const text = value === undefined ? 'nothing' : (canonicalize(value) ?? '');
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
