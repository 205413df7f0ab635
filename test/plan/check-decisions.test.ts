import { describe, expect, it } from 'vitest';
import { decisionFaults } from '../../src/plan/check-decisions.ts';

const gate = (kind: string, more: object = {}) => ({ id: 'G', kind, title: kind, ...more });
const people = gate('decide', { with: { by: 'people' } });
const messages = (plan: object) =>
  decisionFaults(plan).map(({ path, message }) => `${path.join('/')}: ${message}`);

describe('what people are asked for in one run', () => {
  it('is a decision or a promote, never both', () => {
    expect(messages({ gates: [gate('precheck'), people, gate('report')] })).toEqual([]);
    expect(messages({ gates: [gate('promote'), gate('decide', { with: { by: 'rule' } })] })).toEqual([]);
    for (const gates of [
      [people, gate('promote')],
      [gate('promote'), people],
    ])
      expect(messages({ gates })).toEqual([expect.stringContaining('a decision by people beside a promote')]);
  });

  it('is one decision', () => {
    expect(messages({ gates: [people, { ...people, name: 'again' }] })).toEqual([
      expect.stringMatching(/^gates\/1\/with\/by: .*beside another one/),
    ]);
  });
});

describe('evidence', () => {
  const gates = [gate('precheck'), gate('command-proof', { name: 'loop' }), gate('report')];

  it('for closing a gap is of a gate or a probe that the plan has, and not of its report', () => {
    const closes = (ref: object) => messages({ gates, probes: [{ id: 'rows' }], gaps: [{ closes: [ref] }] });
    expect(closes({ check: 'loop/output' })).toEqual([]);
    expect(closes({ probe: 'rows' })).toEqual([]);
    for (const ref of [{ check: 'command-proof/output' }, { check: 'report/bundle' }, { probe: 'lines' }])
      expect(closes(ref)).toEqual([expect.stringContaining('gaps/0/closes/0: expected')]);
  });

  it('of a rule is of a gate before it', () => {
    const rule = (check: string) =>
      messages({ gates: [gates[0], gate('decide', { with: { when: [{ check }] } }), gates[1], gates[2]] });
    expect(rule('precheck/clean')).toEqual([]);
    expect(rule('loop/output')).toEqual([expect.stringContaining('gates/1/with/when/0')]);
  });

  it('of a plan without form is left to the schema', () => {
    for (const plan of [
      null,
      7,
      { gates: 'none', gaps: [null, { closes: 3 }] },
      { gates: [null], gaps: [{ closes: [{ check: 'a/b' }] }] },
    ])
      expect(decisionFaults(plan)).toEqual([]);
  });
});
