// What a run says is live follows from the last look at the host, whatever its gates said.
import { describe, expect, it } from 'vitest';
import { attemptsOf } from '../../src/run/attempts-of.ts';
import { promotesToTakeBack } from '../../src/run/choose-anchor.ts';
import { decide, judgedGates } from '../../src/run/decide.ts';
import { endingOf, fitToHost } from '../../src/run/ending.ts';
import type { NewEvent, RunEvent } from '../../src/run/events.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import { isLive } from '../../src/run/live-history.ts';
import { ownerOf } from '../../src/run/name-seen-tree.ts';
import { looksInVain, observationsOf, owedLook } from '../../src/run/observation.ts';
import { standingsOf } from '../../src/run/standing.ts';
import { foldRun } from '../../src/run/state.ts';
import { unsignedJob } from '../../src/run/unsigned-job.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { factsWith, referenceFacts } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { eventsAtSigning, requester } from '../fixtures/run-events.ts';

const at = '2026-05-21T06:00:00.000Z';
const lost = { code: 'connection-lost', text: 'the connection was lost' };
const anchor = { digest: referenceFacts.stage.liveTree?.digest ?? '' };
const candidate = { digest: referenceFacts.stage.stagedTree.digest };
const other = { digest: `sha256:${'9'.repeat(64)}` };

/** A run whose promote is queued, and a way to go on from there. */
function atPromote() {
  const all = eventsAtSigning();
  const index = all.findIndex(
    ({ type, data }) => type === 'gate.queued' && 'gate' in data && data.gate === 'promote',
  );
  const events = all.slice(0, index + 1);
  const add = (event: NewEvent) => void events.push({ ...event, seq: events.length + 1, at } as RunEvent);
  const run = () => foldRun('r1', events);
  const finish = (gate: string, given: Partial<GateResult>) => {
    const { attempt } = [...run().gates, ...run().looks].find(
      (each) => (each.gate.name ?? each.gate.kind) === gate,
    ) ?? { attempt: 0 };
    const result: GateResult = {
      ...{ gate, attempt, status: 'pass', reason: null, machine: 'm', startedAt: at, finishedAt: at },
      ...{ checks: [], facts: {}, mutations: [], evidence: [] },
      ...given,
    };
    add({ type: 'gate.finished', data: { gate, attempt, result } });
  };
  /** Lets `decide` go on until it waits; resolves what it waits for. */
  const go = (now = Date.parse(at)) => {
    for (;;) {
      const next = decide(run(), now);
      if (next.act !== 'append') return next.act === 'await-gate' ? next.gate.gate.kind : next.act;
      next.events.forEach(add);
    }
  };
  return { run, add, finish, go };
}

const seeing = (facts: Parameters<typeof factsWith>[1]): Partial<GateResult> => ({
  facts: factsWith('observe-live', facts),
});

describe('after a promote that gave no pass', () => {
  it.each([
    ['a refusal of a worker', { status: 'blocked', reason: { code: 'unauthorized', text: 'refused' } }],
    ['a refused lock', { status: 'blocked', reason: { code: 'locked', text: 'held' } }],
    ['no result', { status: 'inconclusive', reason: { code: 'no-result', text: 'none' } }],
    ['a failure', { status: 'fail', reason: { code: 'live-tree', text: 'other' } }],
  ] as const)('such as %s, the host is looked at before anything else', (_, given) => {
    const { finish, go, run } = atPromote();
    finish('promote', given);
    expect(go()).toBe('observe-live');
    finish('observe-live', seeing({ tree: candidate }));
    expect(observationsOf(run())).toMatchObject([
      { live: 'candidate', at: referenceFacts['observe-live'].at },
    ]);
    expect(standingsOf(run())).toMatchObject([{ live: 'candidate' }]);
    expect(promotesToTakeBack(run())).toHaveLength(1);
  });

  it('a candidate that was seen is taken back, though the gate said that nothing was changed', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'blocked', reason: { code: 'unauthorized', text: 'nothing was changed' } });
    go();
    finish('observe-live', seeing({ tree: candidate }));
    expect(go()).toBe('rollback');
    expect(run().rollback).toMatchObject({ trigger: 'automatic' });
  });

  it('an anchor that was seen leaves nothing to take back', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'inconclusive', reason: { code: 'no-result', text: 'none' } });
    go();
    finish('observe-live', seeing({ tree: anchor }));
    expect(go()).toBe('report');
    expect(promotesToTakeBack(run())).toEqual([]);
    expect(standingsOf(run())).toMatchObject([{ live: 'unchanged' }]);
  });

  it('equal trees are told apart by the directory that the journal names', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'inconclusive', reason: { code: 'no-result', text: 'none' } });
    go();
    const begun = { gate: 'promote', live: '1:10', incoming: '1:20' };
    finish('observe-live', seeing({ tree: other, inode: '1:20', begun }));
    expect(observationsOf(run())).toMatchObject([{ live: 'neither', directory: 'candidate' }]);
  });
});

