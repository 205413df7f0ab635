// Acceptance: 300 random mutations of a run's ledger are all found; by its own bytes, or by the head that its thread shows.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { GENESIS, type LedgerEvent, ledgerEvent, sealEvent } from '../../src/ledger/event.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { eventsAtEnd, eventsAtSigning, ledgerOf } from '../fixtures/run-events.ts';

const { text, head: hash } = ledgerOf(eventsAtEnd(eventsAtSigning()));
const lines = text.trimEnd().split('\n');
const head = { seq: lines.length, hash };
const join = (parts: readonly string[]) => parts.map((line) => `${line}\n`).join('');
const parse = (line: string) => ledgerEvent.parse(JSON.parse(line));

const at = fc.nat(lines.length - 1);
const place = fc.nat(text.length - 1);

/** The chain made anew from this event on, as the holder of the database could. */
function chainAnew(events: readonly Omit<LedgerEvent, 'hash' | 'prev' | 'seq'>[]): string {
  let prev = GENESIS;
  const sealed = events.map(({ stream, at: time, type, data }, index) => {
    const { event, line } = sealEvent({ stream, seq: index + 1, at: time, type, data, prev });
    prev = event.hash;
    return line;
  });
  return join(sealed);
}

const change = (line: string, data: string) => ({ ...parse(line), data: { edited: data } });

/** What can be found in the text alone. */
const careless = fc.oneof(
  fc
    .tuple(place, fc.integer({ min: 32, max: 126 }))
    .map(([index, code]) => text.slice(0, index) + String.fromCharCode(code) + text.slice(index + 1)),
  fc
    .tuple(place, fc.integer({ min: 1, max: 300 }))
    .map(([from, length]) => text.slice(0, from) + text.slice(from + length)),
  fc
    .tuple(place, fc.string({ minLength: 1, maxLength: 40 }))
    .map(([from, more]) => text.slice(0, from) + more + text.slice(from)),
  fc.nat(lines.length - 2).map((index) => join(lines.toSpliced(index, 1))),
  at.map((index) => join(lines.toSpliced(index, 0, lines[index] ?? ''))),
  fc.tuple(at, at).map(([a, b]) => join(lines.with(a, lines[b] ?? '').with(b, lines[a] ?? ''))),
  fc.tuple(fc.nat(lines.length - 2), fc.string()).map(([index, data]) => {
    const { event: forged, line } = sealEvent(change(lines[index] ?? '', data));
    return forged.hash === hash ? text : join(lines.with(index, line));
  }),
  fc.tuple(at, fc.string()).map(([index, data]) => {
    const before = parse(lines[index] ?? '');
    return join(lines.toSpliced(index, 0, sealEvent({ ...before, data: { inserted: data } }).line));
  }),
);

/** What leaves a chain without a fault, so that only the head, learnt elsewhere, tells. */
const careful = fc.oneof(
  fc.nat(lines.length - 2).map((kept) => join(lines.slice(0, kept + 1))),
  fc
    .tuple(at, fc.string())
    .map(([index, data]) =>
      chainAnew(lines.map((line, each) => (each === index ? change(line, data) : parse(line)))),
    ),
  at.map((index) => chainAnew(lines.toSpliced(index, 1).map(parse))),
  fc.tuple(at, fc.string()).map(([index, data]) => {
    const added = change(lines[index] ?? '', data);
    return chainAnew(lines.map(parse).toSpliced(index, 0, added));
  }),
  fc.string().map((data) => {
    const last = parse(lines.at(-1) ?? '');
    return (
      text + join([sealEvent({ ...last, seq: last.seq + 1, prev: last.hash, data: { added: data } }).line])
    );
  }),
);

it('finds each of 300 random mutations', () => {
  expect(verifyLines(text, { expectedHead: head }).ok).toBe(true);
  let tried = 0;
  const mutated = (mutation: fc.Arbitrary<string>) => mutation.filter((each) => each !== text);
  fc.assert(
    // A beginning of whole lines is a chain without a fault: that one is for the head to find.
    fc.property(
      mutated(careless).filter((each) => !text.startsWith(each)),
      (each) => {
        tried += 1;
        expect(verifyLines(each).ok).toBe(false);
      },
    ),
    { numRuns: 200 },
  );
  fc.assert(
    fc.property(mutated(careful), (each) => {
      tried += 1;
      expect(verifyLines(each, { expectedHead: head }).ok).toBe(false);
    }),
    { numRuns: 100 },
  );
  expect(tried).toBeGreaterThanOrEqual(300);
});
