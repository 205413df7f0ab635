import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { JsonValue } from '../../src/evidence/json-value.ts';
import {
  diffSnapshots,
  judgeProbe,
  ProbeExpectation,
  type ProbeReading,
} from '../../src/evidence/probe-diff.ts';

const json = fc.jsonValue().map((value) => JsonValue.parse(value));
const seen = json.filter((value) => value !== null);

const reading = (id: string, value: JsonValue, unavailable?: string): ProbeReading => ({
  ...{ id, title: id, observedAt: '2026-05-21T05:33:34Z', value, display: JSON.stringify(value) },
  ...(unavailable === undefined ? {} : { unavailable }),
});

const snapshots = fc
  .uniqueArray(
    fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), value: json, unavailable: fc.boolean() }),
    { selector: ({ id }) => id },
  )
  .map((probes) =>
    probes.map(({ id, value, unavailable }) =>
      unavailable ? reading(id, null, 'no route') : reading(id, value),
    ),
  );

describe('the difference of two snapshots', () => {
  test('has one row for each probe of either, and says “unchanged” only of what was seen twice', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (before, after) => {
        const rows = diffSnapshots(before, after);
        expect(new Set(rows.map(({ id }) => id))).toEqual(new Set([...before, ...after].map(({ id }) => id)));
        expect(rows).toHaveLength(new Set(rows.map(({ id }) => id)).size);
        for (const row of rows) {
          const bothSeen = [row.before, row.after].every(
            (each) => each !== null && each.unavailable === undefined && each.value !== null,
          );
          expect(row.changed === 'unknown').toBe(!bothSeen);
        }
      }),
    );
  });

  test('of a snapshot with itself shows no change', () => {
    fc.assert(
      fc.property(snapshots, (snapshot) => {
        expect(
          diffSnapshots(snapshot, structuredClone(snapshot)).some(({ changed }) => changed === true),
        ).toBe(false);
      }),
    );
  });

  test('does not see the order of members, but every other change', () => {
    const rows = diffSnapshots([reading('x', { a: 1, b: [1, 2] })], [reading('x', { b: [1, 2], a: 1 })]);
    expect(rows[0]?.changed).toBe(false);
    expect(diffSnapshots([reading('x', [1, 2])], [reading('x', [2, 1])])[0]?.changed).toBe(true);
  });

  test('is refused when a probe is there twice', () => {
    expect(() => diffSnapshots([reading('x', 1), reading('x', 2)], [])).toThrow(
      expect.objectContaining({ code: 'duplicate-probe' }),
    );
  });
});

describe('a probe', () => {
  test('that was not observed never passes, whatever is expected', () => {
    const expectations: fc.Arbitrary<ProbeExpectation> = fc.oneof(
      fc.record({ equals: json }),
      fc.constant({ matches: '' }).map(() => ({ matches: '.*' })),
      fc.constant({ unchanged: true as const }),
    );
    fc.assert(
      fc.property(expectations, seen, (expected, value) => {
        for (const after of [null, reading('x', null), reading('x', value, 'timed out')]) {
          expect(judgeProbe(expected, reading('x', value), after).verdict).toBe('inconclusive');
        }
      }),
    );
    expect(judgeProbe({ unchanged: true }, null, reading('x', 1)).verdict).toBe('inconclusive');
  });

  test('equals exactly its value', () => {
    fc.assert(
      fc.property(seen, seen, (wanted, value) => {
        const same =
          JSON.stringify(diffSnapshots([reading('x', wanted)], [reading('x', value)])[0]?.changed) ===
          'false';
        expect(judgeProbe({ equals: wanted }, null, reading('x', value)).verdict).toBe(
          same ? 'pass' : 'fail',
        );
        expect(judgeProbe({ unchanged: true }, reading('x', wanted), reading('x', value)).verdict).toBe(
          same ? 'pass' : 'fail',
        );
      }),
    );
  });

  test('matches by its text; an expression that is none is inconclusive', () => {
    expect(judgeProbe({ matches: '^active$' }, null, reading('x', 'active')).verdict).toBe('pass');
    expect(judgeProbe({ matches: '^active$' }, null, reading('x', 'inactive')).verdict).toBe('fail');
    expect(judgeProbe({ matches: '"count":5\\b' }, null, reading('x', { count: 5 })).verdict).toBe('pass');
    expect(judgeProbe({ matches: '(' }, null, reading('x', '(')).verdict).toBe('inconclusive');
  });

  test('says both values when it fails', () => {
    const { verdict, reason } = judgeProbe({ unchanged: true }, reading('rows', 158), reading('rows', 159));
    expect({ verdict, reason }).toEqual({ verdict: 'fail', reason: 'expected 158, got 159' });
  });
});

test('an expectation is one of three, and nothing beside it', () => {
  for (const wrong of [{}, { unchanged: false }, { equals: 1, unchanged: true }, { matches: '' }]) {
    expect(ProbeExpectation.safeParse(wrong).success).toBe(false);
  }
});
