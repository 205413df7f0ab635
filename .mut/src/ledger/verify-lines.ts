import {
  canonicalLine,
  GENESIS,
  hashEvent,
  type LedgerEvent,
  type LedgerHead,
  ledgerEvent,
} from './event.ts';

export type LedgerFaultCode =
  | 'no-events'
  /** The text does not end in a newline: its last line was cut off. */
  | 'cut-line'
  | 'not-json'
  /** JSON, but not a ledger event. */
  | 'wrong-shape'
  /** An event, but not spelled as RFC 8785 demands, so its bytes are not the hashed ones. */
  | 'not-canonical'
  | 'wrong-stream'
  /** Deleted, inserted, repeated or reordered lines. */
  | 'wrong-seq'
  | 'broken-link'
  | 'wrong-hash'
  /** Fewer events than the expected head. */
  | 'truncated'
  /** More events than the expected head. */
  | 'beyond-head'
  /** As many events as expected, ending in another hash: the chain was rewritten. */
  | 'other-head';

export type LedgerVerification =
  | { ok: true; stream: string; head: LedgerHead; events: LedgerEvent[] }
  | { ok: false; line: number; code: LedgerFaultCode; message: string };

/**
 * Verifies an exported stream (JSON Lines) from its own bytes: any edit, deletion, insertion or reordering shows.
 *
 * Whoever can rewrite the whole file can also recompute every hash, and can cut the end off. Only a head that was
 * learnt elsewhere (a signed attestation) rules that out: give it as `expectedHead`.
 * Lines count from 1; the first fault is reported.
 */
export function verifyLines(text: string, options: { expectedHead?: LedgerHead } = {}): LedgerVerification {
  if (text === '') return fault(1, 'no-events', 'expected at least one event, got an empty text');
  const lines = text.split('\n');
  if (lines.pop() !== '') {
    return fault(lines.length + 1, 'cut-line', 'expected the last line to end in a newline, got a cut line');
  }
  const events: LedgerEvent[] = [];
  for (const [index, line] of lines.entries()) {
    const verdict = verifyLine(line, index + 1, events.at(-1));
    if (!verdict.ok) return verdict;
    events.push(verdict.event);
  }
  return verifyHead(events, options.expectedHead);
}

type LineVerdict = { ok: true; event: LedgerEvent } | Extract<LedgerVerification, { ok: false }>;

function verifyLine(line: string, number: number, previous: LedgerEvent | undefined): LineVerdict {
  const parsed = parseJson(line);
  if (!parsed.ok) return fault(number, 'not-json', 'expected a JSON object, got text that is not JSON');
  const shaped = ledgerEvent.safeParse(parsed.value);
  if (!shaped.success) return fault(number, 'wrong-shape', 'expected the seven members of a ledger event');
  const event = shaped.data;
  if (spell(event) !== line) {
    return fault(number, 'not-canonical', 'expected the RFC 8785 spelling of the event, got other bytes');
  }
  if (previous !== undefined && event.stream !== previous.stream) {
    return fault(number, 'wrong-stream', `expected stream ${previous.stream}, got ${event.stream}`);
  }
  if (event.seq !== number) return fault(number, 'wrong-seq', `expected seq ${number}, got ${event.seq}`);
  const prev = previous?.hash ?? GENESIS;
  if (event.prev !== prev) return fault(number, 'broken-link', `expected prev ${prev}, got ${event.prev}`);
  const { hash, ...hashed } = event;
  const expected = hashEvent(hashed);
  if (hash !== expected) return fault(number, 'wrong-hash', `expected hash ${expected}, got ${hash}`);
  return { ok: true, event };
}

function verifyHead(events: LedgerEvent[], expected: LedgerHead | undefined): LedgerVerification {
  const last = events.at(-1);
  if (last === undefined) return fault(1, 'no-events', 'expected at least one event, got none');
  const head = { seq: last.seq, hash: last.hash };
  if (expected !== undefined && head.seq < expected.seq) {
    return fault(head.seq + 1, 'truncated', `expected ${expected.seq} events, got ${head.seq}`);
  }
  if (expected !== undefined && head.seq > expected.seq) {
    return fault(expected.seq + 1, 'beyond-head', `expected ${expected.seq} events, got ${head.seq}`);
  }
  if (expected !== undefined && head.hash !== expected.hash) {
    return fault(head.seq, 'other-head', `expected the head ${expected.hash}, got ${head.hash}`);
  }
  return { ok: true, stream: last.stream, head, events };
}

function parseJson(line: string): { ok: true; value: unknown } | { ok: false } {
  try {
    const value: unknown = JSON.parse(line);
    return { ok: true, value };
  } catch {
    return { ok: false };
  }
}

function spell(event: LedgerEvent): string | undefined {
  try {
    return canonicalLine(event);
  } catch {
    // A lone surrogate parses as JSON and has no canonical spelling.
    return undefined;
  }
}

function fault(
  line: number,
  code: LedgerFaultCode,
  message: string,
): Extract<LedgerVerification, { ok: false }> {
  return { ok: false, line, code, message };
}
