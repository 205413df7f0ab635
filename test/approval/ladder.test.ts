// The disable ladder and a decision for each stage of an approval: what is withheld, and what is ended. Tables over the real `decide`.
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/run/decide.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import {
  type Flip,
  foldBoard,
  ladderOf,
  levels,
  noLadder,
  notStarted,
  switchFor,
} from '../../src/run/switch.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const by = { id: 'U0OPS', name: 'Olga' };
const events = eventsAtSigning();
const clock = Date.parse('2026-05-21T05:24:00.000Z');
/** The run right after the first event of this type, or of this type and gate. */
function after(type: string, gate?: string): RunState {
  const found = events.findIndex(
    (event) =>
      event.type === type && (gate === undefined || ('gate' in event.data && event.data.gate === gate)),
  );
  return foldRun('r1', events.slice(0, found + 1));
}
const stages: [string, RunState][] = [
  ['before anything', after('run.requested')],
  ['a gate is under way', after('gate.queued', 'test')],
  [
    'it is about to ask',
    foldRun(
      'r1',
      events.slice(
        0,
        events.findIndex(({ type }) => type === 'approval.requested'),
      ),
    ),
  ],
  ['it waits', after('approval.requested')],
  ['it is granted', after('approval.granted')],
  ['it was looked at once more', after('gate.finished', 'drift')],
  ['promote may begin', after('point-of-no-return')],
  ['promote is under way', after('gate.queued', 'promote')],
  ['promote has ended', after('gate.finished', 'promote')],
  ['it is being signed', after('gate.queued', 'report')],
];
const off = (level: 0 | 1 | 2 | 3) => ladderOf({ enabled: false, level, reason: 'disabled by Olga', by });

/** What `decide` says, in a word. */
function next(run: RunState, ladder = noLadder, now = clock): string {
  const decision = decide(run, now, ladder);
  if (decision.act === 'append') {
    const [event] = decision.events;
    return event && 'gate' in event.data ? `${event.type} ${event.data.gate}` : (event?.type ?? 'nothing');
  }
  return decision.act === 'await-gate' ? `await ${decision.gate.gate.kind}` : decision.act;
}

describe('a run, when', () => {
  it.each([
    ['before anything', 'gate.queued precheck', 'gate.queued precheck', 'run.aborted'],
    ['a gate is under way', 'await test', 'await test', 'run.aborted'],
    ['it is about to ask', 'approval.requested', 'await-votes', 'run.aborted'],
    ['it waits', 'await-votes', 'approval.voided', 'run.aborted'],
    ['it is granted', 'gate.queued drift', 'approval.voided', 'run.aborted'],
    ['it was looked at once more', 'point-of-no-return promote', 'approval.voided', 'run.aborted'],
    // What was approved has begun: withholding comes too late, an abort does not.
    ['promote may begin', 'gate.queued promote', 'gate.queued promote', 'run.aborted'],
    ['promote is under way', 'await promote', 'await promote', 'run.aborted'],
    ['promote has ended', 'gate.queued prove', 'gate.queued prove', 'run.aborted'],
    ['it is being signed', 'await report', 'await report', 'await report'],
  ])('%s: %s while it is on, %s from level 1 on, %s from level 2 on', (name, on, level1, level2) => {
    const run = stages.find(([each]) => each === name)?.[1];
    if (!run) throw new RangeError(`expected a stage ${name}`);
    expect([noLadder, off(0), off(1), off(2), off(3)].map((ladder) => next(run, ladder))).toEqual([
      ...[on, on, level1, level2, level2],
    ]);
  });

  it('is not ended twice, nor where it only looks', () => {
    const run = after('gate.queued', 'test');
    expect(next({ ...run, aborted: { by, reason: 'x' } }, off(2))).toBe('await test');
    expect(next({ ...run, mode: 'DRYRUN' }, off(2))).toBe('await test');
    expect(next({ ...run, operation: 'verify' }, off(2))).toBe('await test');
  });
});

