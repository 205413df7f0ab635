// A run whose target's lock was taken from it, at every stage of it: nothing of it changes anything any more, what was under way
// is not known, what is live is looked at, and the report is made. The real `decide` over the real fold.
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../src/plan/schema-gates.ts';
import { decide } from '../../src/run/decide.ts';
import type { NewEvent, RunEvent } from '../../src/run/events.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { cutOffGate } from '../../src/run/try-again.ts';
import { factsWith, promotedFacts } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { eventsAtSigning, requester, type Scenario } from '../fixtures/run-events.ts';

const taken = { by: { id: 'U0OPS', name: 'Olga' }, reason: 'it hangs' };
const broken = { type: 'lock.broken', data: taken } as const;
const aborted = { type: 'run.aborted', data: { by: requester, reason: 'wrong day' } } as const;
const at = (seq: number) => new Date(Date.parse('2026-05-21T06:00:00.000Z') + seq * 1000).toISOString();
const failed = { status: 'fail' as const, reason: { code: 'proofs', text: '7/8 hold' } };
const lost = { status: 'inconclusive' as const, reason: { code: 'connection-lost', text: 'lost' } };

/** What the run does from there on, until it waits for its report; a look finds what it finds. */
function goOn(events: readonly RunEvent[], ...first: readonly NewEvent[]): { run: RunState; done: string[] } {
  const all = [...events];
  const done: string[] = [];
  const append = (event: NewEvent) => {
    const seq = all.length + 1;
    all.push({ ...event, seq, at: at(seq) } as RunEvent);
    done.push('gate' in event.data ? `${event.type} ${event.data.gate}` : event.type);
  };
  first.forEach(append);
  for (let step = 0; step < 40; step += 1) {
    const run = foldRun('r1', all);
    const next = decide(run, Date.parse(at(all.length)) + 3_600_000);
    if (next.act === 'append') next.events.forEach(append);
    else if (next.act === 'await-gate' && next.gate.gate.kind === 'observe-live') {
      const { gate, attempt } = next.gate;
      const key = keyOf(gate);
      append({
        type: 'gate.finished',
        data: {
          ...{ gate: key, attempt },
          result: {
            ...{ gate: key, attempt, status: 'pass', reason: null, machine: 'w', startedAt: at(0) },
            ...{
              finishedAt: at(0),
              checks: [],
              facts: factsWith('observe-live'),
              mutations: [],
              evidence: [],
            },
          },
        },
      });
    } else return { run, done };
  }
  throw new RangeError(`expected an end, got ${done.join(', ')}`);
}

const scenarios: [string, Scenario][] = [
  ['goes well', {}],
  ['fails after promote', { results: { prove: failed } }],
  ['loses its host at promote', { results: { promote: lost } }],
  ['loses its host at stage', { results: { stage: lost } }],
  ['is aborted after promote', { abortAfter: 'promote' }],
  ['is a rollback', { operation: 'rollback', subjectFacts: promotedFacts() }],
];

/** Every moment of a run: after each of its events. */
const stages = scenarios.flatMap(([name, scenario]) => {
  const events = eventsAtSigning(scenario);
  return events.map((_, index) => [name, index + 1, events.slice(0, index + 1)] as const);
});

