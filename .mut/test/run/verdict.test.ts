import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gateStatuses } from '../../src/run/gate-result.ts';
import { type JudgedGate, verdictOf } from '../../src/run/verdict.ts';

const gate = fc.record({
  status: fc.constantFrom(...gateStatuses),
  reason: fc.option(
    fc.record({ code: fc.constantFrom('dryrun', 'drift', 'suite-full'), text: fc.string({ minLength: 1 }) }),
  ),
});
const pass: JudgedGate = { status: 'pass', reason: null };

describe('the verdict', () => {
  it('is never PASS while a gate is anything but pass', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('LIVE' as const, 'DRYRUN' as const),
        fc.array(gate),
        gate,
        fc.nat(),
        (mode, others, odd, at) => {
          fc.pre(odd.status !== 'pass');
          const gates = others.toSpliced(at % (others.length + 1), 0, odd);
          expect(verdictOf(mode, gates).verdict).not.toBe('PASS');
        },
      ),
    );
  });

  it('does not depend on the order of the gates', () => {
    fc.assert(
      fc.property(fc.array(gate, { minLength: 1 }), (gates) => {
        expect(verdictOf('LIVE', gates.toReversed()).verdict).toBe(verdictOf('LIVE', gates).verdict);
      }),
    );
  });

  it('is PASS for a LIVE run whose gates all pass, and DRYRUN for a dry one', () => {
    expect(verdictOf('LIVE', [pass, pass]).verdict).toBe('PASS');
    expect(verdictOf('DRYRUN', [pass, pass]).verdict).toBe('DRYRUN');
  });

  it('is INCONCLUSIVE without any gate', () => {
    expect(verdictOf('LIVE', []).verdict).toBe('INCONCLUSIVE');
  });

  it('says FAILED over blocked, and BLOCKED for a gate that did not run', () => {
    const blocked: JudgedGate = { status: 'blocked', reason: { code: 'drift', text: 'drift' } };
    const failed: JudgedGate = { status: 'fail', reason: { code: 'suite-full', text: 'one failed' } };
    expect(verdictOf('LIVE', [blocked, failed])).toEqual({ verdict: 'FAILED', reason: failed.reason });
    expect(verdictOf('LIVE', [pass, { status: 'not-run', reason: null }]).verdict).toBe('BLOCKED');
  });
});

describe('a stop after promote', () => {
  const promoted: JudgedGate = { kind: 'promote', status: 'pass', reason: null };
  const skipped: JudgedGate = {
    kind: 'prove',
    status: 'not-run',
    reason: { code: 'aborted', text: 'aborted' },
  };

  it('is never called blocked while the candidate stays live', () => {
    expect(verdictOf('LIVE', [promoted, skipped]).verdict).toBe('INCONCLUSIVE');
  });

  it('may be called blocked once the anchor is back', () => {
    const back: JudgedGate = { kind: 'rollback', status: 'pass', reason: null };
    expect(verdictOf('LIVE', [promoted, skipped, back]).verdict).toBe('BLOCKED');
  });
});

describe('the verdict, of required and supplementary gates of any kind,', () => {
  const kind = fc.constantFrom('precheck', 'test', 'promote', 'prove', 'rollback', 'decide', 'report');
  const anyGate = fc
    .record({ kind, supplementary: fc.boolean(), status: gate })
    .map(({ status: { status, reason }, ...rest }): JudgedGate => ({ ...rest, status, reason }));
  const modes = fc.constantFrom('LIVE' as const, 'DRYRUN' as const);
  const required = (gates: readonly JudgedGate[]) => gates.filter(({ supplementary }) => !supplementary);

  it('is PASS only where every required gate is pass, nothing was simulated, and no supplementary one fails', () => {
    fc.assert(
      fc.property(modes, fc.array(anyGate), (mode, gates) => {
        const all = required(gates);
        const earned =
          mode === 'LIVE' &&
          all.length > 0 &&
          all.every(({ status }) => status === 'pass') &&
          gates.every(
            ({ status, supplementary }) => status === 'pass' || (supplementary && status === 'not-run'),
          );
        expect(verdictOf(mode, gates).verdict === 'PASS').toBe(earned);
      }),
      { numRuns: 1000 },
    );
  });

  it('is not PASS once one required gate is anything else, wherever it stands', () => {
    const odd = anyGate
      .filter(({ status }) => status !== 'pass')
      .map((each) => ({ ...each, supplementary: false }));
    fc.assert(
      fc.property(modes, fc.array(anyGate), odd, fc.nat(), (mode, others, spoilt, at) => {
        const gates = others.toSpliced(at % (others.length + 1), 0, spoilt);
        expect(verdictOf(mode, gates).verdict).not.toBe('PASS');
      }),
      { numRuns: 500 },
    );
  });

  it('does not change when supplementary gates change places, among themselves or with others', () => {
    const shuffled = fc.array(anyGate, { minLength: 1 }).chain((gates) => {
      const extra = gates.filter(({ supplementary }) => supplementary);
      return fc.tuple(
        fc.constant(gates),
        fc.shuffledSubarray(extra, { minLength: extra.length }),
        fc.array(fc.nat(), { minLength: extra.length, maxLength: extra.length }),
      );
    });
    fc.assert(
      fc.property(modes, shuffled, (mode, [gates, extra, places]) => {
        const moved = extra.reduce(
          (all, each, index) => all.toSpliced((places[index] ?? 0) % (all.length + 1), 0, each),
          required(gates),
        );
        expect(verdictOf(mode, moved).verdict).toBe(verdictOf(mode, gates).verdict);
      }),
      { numRuns: 1000 },
    );
  });

  it('is never better for a supplementary gate that is there', () => {
    const order = ['PASS', 'DRYRUN', 'PARTIAL', 'BLOCKED', 'INCONCLUSIVE', 'FAILED'];
    const extra = anyGate.map((each) => ({ ...each, supplementary: true }));
    fc.assert(
      fc.property(modes, fc.array(anyGate, { minLength: 1 }), extra, (mode, gates, more) => {
        fc.pre(required(gates).length > 0);
        const [without, with_] = [verdictOf(mode, gates).verdict, verdictOf(mode, [...gates, more]).verdict];
        expect(order.indexOf(with_)).toBeGreaterThanOrEqual(order.indexOf(without));
      }),
      { numRuns: 500 },
    );
  });

  it('of a dry run is never PASS, and DRYRUN only where nothing went wrong', () => {
    fc.assert(
      fc.property(fc.array(anyGate, { minLength: 1 }), (gates) => {
        const { verdict } = verdictOf('DRYRUN', gates);
        const clean = required(gates).every(
          ({ status, reason }) => status === 'pass' || reason?.code === 'dryrun',
        );
        expect(verdict).not.toBe('PASS');
        expect(verdict === 'DRYRUN').toBe(clean && required(gates).length > 0);
      }),
      { numRuns: 500 },
    );
  });

  it('is PARTIAL for a gap that is known, and for nothing graver', () => {
    fc.assert(
      fc.property(fc.array(anyGate, { minLength: 1 }), (gates) => {
        const all = required(gates);
        const graver = all.some(({ status }) => status !== 'pass' && status !== 'partial');
        const known = all.some(({ status }) => status === 'partial');
        fc.pre(known || graver);
        expect(verdictOf('LIVE', gates).verdict === 'PARTIAL').toBe(known && !graver);
      }),
      { numRuns: 500 },
    );
  });
});