describe('a host that does not answer', () => {
  it('is asked again, with a growing pause, until it does; until then what is live is not known', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'inconclusive', reason: lost });
    for (const pause of [1_000, 2_000, 5_000]) {
      expect(go(Date.parse(at) + 100_000)).toBe('observe-live');
      finish('observe-live', { status: 'inconclusive', reason: lost });
      expect(looksInVain(run())).toHaveLength(1);
      expect(decide(run(), Date.parse(at))).toEqual({
        act: 'await-time',
        until: new Date(Date.parse(at) + pause).toISOString(),
      });
      expect(observationsOf(run())).toMatchObject([{ live: 'not-known', reason: lost }]);
      expect(standingsOf(run())).toMatchObject([{ live: 'unknown' }]);
    }
    go(Date.parse(at) + 100_000);
    finish('observe-live', seeing({ tree: anchor }));
    // The promote was cut off by a short fault: it looks and goes on, as a second start does.
    expect(go(Date.parse(at) + 100_000)).toBe('promote');
    expect(run().gates.find(({ gate }) => gate.kind === 'promote')).toMatchObject({
      attempt: 2,
      earlier: [{ attempt: 1, reason: lost }],
    });
  });

  it('does not hold a run that somebody ends without knowing; it is INCONCLUSIVE then', () => {
    const { finish, go, add, run } = atPromote();
    finish('promote', { status: 'inconclusive', reason: lost });
    go();
    finish('observe-live', { status: 'inconclusive', reason: lost });
    add({
      type: 'look.given-up',
      data: { by: requester, reason: 'the host burnt', looks: ['observe-live'] },
    });
    expect(owedLook(run())).toBeNull();
    expect(go()).toBe('report');
    expect(endingOf(run(), judgedGates(run())).verdict).toBe('INCONCLUSIVE');
    expect(promotesToTakeBack(run())).toHaveLength(1);
  });

  it('ends a try after four attempts of the same gate', () => {
    const { finish, go, run } = atPromote();
    const later = Date.parse(at) + 600_000;
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      expect(run().gates.find(({ gate }) => gate.kind === 'promote')?.attempt).toBe(attempt);
      finish('promote', { status: 'inconclusive', reason: lost });
      expect(go(later)).toBe('observe-live');
      finish('observe-live', seeing({ tree: anchor }));
      go(later);
    }
    expect(run().gates.find(({ gate }) => gate.kind === 'promote')?.attempt).toBe(4);
    expect(run().gates.find(({ gate }) => gate.kind === 'report')?.status).toBe('queued');
  });
});

describe('a look', () => {
  it('that is merely under way is not in vain: an abort then ends no look', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'fail', reason: { code: 'live-tree', text: 'other' } });
    expect(go()).toBe('observe-live');
    expect(looksInVain(run())).toEqual([]);
  });

  it('that was given up is owed anew once the target is changed again', () => {
    const { finish, go, add, run } = atPromote();
    finish('promote', { status: 'inconclusive', reason: lost });
    go();
    finish('observe-live', { status: 'inconclusive', reason: lost });
    add({ type: 'look.given-up', data: { by: requester, reason: 'gone', looks: ['observe-live'] } });
    expect(owedLook(run())).toBeNull();
    add({ type: 'gate.queued', data: { gate: 'promote', attempt: 2, role: 'ssot', jobId: 'x' } });
    finish('promote', { status: 'inconclusive', reason: { code: 'no-result', text: 'none' } });
    expect(owedLook(run())).not.toBeNull();
  });

  it('is not owed any more once the report is being signed', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'inconclusive', reason: { code: 'no-result', text: 'none' } });
    go();
    finish('observe-live', seeing({ tree: anchor }));
    expect(go()).toBe('report');
    expect(owedLook(run())).toBeNull();
  });
});

