import { z } from 'zod';
import { canonicalJson } from './digest.ts';
import { EvidenceError } from './evidence-error.ts';
import { JsonValue } from './json-value.ts';
import { matchesPattern } from './pattern.ts';

/** One read-only observation. `unavailable` says why there is no value; `observedAt` is UTC, ISO 8601. */
export const ProbeReading = z.object({
  id: z.string().min(1),
  title: z.string(),
  observedAt: z.iso.datetime(),
  value: JsonValue,
  display: z.string(),
  unavailable: z.string().optional(),
});
export type ProbeReading = z.infer<typeof ProbeReading>;

/**
 * What a plan expects of a probe. `matches` is a regular expression over the value (a string as it is, else
 * canonical JSON).
 */
export const ProbeExpectation = z.union([
  z.strictObject({ equals: JsonValue }),
  z.strictObject({ matches: z.string().min(1) }),
  z.strictObject({ unchanged: z.literal(true) }),
]);
export type ProbeExpectation = z.infer<typeof ProbeExpectation>;

export type SnapshotRow = {
  readonly id: string;
  readonly before: ProbeReading | null;
  readonly after: ProbeReading | null;
  /** `unknown` when one of the two could not be observed: then nothing may be said about it. */
  readonly changed: boolean | 'unknown';
};

/**
 * Compares two snapshots: a row for each probe of either, in their order. Throws EvidenceError
 * `duplicate-probe`.
 */
export function diffSnapshots(
  before: readonly ProbeReading[],
  after: readonly ProbeReading[],
): SnapshotRow[] {
  const earlier = byId(before);
  const later = byId(after);
  return [...new Set([...earlier.keys(), ...later.keys()])].map((id) => {
    const was = earlier.get(id) ?? null;
    const is = later.get(id) ?? null;
    const known = isObserved(was) && isObserved(is);
    return { id, before: was, after: is, changed: known ? !sameValue(was.value, is.value) : 'unknown' };
  });
}

export type ProbeJudgement = { readonly verdict: 'pass' | 'fail' | 'inconclusive'; readonly reason: string };

/**
 * Judges a probe by its expectation. `equals` and `matches` look at `after` alone (at the first snapshot,
 * hand it that one); `unchanged` needs both. What was not observed is inconclusive, never a pass.
 */
export function judgeProbe(
  expected: ProbeExpectation,
  before: ProbeReading | null,
  after: ProbeReading | null,
): ProbeJudgement {
  if (!isObserved(after)) return inconclusive(after, 'after');
  if ('equals' in expected) {
    return judge(
      sameValue(expected.equals, after.value),
      `${after.id} is ${after.display}`,
      canonicalJson(expected.equals),
      after,
    );
  }
  if ('matches' in expected) {
    const text = typeof after.value === 'string' ? after.value : canonicalJson(after.value);
    const holds = lookFor(expected.matches, text);
    if (typeof holds === 'string') return { verdict: 'inconclusive', reason: holds };
    return judge(holds, `${after.id} is ${after.display}`, `a match of ${expected.matches}`, after);
  }
  if (!isObserved(before)) return inconclusive(before, 'before');
  return judge(
    sameValue(before.value, after.value),
    `${after.id} unchanged: ${after.display}`,
    before.display,
    after,
  );
}

function judge(holds: boolean, held: string, expected: string, after: ProbeReading): ProbeJudgement {
  if (holds) return { verdict: 'pass', reason: held };
  return { verdict: 'fail', reason: `expected ${expected}, got ${after.display}` };
}

function inconclusive(reading: ProbeReading | null, side: 'before' | 'after'): ProbeJudgement {
  const why = reading?.unavailable ?? 'no value was read';
  return { verdict: 'inconclusive', reason: `expected an observation ${side}, got none: ${why}` };
}

function isObserved(reading: ProbeReading | null): reading is ProbeReading {
  return reading !== null && reading.unavailable === undefined && reading.value !== null;
}

function sameValue(a: JsonValue, b: JsonValue): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** Why it cannot be said, where it cannot: a pattern that an older plan could have, or too long a text. */
function lookFor(pattern: string, text: string): boolean | string {
  try {
    return matchesPattern(pattern, text, { lines: false });
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

function byId(readings: readonly ProbeReading[]): Map<string, ProbeReading> {
  const map = new Map<string, ProbeReading>();
  for (const reading of readings) {
    if (map.has(reading.id)) {
      throw new EvidenceError(
        'duplicate-probe',
        `expected one reading of each probe, got ${reading.id} twice`,
      );
    }
    map.set(reading.id, reading);
  }
  return map;
}