describe('an approval', () => {
  const expiresAt = Date.parse(after('approval.requested').approval?.expiresAt ?? '');
  it.each<[string, number, string]>([
    ['it waits', expiresAt - 1, 'await-votes'],
    ['it waits', expiresAt, 'approval.expired'],
    ['it is granted', expiresAt - 1, 'gate.queued drift'],
    ['it is granted', expiresAt, 'approval.expired'],
    ['it was looked at once more', expiresAt, 'approval.expired'],
    // What has begun does not expire.
    ['promote may begin', expiresAt + 1, 'gate.queued promote'],
  ])('when %s, at %d: %s', (name, now, expected) => {
    const run = stages.find(([each]) => each === name)?.[1];
    expect(run && next(run, noLadder, now)).toBe(expected);
  });

  it('is used on a look of the last two minutes alone, and on none from the future', () => {
    const run = after('gate.finished', 'drift');
    const look = run.gates.find(({ gate }) => gate.kind === 'drift');
    const queuedAt = Date.parse(look?.queuedAt ?? '');
    const finishedAt = Date.parse(look?.finishedAt ?? '');
    expect(next(run, noLadder, queuedAt + 120_000)).toBe('point-of-no-return promote');
    expect(next(run, noLadder, queuedAt + 120_001)).toBe('gate.queued drift');
    expect(next(run, noLadder, finishedAt - 60_000)).toBe('point-of-no-return promote');
    expect(next(run, noLadder, finishedAt - 60_001)).toBe('gate.queued drift');
  });

  it('is not used in a freeze, which does not hold up the way back', () => {
    const run = after('gate.finished', 'drift');
    const freeze = { title: 'fair', from: '2026-05-21T00:00', to: '2026-05-22T00:00', timeZone: 'UTC' };
    const frozen = { ...run, plan: { ...run.plan, approval: { ...run.plan.approval, freezes: [freeze] } } };
    expect(next(frozen)).toBe('await-votes');
    expect(next({ ...frozen, operation: 'rollback' })).not.toBe('await-votes');
    const overridden = {
      by,
      reason: 'it must',
      freezes: [{ title: 'fair', until: '2026-05-22T00:00:00.000Z' }],
      at: '2026-05-21T05:23:00.000Z',
    };
    expect(next({ ...frozen, freezeOverrides: [overridden] })).toBe('point-of-no-return promote');
  });

  it('that somebody rejected ends, before anything takes it back', () => {
    const run = after('approval.requested');
    const rejected = { ...run, approval: run.approval && { ...run.approval, rejectedBy: by } };
    for (const ladder of [noLadder, off(1)]) expect(next(rejected, ladder)).toBe('approval.rejected');
    expect(next(rejected, noLadder, expiresAt)).toBe('approval.rejected');
  });
});

describe('the board', () => {
  const flip = (seq: number, plan: string | null, enabled: boolean, level: Flip['level'] = 0): Flip => ({
    ...{ plan, enabled, level, by, reason: `flip ${seq}`, at: '2026-05-21T05:20:00.000Z', seq },
  });
  const view = (...flips: Flip[]) => {
    const { enabled, level, reason } = switchFor(foldBoard(flips), 'enabled', 'o8b-retry');
    return [enabled, level, /flip \d/.exec(reason)?.[0] ?? 'as configured'];
  };
  it.each<[Flip[], unknown[]]>([
    [[], [true, -1, 'as configured']],
    [[flip(1, null, false)], [false, 0, 'flip 1']],
    [
      [flip(1, null, false), flip(2, null, true)],
      [true, -1, 'as configured'],
    ],
    [[flip(1, 'o8b-retry', false, 1)], [false, 1, 'flip 1']],
    [[flip(1, 'o9', false)], [true, -1, 'as configured']],
    // On for the plan does not lift an off for all, nor the other way round.
    [
      [flip(1, null, false), flip(2, 'o8b-retry', true)],
      [false, 0, 'flip 1'],
    ],
    [
      [flip(1, 'o8b-retry', false), flip(2, null, true)],
      [false, 0, 'flip 1'],
    ],
    // The higher level holds, whichever it is of.
    [
      [flip(1, null, false, 1), flip(2, 'o8b-retry', false, 3)],
      [false, 3, 'flip 2'],
    ],
    [
      [flip(1, null, false, 3), flip(2, 'o8b-retry', false, 1)],
      [false, 3, 'flip 1'],
    ],
  ])('case %#', (flips, expected) => {
    expect(view(...flips)).toEqual(expected);
    expect(switchFor(foldBoard(flips), 'disabled', 'o8b-retry')).toMatchObject({
      enabled: false,
      level: 0,
      by: null,
    });
  });

  it('withholds from level 1, ends from level 2, and starts none at level 3', () => {
    expect(levels.map((level) => [off(level).withheld !== null, off(level).void !== null])).toEqual([
      ...[
        [false, false],
        [true, false],
        [true, true],
        [true, true],
      ],
    ]);
    const started = levels.map((level) => notStarted({ enabled: false, level, reason: 'x', by }) === null);
    expect(started).toEqual([true, true, true, false]);
  });
});