describe('a run that lost its lock', () => {
  it.each(stages)('and %s, after event %d: changes nothing more, and is reported', (_, __, events) => {
    const before = foldRun('r1', events);
    const underWay = [...before.gates, ...before.looks].find(({ status }) => status === 'queued');
    const { run, done } = goOn(events, broken);
    expect(run.lockBroken).toMatchObject(taken);
    // Nothing begins but the look at what is live, and the report.
    for (const each of done.filter((event) => event.startsWith('gate.queued')))
      expect(each).toMatch(/^gate\.queued (observe-live|report)/);
    for (const event of ['rollback.begun', 'approval.requested', 'approval.granted', 'point-of-no-return'])
      expect(done.filter((each) => each.startsWith(event))).toEqual([]);
    // What was under way is given up, but for a look and the report.
    const kind = underWay?.gate.kind;
    const isGivenUp = underWay && kind !== 'observe-live' && kind !== 'report';
    expect(done.filter((each) => each.startsWith('gate.abandoned'))).toEqual(
      isGivenUp ? [`gate.abandoned ${keyOf(underWay.gate)}`] : [],
    );
    if (isGivenUp)
      expect(run.gates.find(({ gate }) => keyOf(gate) === keyOf(underWay.gate))).toMatchObject({
        status: 'inconclusive',
        reason: { code: 'lock-broken', text: expect.stringContaining('Olga took the target’s lock') },
      });
    // What was still to come did not run, and says why.
    for (const state of run.gates) {
      const then = before.gates.find(({ gate }) => keyOf(gate) === keyOf(state.gate));
      if (then?.status !== 'pending' || state.gate.kind === 'report') continue;
      expect(state).toMatchObject({
        status: 'not-run',
        reason: { code: 'lock-broken', text: expect.stringContaining('it hangs') },
      });
    }
    expect(run.gates.find(({ gate }) => gate.kind === 'report')?.status).toBe('queued');
  });

  it.each(stages)(
    'and %s, after event %d, and was aborted too, says that the lock is why',
    (_, __, events) => {
      const { run, done } = goOn(events, aborted, broken);
      expect(done).not.toContain('rollback.begun');
      for (const { status, reason } of run.gates) if (status === 'not-run') expect(reason).not.toBeNull();
      expect(done.filter((each) => /^gate\.queued (?!observe-live|report)/.test(each))).toEqual([]);
    },
  );

  it('tries nothing again that was cut off', () => {
    const events = eventsAtSigning({ results: { stage: lost } });
    const first = events.findIndex(
      ({ type, data }) => type === 'gate.finished' && 'gate' in data && data.gate === 'stage',
    );
    const run = foldRun('r1', events.slice(0, first + 1));
    expect(cutOffGate(run)?.gate.kind).toBe('stage');
    expect(cutOffGate({ ...run, lockBroken: { ...taken, at: at(0) } })).toBeUndefined();
  });

  it('looks at nothing supplementary', () => {
    const { gates } = referencePlan();
    const more = {
      id: 'G9',
      kind: 'host-survey',
      title: 'look',
      supplementary: true,
      with: { host: 'contabo' },
    };
    const plan = referencePlan({ gates: [...gates.slice(0, -1), more, ...gates.slice(-1)] });
    const events = eventsAtSigning({ plan });
    const promoted = events.findIndex(
      ({ type, data }) => type === 'gate.finished' && 'gate' in data && data.gate === 'promote',
    );
    const { run } = goOn(events.slice(0, promoted + 1), broken);
    expect(run.gates.find(({ gate }) => gate.kind === 'host-survey')).toMatchObject({ status: 'not-run' });
  });
});

describe('an abort', () => {
  const cancels = (events: readonly RunEvent[]) => {
    const run = foldRun('r1', [...events, { ...aborted, seq: events.length + 1, at: at(0) }]);
    const next = decide(run, Date.parse(at(0)));
    return next.act === 'await-gate' ? [next.gate.gate.kind, next.cancel] : null;
  };

  it.each(scenarios)(
    'of a run that %s cancels what goes forward, never the way back, the look or the report',
    (_, scenario) => {
      const events = eventsAtSigning(scenario);
      const asked = events.flatMap((event, index) =>
        event.type === 'gate.queued' ? [cancels(events.slice(0, index + 1))] : [],
      );
      for (const found of asked) {
        const [kind, cancel] = found ?? [];
        expect([kind, cancel]).toEqual([
          kind,
          !['rollback', 'observe-live', 'report'].includes(String(kind)),
        ]);
      }
      expect(asked.length).toBeGreaterThan(3);
    },
  );

  it('leaves the way back under way', () => {
    const events = eventsAtSigning({ results: { prove: failed } });
    const back = events.findIndex(
      ({ type, data }) => type === 'gate.queued' && 'gate' in data && data.gate === 'rollback',
    );
    expect(cancels(events.slice(0, back + 1))).toEqual(['rollback', false]);
  });
});