describe('a way back', () => {
  it('takes away what every attempt of the run before it may still do', () => {
    const { finish, go, run } = atPromote();
    const nonce = 'a'.repeat(32);
    const promote = run().gates.find(({ gate }) => gate.kind === 'promote');
    finish('promote', { status: 'inconclusive', reason: lost });
    go();
    const given = attemptsOf(run(), ({ kind }) => kind === 'promote');
    expect(given).toEqual([{ nonce: expect.stringMatching(/^[0-9a-f]{32}$/), notAfter: expect.any(String) }]);
    const back = foldRun(
      'r2',
      eventsAtSigning({ runId: 'r2', operation: 'rollback', subjectFacts: { stage: factsWith('stage') } }),
    );
    const gate = back.gates.find((each) => each.gate.kind === 'rollback');
    if (!gate || !promote) throw new RangeError('expected a rollback and a promote');
    const job = unsignedJob({ ...back, subjectAttempts: [{ nonce, notAfter: at }] }, gate);
    expect(job.revokes).toEqual([{ nonce, notAfter: at }]);
    expect(unsignedJob(run(), promote).revokes).toBeUndefined();
  });
});

describe('what was seen against what the gates said', () => {
  it('a candidate that came up behind a refusal and was taken back is told as taken back, and FAILED', () => {
    const { finish, go, run } = atPromote();
    finish('promote', { status: 'blocked', reason: { code: 'unauthorized', text: 'refused' } });
    go();
    finish('observe-live', seeing({ tree: candidate }));
    expect(go()).toBe('rollback');
    finish('rollback', { facts: factsWith('rollback') });
    expect(go()).toBe('observe-live');
    finish('observe-live', seeing({ tree: anchor }));
    expect(standingsOf(run())).toMatchObject([{ live: 'restored' }]);
    expect(endingOf(run(), judgedGates(run())).verdict).toBe('FAILED');
  });

  it('a tree that somebody put back after the promote is not told as a promote that changed nothing', () => {
    const events = eventsAtSigning({ results: { 'observe-live': seeing({ tree: anchor }) } });
    const run = foldRun('r1', events);
    expect(whatIsLive(run).join('\n')).toContain('This run did not bring that back');
    expect(isLive(run, [run])).toBe(false);
    expect(endingOf(run, judgedGates(run)).verdict).toBe('INCONCLUSIVE');
  });
});

