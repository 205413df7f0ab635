import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { jsonValue } from './json-value.ts';
import { LedgerError } from './ledger-error.ts';

/** The `prev` of a stream's first event, and the hash of an empty stream's head. */
export const GENESIS = `sha256:${'0'.repeat(64)}`;

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);
// Printable ASCII only: a name is shown in Slack and in reports, where look-alikes and controls would mislead.
const name = z
  .string()
  .max(200)
  .regex(/^[!-~]+$/);

/** One link of a stream. `hash` is the SHA-256 of the RFC 8785 canonical JSON of the other six members. */
export const ledgerEvent = z.strictObject({
  stream: name,
  seq: z.number().int().min(1),
  /** RFC 3339, UTC, milliseconds. */
  at: z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
  type: name,
  data: jsonValue,
  prev: digest,
  hash: digest,
});

export type LedgerEvent = z.infer<typeof ledgerEvent>;

/** A place in a stream: the newest event's number and hash; `{ seq: 0, hash: GENESIS }` before the first. */
export interface LedgerHead {
  seq: number;
  hash: string;
}

/** The hash that an event must carry. Throws when a member is not JSON (a lone surrogate, NaN). */
export function hashEvent(event: Omit<LedgerEvent, 'hash'>): string {
  return `sha256:${createHash('sha256').update(canonicalLine(event)).digest('hex')}`;
}

/** The one spelling of a JSON value that RFC 8785 allows. */
export function canonicalLine(value: object): string {
  return canonicalize(value) ?? '';
}

/**
 * Hashes an event and writes its line; the event is read back from that line, so that what the caller
 * goes on with is what any reader will see.
 * @throws LedgerError `bad-event`
 */
export function sealEvent(event: Omit<LedgerEvent, 'hash'>): { event: LedgerEvent; line: string } {
  try {
    const line = canonicalLine({ ...event, hash: hashEvent(event) });
    return { event: ledgerEvent.parse(JSON.parse(line)), line };
  } catch (cause) {
    throw new LedgerError(
      'bad-event',
      `expected an event of plain JSON with a printable stream and type and a UTC time in ms, got event ${event.seq} of ${JSON.stringify(event.stream)}, type ${JSON.stringify(event.type)}`,
      { cause },
    );
  }
}

/** @throws LedgerError `corrupt-line` */
export function parseStoredLine(line: string): LedgerEvent {
  try {
    return ledgerEvent.parse(JSON.parse(line));
  } catch (cause) {
    throw new LedgerError(
      'corrupt-line',
      'expected a stored ledger line to be an event, got something else; export the stream and run `interlock verify`',
      { cause },
    );
  }
}
