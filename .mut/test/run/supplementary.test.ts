import { describe, expect, it } from 'vitest';
import type { Check } from '../../src/run/gate-result.ts';
import type { RunState } from '../../src/run/state.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const reason = { code: 'baseline', text: 'the repository is elsewhere' };
const check = (id: string, status: Check['status']): Check => ({
  id,
  title: id,
  status,
  actual: '',
  evidence: [],
});
const more = (kind: string, own: object = {}) => ({
  id: 'S',
  kind,
  title: `a look: ${kind}`,
  supplementary: true,
  ...own,
});

/** The reference plan, whose gates that only look are supplementary, with some more of them before the report. */
function planOf(...gates: object[]) {
  const { gates: planned, outcomes } = referencePlan();
  return referencePlan({
    gates: [...planned.slice(0, -1), ...gates, ...planned.slice(-1)],
    outcomes: { ...outcomes, partial: 'A — PARTLY' },
  });
}

function blockedAtG0(plan: ReturnType<typeof planOf>, machine: Check['status']): RunState {
  const checks = [check('machine', machine), check('baseline', 'blocked')];
  return stateAtSigning({ plan, results: { precheck: { status: 'blocked', reason, checks, facts: {} } } });
}

const statusOf = (run: RunState, name: string) => {
  const found = run.gates.find(({ gate }) => (gate.name ?? gate.kind) === name);
  return [found?.status, found?.reason?.text];
};

describe('supplementary gates of a run that is blocked at G0', () => {
  const plan = planOf(
    more('host-survey', { with: { host: 'contabo' } }),
    more('command-proof', { with: { command: ['true'], directory: '/tmp' } }),
    more('probes'),
    more('gap-review'),
    more('decide', { needs: ['precheck'], with: { question: 'Q', decision: 'D', reason: 'R' } }),
  );

  it('run as far as what they need is there; on the right machine that is all that a look needs of a precheck', () => {
    const run = blockedAtG0(plan, 'pass');
    for (const name of ['host-survey', 'command-proof', 'probes', 'gap-review'])
      expect(statusOf(run, name), name).toEqual(['pass', undefined]);
    expect(
      run.gates
        .filter(({ gate, attempt }) => !gate.supplementary && attempt > 0)
        .map(({ gate }) => gate.kind),
    ).toEqual(['precheck', 'report']);
  });

  it('do not where the plan names what they need, or the machine is the wrong one', () => {
    expect(statusOf(blockedAtG0(plan, 'pass'), 'decide')[0]).toBe('not-run');
    expect(statusOf(blockedAtG0(plan, 'blocked'), 'probes')[0]).toBe('not-run');
    expect(statusOf(blockedAtG0(plan, 'blocked'), 'gap-review')[0]).toBe('pass');
  });

  it('stand on one another: tests where the change set could be surveyed and reconciled', () => {
    const looks = referencePlan().gates.map((gate) =>
      ['survey', 'reconcile', 'test'].includes(gate.kind) ? { ...gate, supplementary: true } : gate,
    );
    const only = looks.filter(({ kind }) =>
      ['precheck', 'survey', 'reconcile', 'test', 'report'].includes(kind),
    );
    const run = blockedAtG0(referencePlan({ gates: only, passCriteria: [] }), 'pass');
    expect(run.gates.map(({ gate, status }) => [gate.kind, status])).toEqual([
      ['precheck', 'blocked'],
      ['survey', 'pass'],
      ['reconcile', 'pass'],
      ['test', 'pass'],
      ['report', 'queued'],
    ]);
  });
});
