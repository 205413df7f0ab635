// What /rollback and /verify may be asked for follows from what the ledger says is live; a refusal names what works instead.
import { describe, expect, it } from 'vitest';
import type { Operation, RunEvent } from '../../src/run/events.ts';
import { resolveRequest } from '../../src/run/resolve-request.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import { factsWith, livePath, promotedFacts } from '../fixtures/reference-facts.ts';
import { eventsAtEnd, eventsAtSigning, type Scenario } from '../fixtures/run-events.ts';

const tree = (name: string) => ({ digest: `sha256:${name.repeat(64)}` });
const hour = 3_600_000;

/** A finished run, so many hours after the first one. */
function ended(runId: string, hours: number, scenario: Scenario): RunState {
  const later = (event: RunEvent) => ({
    ...event,
    at: new Date(Date.parse(event.at) + hours * hour).toISOString(),
  });
  return foldRun(runId, eventsAtEnd(eventsAtSigning({ runId, ...scenario })).map(later));
}

/** A deploy that puts `to` where `from` was live. */
const deployed = (runId: string, hours: number, from: string, to: string, more: Scenario = {}): RunState => {
  const backupPath = `${livePath}.pre-${runId}`;
  const facts = { liveTree: tree(from), backupPath };
  return ended(runId, hours, {
    ...more,
    results: {
      stage: { facts: factsWith('stage', { ...facts, stagedTree: tree(to) }) },
      drift: { facts: factsWith('drift', { liveTree: tree(from) }) },
      promote: {
        facts: factsWith('promote', { backupPath, liveTree: tree(to), backupTree: tree(from) }),
      },
      'observe-live': { facts: factsWith('observe-live', { tree: tree(to) }) },
      ...more.results,
    },
  });
};

/** The rollback of run A, which had replaced tree 2 by tree 3. */
const takenBack = (hours: number): RunState =>
  ended('back-a', hours, { operation: 'rollback', subjectFacts: promotedFacts() });

const a = deployed('a', 0, '2', '3');
const b = deployed('b', 1, '3', '4');
const c = deployed('c', 2, '4', '5');
const open = { ...deployed('open', 1, '3', '4'), finished: null };

const ask = (operation: Operation, subject: string, runs: readonly RunState[]) =>
  resolveRequest(
    { operation, subject },
    {
      findPlan: async () => a.plan,
      state: async (runId) => runs.find((run) => run.runId === runId) ?? null,
      recent: async () => [...runs].toSorted((x, y) => (x.requestedAt < y.requestedAt ? 1 : -1)),
      redact: (text) => text,
    },
  );

describe.each(['rollback', 'verify'] as const)('/%s', (operation) => {
  it.each([
    ['the run that is live', 'a', [a], null, ''],
    ['a run that another overtook', 'a', [a, b], 'Run b has replaced', `/${operation} b`],
    ['a run that two overtook', 'a', [a, b, c], 'Run c has replaced', `/${operation} c`],
    ['the run that overtook it', 'b', [a, b], null, ''],
    ['a run that was taken back', 'a', [a, takenBack(1)], 'Run back-a has taken back', '/runs '],
    // Of what is live there it must not be said that it is of no run.
    ['a run that one overtook which has not ended', 'a', [a, open], 'Run open has replaced', 'now; /runs '],
  ] as const)('of %s', async (_, subject, runs, why, next) => {
    const answer = await ask(operation, subject, runs);
    if (why === null) return expect(answer).toMatchObject({ ok: true, value: { run: { runId: subject } } });
    if (answer.ok) throw new RangeError('expected a refusal');
    expect(answer.refusal).toMatchObject({ code: 'not-live', text: expect.stringContaining(why) });
    expect(answer.refusal.text).toContain(next);
    const told = new RegExp(`/${operation} (\\w+)`).exec(answer.refusal.text)?.[1];
    if (told) expect(await ask(operation, told, runs)).toMatchObject({ ok: true });
  });

  it.each([
    ['a dry run', ended('dry', 0, { mode: 'DRYRUN' }), 'nothing'],
    [
      'a run that never promoted',
      ended('none', 0, { results: { stage: { status: 'fail', reason: { code: 'x', text: 'x' } } } }),
      'nothing',
    ],
    ['a rollback', takenBack(0), 'promoted nothing'],
  ] as const)('of %s is refused', async (_, run, text) => {
    expect(await ask(operation, run.runId, [run])).toMatchObject({
      ok: false,
      refusal: { code: 'nothing-promoted', text: expect.stringContaining(text) },
    });
  });
});

it('says in good words that there is nothing to take back', async () => {
  const results = { precheck: { status: 'blocked', reason: { code: 'x', text: 'x' } } } as const;
  expect(await ask('rollback', 'none', [ended('none', 0, { results })])).toMatchObject({
    refusal: { text: expect.stringContaining('nothing to roll back.') },
  });
});

it('/verify of a plan names the run that has taken back what it promoted', async () => {
  expect(await ask('verify', 'the-plan', [a, takenBack(1)])).toMatchObject({
    ok: false,
    refusal: { code: 'not-live', text: expect.stringContaining('Run back-a has taken back') },
  });
});
