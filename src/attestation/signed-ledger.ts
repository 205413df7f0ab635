// An exported ledger whose chain holds, split at the head that was signed. Pure, but for the verifier it is given.
import { z } from 'zod';
import { parseRunEvent, type RunEvent } from '../run/events.ts';
import { foldRun, type RunState } from '../run/state.ts';
import { AttestationError } from './attestation-error.ts';

/** Verifies the hash chain of an exported ledger; src/ledger/verify-lines.ts is one. */
export type LedgerVerifier = (
  text: string,
) => { readonly ok: true } | { readonly ok: false; readonly line: number; readonly message: string };

const lineSchema = z.object({
  stream: z.string(),
  seq: z.int(),
  at: z.string(),
  type: z.string(),
  data: z.unknown(),
  hash: z.string(),
});
type Line = z.infer<typeof lineSchema>;

/** An event of a ledger whose chain was verified. */
export type SealedEvent = RunEvent & { readonly hash: string };

export interface SignedLedger {
  /** The events that the bundle was signed over, the last of which is the signed head. */
  readonly signed: readonly SealedEvent[];
  /** The events after it. */
  readonly afterwards: readonly SealedEvent[];
  /** The fold of the signed ones. */
  readonly run: RunState;
}

/**
 * Throws AttestationError `ledger-chain`, `ledger-head` when the signed head is not in it, and `ledger-mismatch` for the ledger of
 * another run, or one that is none.
 */
export function readSignedLedger(
  { run, ledgerHead }: { readonly run: { readonly id: string }; readonly ledgerHead: string },
  text: string,
  verify: LedgerVerifier,
): SignedLedger {
  requireChain(text, verify, 'ledger');
  const lines = ledgerLinesOf(text);
  const end = lines.findIndex(({ hash }) => hash === ledgerHead);
  if (end === -1)
    throw new AttestationError(
      'ledger-head',
      `expected a ledger that holds the head ${ledgerHead}, got one of ${lines.length} events that ends in ${lines.at(-1)?.hash}; it is cut off, or of another run`,
    );
  const stream = lines[0]?.stream ?? '';
  if (stream !== run.id)
    throw new AttestationError(
      'ledger-mismatch',
      `expected the ledger of the run ${run.id}, got that of ${stream}`,
    );
  const events = lines.map(readEvent);
  const signed = events.slice(0, end + 1);
  return { signed, afterwards: events.slice(end + 1), run: fold(run.id, signed) };
}

/** Throws AttestationError `ledger-chain`. */
export function requireChain(text: string, verify: LedgerVerifier, which: string): void {
  const chain = verify(text);
  if (!chain.ok)
    throw new AttestationError(
      'ledger-chain',
      `expected an unbroken ${which}, got in line ${chain.line}: ${chain.message}`,
    );
}

/** Lines of a ledger whose chain was verified, each with its hash. */
export function ledgerLinesOf(text: string): Line[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
}

/** Folds events that were signed. Throws AttestationError `ledger-mismatch`. */
export function fold(runId: string, events: readonly RunEvent[]): RunState {
  try {
    return foldRun(runId, events);
  } catch (cause) {
    throw new AttestationError(
      'ledger-mismatch',
      'expected the events of one run from its request on, got others',
      { cause },
    );
  }
}

function readEvent(line: Line): SealedEvent {
  try {
    return { ...parseRunEvent(line), hash: line.hash };
  } catch (cause) {
    throw new AttestationError(
      'ledger-mismatch',
      `expected event ${line.seq} to be a run event of this version, got one of type ${line.type} that is not`,
      { cause },
    );
  }
}
