// The table of endings: what each says to do next. That it works is shown by test/run/follow-advice.test.ts.
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { adviseNext } from '../../src/report/advise-next.ts';
import { concludeRun } from '../../src/report/conclude-run.ts';
import { describeNext } from '../../src/report/final/describe-next.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { nextLines } from '../../src/slack/view/next-lines.ts';
import { referenceFacts } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { alice, eventsAtEnd, eventsAtSigning, type Scenario } from '../fixtures/run-events.ts';

const subjectFacts: { [gate: string]: Json } = JSON.parse(JSON.stringify(referenceFacts));
const reason = { code: 'why', text: 'it does not hold' };
const fail = { status: 'fail', reason } as const;
const inconclusive = { status: 'inconclusive' as const, reason, facts: {}, mutations: [] };
const ended = (scenario: Scenario): RunState => foldRun('r1', eventsAtEnd(eventsAtSigning(scenario)));
const partialPlan = referencePlan({
  gates: referencePlan().gates.map((gate) =>
    gate.kind === 'rollback-readiness' ? { ...gate, kind: 'probes', supplementary: true } : gate,
  ),
  outcomes: { pass: 'A', partial: 'P', blocked: 'B', failed: 'C', inconclusive: 'D' },
});
const back: Scenario = { operation: 'rollback', subjectFacts };
const hold = referencePlan({ onFailureAfterPromote: 'hold' });

const endings: [
  title: string,
  scenario: Scenario,
  verdict: string,
  advice: string[],
  planned: 'now' | 'later' | 'no',
][] = [
  ['a deploy that passed', {}, 'PASS', [], 'now'],
  ['one that is partial', { plan: partialPlan, results: { probes: fail } }, 'PARTIAL', [], 'now'],
  [
    'one that was blocked at G0',
    { results: { precheck: { status: 'blocked', reason } } },
    'BLOCKED',
    ['again'],
    'later',
  ],
  ['one whose tests failed', { results: { test: fail } }, 'FAILED', ['again'], 'later'],
  [
    'one that lost its artifact’s answer',
    { results: { artifact: inconclusive } },
    'INCONCLUSIVE',
    ['look-at-branch', 'branch-back', 'again'],
    'later',
  ],
  [
    'one that failed at stage',
    { results: { stage: fail } },
    'FAILED',
    ['branch-back', 'again', 'go-on-from-there', 'tidy'],
    'later',
  ],
  [
    'one that was rejected',
    { votes: [{ ...alice, vote: 'reject' }] },
    'BLOCKED',
    ['branch-back', 'again', 'go-on-from-there', 'tidy'],
    'later',
  ],
  [
    'one that was aborted after its commit',
    { abortAfter: 'artifact' },
    'BLOCKED',
    ['branch-back', 'again', 'go-on-from-there'],
    'later',
  ],
  [
    'one that nobody approved',
    { votes: [] },
    'BLOCKED',
    ['branch-back', 'again', 'go-on-from-there', 'tidy'],
    'later',
  ],
  [
    'one that went back by itself',
    { results: { prove: fail } },
    'FAILED',
    ['branch-back', 'again', 'go-on-from-there'],
    'later',
  ],
  [
    'one that is held over its candidate',
    { plan: hold, results: { prove: fail } },
    'FAILED',
    ['roll-back', 'look-again', 'go-on-from-there'],
    'later',
  ],
  [
    'one whose promote was cut off, over a host that nobody can see',
    { results: { promote: inconclusive, 'observe-live': inconclusive } },
    'INCONCLUSIVE',
    ['roll-back'],
    'later',
  ],
  [
    'one whose promote was cut off before it changed anything, as was seen',
    { results: { promote: inconclusive } },
    'INCONCLUSIVE',
    ['branch-back', 'again', 'go-on-from-there', 'tidy'],
    'later',
  ],
  [
    'one whose way back was cut off, over a host that nobody can see',
    { results: { prove: fail, rollback: inconclusive, 'observe-live': inconclusive } },
    'INCONCLUSIVE',
    ['roll-back'],
    'later',
  ],
  ['a dry run', { mode: 'DRYRUN' }, 'DRYRUN', ['for-real'], 'later'],
  ['a dry run that failed', { mode: 'DRYRUN', results: { test: fail } }, 'FAILED', ['again'], 'later'],
  ['a look that passed', { operation: 'verify', subjectFacts }, 'PASS', [], 'now'],
  [
    'a look that failed',
    { operation: 'verify', subjectFacts, results: { verify: fail } },
    'FAILED',
    ['again', 'roll-back'],
    'later',
  ],
  ['a rollback that passed', back, 'PASS', ['branch-back', 'go-on-from-there'], 'no'],
  ['a rollback that nobody approved', { ...back, votes: [] }, 'BLOCKED', ['again'], 'no'],
  [
    'a rollback that was cut off',
    { ...back, results: { rollback: inconclusive } },
    'INCONCLUSIVE',
    ['again'],
    'no',
  ],
];

describe.each(endings)('%s', (_, scenario, verdict, advice, planned) => {
  const run = ended(scenario);
  const next = adviseNext(run, run.finished?.verdict ?? 'PASS');

  it('says what works then, alike in report and thread', () => {
    expect(run.finished?.verdict).toBe(verdict);
    expect([next.advice.map(({ id }) => id), next.planned]).toEqual([advice, planned]);
    const report = describeNext(run, concludeRun(run));
    const thread = nextLines(run).join('\n');
    expect(report.includes('Ratify the milestone')).toBe(planned !== 'no');
    expect(thread.includes('Ratify the milestone')).toBe(planned !== 'no');
    expect(report.includes('waits until then')).toBe(planned === 'later');
    for (const { type, write } of next.advice) {
      const text = write ?? type.join(' && ');
      expect(report).toContain(text);
    }
    if (verdict !== 'PASS')
      expect(report.includes('First mend')).toBe(verdict !== 'PARTIAL' && verdict !== 'DRYRUN');
  });
});

it('what is typed is quoted for the shell, and asks again for just what was asked for', () => {
  const source = {
    machine: 'mac-ssot',
    repository: "/srv/it's here/$(id)",
    branch: 'main',
    baseline: 'a'.repeat(40),
  };
  const failed = ended({ plan: referencePlan({ source }), results: { stage: fail } });
  const [branchBack] = adviseNext(failed, 'FAILED').advice;
  for (const line of branchBack?.type ?? []) expect(line).toContain("git -C '/srv/it'\\''s here/$(id)' ");
  const typed = (scenario: Scenario) => {
    const run = ended(scenario);
    return adviseNext(run, run.finished?.verdict ?? 'PASS').advice.find(({ id }) => id === 'again')?.type;
  };
  expect(typed({ mode: 'DRYRUN', results: { test: fail } })).toEqual(['/deploy o8b-retry --dry-run']);
  expect(typed({ ...back, votes: [] })).toEqual(['/rollback r0']);
  expect(typed({ operation: 'verify', subjectFacts, results: { verify: fail } })).toEqual(['/verify r0']);
});
