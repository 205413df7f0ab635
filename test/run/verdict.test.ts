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