describe('of two live paths of which one alone changed', () => {
  const second = '/opt/incomex/second';
  const { gates, target } = referencePlan();
  const plan = referencePlan({
    target,
    targets: { second: { host: target?.host ?? '', livePath: second } },
    gates: gates.flatMap((gate) =>
      ['stage', 'promote', 'prove', 'rollback-readiness'].includes(gate.kind)
        ? [gate, { ...gate, name: `${gate.kind}-second`, target: 'second' }]
        : [gate],
    ),
    passCriteria: [],
    onFailureAfterPromote: 'hold',
  });

  it('the thread says it at each path, and nothing that reads as the whole run', () => {
    const refused = { status: 'blocked', reason: { code: 'locked', text: 'held' } } as const;
    const events = eventsAtSigning({
      plan,
      resultsOf: ({ kind, target: of }) => (kind === 'promote' && of === 'second' ? refused : undefined),
    });
    const lines = whatIsLive(foldRun('r1', events));
    const seen = `(seen ${referenceFacts['observe-live'].at})`;
    const lineOf = (path: string) => lines.find((line) => line.includes(path));
    expect(lineOf(second)).toBe(
      `Nothing went live at \`${second}\` on \`contabo\` (second): it is as it was ${seen}.`,
    );
    expect(lineOf(`${target?.livePath}\``)).toContain('is the approved candidate');
    expect(lines.filter((line) => /^Nothing went live(?! at `)/.test(line))).toEqual([]);
  });
});

describe('a tree that is none of the run’s own', () => {
  const seenTree = { run: 'r9', as: 'candidate' as const };
  const stopped = (begun: { gate: string; live: string; incoming: string } | null, known = true) => {
    const stop = { status: 'blocked' as const, reason: { code: 'position', text: 'another tree is live' } };
    const events = eventsAtSigning({
      operation: 'rollback',
      subjectFacts: { stage: factsWith('stage') },
      results: { 'rollback-readiness': stop, 'observe-live': seeing({ tree: other, begun }) },
    }).map((event) =>
      known && event.type === 'gate.finished' && event.data.gate === 'observe-live'
        ? { ...event, data: { ...event.data, seenTree } }
        : event,
    );
    return foldRun('r1', events);
  };

  it('is told as the candidate of the run that brought it; a run that changed nothing is BLOCKED over it', () => {
    const run = stopped(null);
    expect(observationsOf(run)).toMatchObject([{ live: 'other-run', known: { run: 'r9', changed: false } }]);
    expect(standingsOf(run)).toMatchObject([{ live: 'unchanged' }]);
    expect(endingOf(run, judgedGates(run)).verdict).toBe('BLOCKED');
    expect(whatIsLive(run).join()).toMatch(
      /was not changed by this run: it holds the candidate of run r9 \(seen/,
    );
  });

  it('is not called as it was where the run had begun to exchange', () => {
    const run = stopped({ gate: 'rollback', live: '1:10', incoming: '1:20' });
    expect(endingOf(run, judgedGates(run)).verdict).toBe('INCONCLUSIVE');
    expect(whatIsLive(run).join()).toContain('holds the candidate of run r9');
  });

  it('stays neither in ledgers that do not say whose it is', () => {
    const run = stopped(null, false);
    expect(observationsOf(run)).toMatchObject([{ live: 'neither', known: null }]);
    expect(endingOf(run, judgedGates(run)).verdict).toBe('INCONCLUSIVE');
  });

  it('is named by the ledger: the run that brought it before one that replaced it', () => {
    const run = stopped(null, false);
    const [look] = run.looks;
    if (!look) throw new RangeError('expected a look');
    const b = foldRun('r9', eventsAtSigning({ runId: 'r9' }));
    expect(ownerOf(run, look, candidate.digest, [run, b])).toEqual(seenTree);
    expect(ownerOf(run, look, anchor.digest, [b])).toEqual({ run: 'r9', as: 'before' });
    expect(ownerOf(run, look, other.digest, [b, null])).toBeNull();
  });
});

describe('a verdict over a live path', () => {
  const seen = (live: 'anchor' | 'candidate' | 'neither' | 'not-known') => [
    { host: 'h', livePath: '/srv/app', live, at, promotes: true },
  ];
  const verdict = (
    given: 'PASS' | 'PARTIAL' | 'FAILED' | 'BLOCKED',
    live: Parameters<typeof seen>[0],
    on: { operation?: 'deploy' | 'rollback'; goesBack?: boolean; wentBack?: boolean } = {},
  ) =>
    fitToHost(
      { verdict: given, reason: null },
      { operation: 'deploy', wentBack: false, goesBack: true, ...on, seen: seen(live) },
    ).verdict;

  it.each([
    ['PASS', 'candidate', {}, 'PASS'],
    ['PASS', 'anchor', {}, 'INCONCLUSIVE'],
    ['PARTIAL', 'candidate', {}, 'PARTIAL'],
    ['PARTIAL', 'neither', {}, 'INCONCLUSIVE'],
    ['PASS', 'anchor', { operation: 'rollback' }, 'PASS'],
    ['PASS', 'candidate', { operation: 'rollback' }, 'INCONCLUSIVE'],
    ['FAILED', 'anchor', {}, 'FAILED'],
    ['FAILED', 'candidate', {}, 'INCONCLUSIVE'],
    ['FAILED', 'candidate', { goesBack: false }, 'FAILED'],
    ['FAILED', 'neither', { goesBack: false }, 'INCONCLUSIVE'],
    ['FAILED', 'candidate', { operation: 'rollback' }, 'INCONCLUSIVE'],
    ['BLOCKED', 'anchor', {}, 'BLOCKED'],
    ['BLOCKED', 'candidate', {}, 'INCONCLUSIVE'],
    ['BLOCKED', 'candidate', { operation: 'rollback' }, 'BLOCKED'],
    ['BLOCKED', 'not-known', { operation: 'rollback' }, 'INCONCLUSIVE'],
    ['FAILED', 'not-known', {}, 'INCONCLUSIVE'],
    ['BLOCKED', 'anchor', { wentBack: true }, 'FAILED'],
    ['BLOCKED', 'candidate', { wentBack: true }, 'INCONCLUSIVE'],
    ['PASS', 'not-known', {}, 'INCONCLUSIVE'],
  ] as const)('%s over %s %o is %s', (given, live, on, expected) => {
    expect(verdict(given, live, on)).toBe(expected);
  });
});
