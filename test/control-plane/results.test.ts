// What the coordinator takes into the ledger of what comes back: results of the very attempt that it waits for, with evidence that
// is what its digest says. The real coordinator over a ledger and a queue in memory.
import { describe, expect, it } from 'vitest';
import { keyOf } from '../../src/plan/schema-gates.ts';
import type { CoordinatorParts } from '../../src/run/coordinator.ts';
import type { NewEvent } from '../../src/run/events.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import type { JobOutcome } from '../../src/run/ports.ts';
import { ResultError } from '../../src/run/result-error.ts';
import { foldRun } from '../../src/run/state.ts';
import { noLadder } from '../../src/run/switch.ts';
import { at, completed, digestOf, openCoordinator, result } from '../fixtures/coordinator-in-memory.ts';
import { eventsAtEnd, eventsAtSigning, requester } from '../fixtures/run-events.ts';

const evidence = (text: string, digest = digestOf(text)) => ({
  ...{ digest, bytes: text.length, title: 'what was seen', mediaType: 'text/plain', text },
});

describe('the result of a gate', () => {
  it('is taken in with its evidence, whose text goes to the store', async () => {
    const { coordinator, ended, kept } = openCoordinator(() =>
      completed(result({ evidence: [evidence('seen')] })),
    );
    await coordinator.advance('r1');
    expect(kept).toEqual(['seen']);
    expect(ended()).toMatchObject([
      { gate: 'precheck', status: 'pass', evidence: [{ digest: digestOf('seen') }] },
    ]);
    expect(ended()[0]?.evidence[0]).not.toHaveProperty('text');
  });

  it.each<[string, GateResult, string | undefined]>([
    ['bears the digest of another', result({ evidence: [evidence('seen', digestOf('another'))] }), undefined],
    ['is stored as another', result({ evidence: [evidence('seen')] }), digestOf('another')],
  ])(
    'is not believed when a text of its evidence %s: the run ends, and says why',
    async (_, value, stored) => {
      const { coordinator, ended, errors } = openCoordinator(
        () => completed(value),
        stored ? { stored } : {},
      );
      await coordinator.advance('r1');
      expect(ended()).toMatchObject([
        { status: 'inconclusive', reason: { code: 'result-of-other-evidence' }, evidence: [] },
      ]);
      expect(errors).toEqual([]);
    },
  );

  it('of an earlier attempt is not taken in, when a later one was queued meanwhile', async () => {
    const { coordinator, ended, append } = openCoordinator(() => {
      const end = { gate: 'precheck', attempt: 1 };
      const cutOff = result({ status: 'inconclusive', reason: { code: 'connection-lost', text: 'lost' } });
      append({ type: 'gate.finished', data: { ...end, result: cutOff } });
      append({ type: 'gate.queued', data: { ...end, attempt: 2, role: 'ssot', jobId: 'r1-precheck-2' } });
      return completed(result());
    });
    await coordinator.advance('r1');
    expect(ended().map(({ attempt, status }) => [attempt, status])).toEqual([[1, 'inconclusive']]);
  });

  it('is not taken in twice, when another has taken it in meanwhile', async () => {
    const { coordinator, ended, append } = openCoordinator(() => {
      append({ type: 'gate.finished', data: { gate: 'precheck', attempt: 1, result: result() } });
      return completed(result());
    });
    await coordinator.advance('r1');
    expect(ended()).toHaveLength(1);
  });

  it.each<[string, JobOutcome, (() => GateResult) | undefined, string]>([
    ['that is missing', { state: 'failed', reason: 'stalled' }, undefined, 'no-result'],
    [
      'that is not believed',
      completed(result()),
      () => {
        throw new ResultError('result-not-signed', 'it bears no signature');
      },
      'result-not-signed',
    ],
  ])('%s is inconclusive, and never a pass', async (_, outcome, opened, code) => {
    const { coordinator, ended } = openCoordinator(() => outcome, opened ? { opened } : {});
    await coordinator.advance('r1');
    expect(ended()).toMatchObject([{ status: 'inconclusive', reason: { code }, checks: [], mutations: [] }]);
  });

  it('is opened against the very job that was asked for', async () => {
    const asked: unknown[] = [];
    const { coordinator, enqueued } = openCoordinator(() => ({ state: 'absent' }), {
      opened: () => {
        asked.push('opened');
        return result();
      },
    });
    await coordinator.advance('r1');
    expect(enqueued).toEqual(['r1-precheck-1']);
    expect(asked).toEqual([]);
  });
});

describe('a gate that is queued when its run is aborted', () => {
  const aborted = { type: 'run.aborted', data: { by: requester, reason: 'wrong day' } } as const;

  it('does not go to the queue once more: whether it had begun is not known', async () => {
    const { coordinator, rows, enqueued, append } = openCoordinator(() => ({ state: 'absent' }));
    append(aborted);
    await coordinator.advance('r1');
    expect(enqueued).toEqual([]);
    expect(rows.find(({ type }) => type === 'gate.abandoned')).toMatchObject({
      data: { gate: 'precheck', attempt: 1, reason: { code: 'aborted' } },
    });
  });

  it('is taken off the queue before any worker has begun it', async () => {
    const { coordinator, withdrawn, ended, append } = openCoordinator(() => ({ state: 'waiting' }));
    append(aborted);
    await coordinator.advance('r1');
    expect(withdrawn).toEqual(['r1-precheck-1']);
    expect(ended()).toMatchObject([{ gate: 'precheck', status: 'blocked', reason: { code: 'aborted' } }]);
  });

  it('stays a job of the queue while its run goes on', async () => {
    const { coordinator, withdrawn, ended } = openCoordinator(() => ({ state: 'waiting' }));
    await coordinator.advance('r1');
    expect([...withdrawn, ...ended()]).toEqual([]);
  });
});

describe('the attempt of a gate', () => {
  it('has a nonce of its own, drawn when it is queued', async () => {
    const { coordinator, rows } = openCoordinator(() => completed(result()));
    await coordinator.advance('r1');
    const run = foldRun('r1', rows);
    const queued = run.gates.filter(({ status }) => status === 'queued');
    expect(queued.map(({ gate, nonce }) => [keyOf(gate), /^[0-9a-f]{32}$/.test(nonce ?? '')])).toEqual([
      ['survey', true],
    ]);
  });
});

describe('the last question before the point of no return', () => {
  const all = eventsAtSigning();
  const crossing = all.findIndex(({ type }) => type === 'point-of-no-return');
  const refused = async () => {
    throw new Error('Slack does not answer');
  };
  async function asked(parts: Partial<CoordinatorParts>) {
    const steps: string[] = [];
    const { coordinator, rows, errors } = openCoordinator(() => ({ state: 'waiting' }), {
      rows: all.slice(0, crossing),
      parts: {
        sweepVotes: async () => void steps.push('sweep'),
        reviewConsents: async () => void steps.push('review'),
        project: async () => void steps.push('show'),
        ...parts,
      },
    });
    await coordinator.advance('r1');
    return { steps, errors, isCrossed: rows.some(({ type }) => type === 'point-of-no-return') };
  }

  it('is asked once, of the votes and then of those who gave them', async () => {
    expect(await asked({})).toEqual({ steps: ['sweep', 'review', 'show'], errors: [], isCrossed: true });
  });

  it.each(['sweepVotes', 'reviewConsents'] as const)(
    'is not passed when there is no answer: %s',
    async (name) => {
      const { isCrossed, errors } = await asked({ [name]: refused });
      expect(isCrossed).toBe(false);
      expect(errors).toEqual([expect.stringContaining('Slack does not answer')]);
    },
  );

  it('is asked anew of the clock and of the switch, once the votes are known', async () => {
    const heard = new Set<string>();
    const hear = (what: string) => async () => void heard.add(what);
    const now = () => Date.parse(at) + (heard.has('late') ? 24 * 3_600_000 : 0);
    expect((await asked({ sweepVotes: hear('late'), now })).isCrossed).toBe(false);
    const withheld = { ...noLadder, withheld: { code: 'withheld', text: 'off' } };
    const ladder = () => (heard.has('off') ? withheld : noLadder);
    expect((await asked({ reviewConsents: hear('off'), ladder })).isCrossed).toBe(false);
  });
});

it('tries what was cut off again when its time has come, without waiting for a sweep', async () => {
  const tried = Promise.withResolvers<void>();
  let shown = 0;
  const reason = { code: 'connection-lost', text: 'lost' };
  const { coordinator, rows } = openCoordinator(() => completed(result({ status: 'inconclusive', reason })), {
    parts: {
      now: () => Date.parse(at) + (shown === 0 ? 995 : 1_000),
      project: async () => {
        shown += 1;
        if (shown === 2) tried.resolve();
      },
    },
  });
  await coordinator.advance('r1');
  expect(rows.at(-1)?.type).toBe('gate.finished');
  await tried.promise;
  expect(rows.at(-1)).toMatchObject({ type: 'gate.queued', data: { gate: 'precheck', attempt: 2 } });
  await coordinator.stop();
});

describe('a run that ends', () => {
  const atEnd = eventsAtEnd(eventsAtSigning());
  const last = atEnd.findIndex(({ type }) => type === 'run.finished');

  it('closes its stream with its last event, and with no other', async () => {
    const { coordinator, options, rows } = openCoordinator(() => ({ state: 'waiting' }), {
      rows: atEnd.slice(0, last),
    });
    await coordinator.advance('r1');
    expect(rows.at(-1)?.type).toBe('run.finished');
    expect(options).toEqual([{ close: true, afterEnd: false }]);
    await coordinator.record('r1', () => [{ type: 'run.aborted', data: { by: requester, reason: 'late' } }]);
    expect(options[1]).toEqual({ close: false, afterEnd: true });
  });

  it('is shown again by the next sweep, when it could not be shown', async () => {
    const shown = Promise.withResolvers<void>();
    let tries = 0;
    const { coordinator } = openCoordinator(() => ({ state: 'waiting' }), {
      rows: atEnd.slice(0, last),
      parts: {
        project: async () => {
          tries += 1;
          if (tries === 1) throw new Error('Slack does not answer');
          shown.resolve();
        },
      },
    });
    await coordinator.advance('r1');
    expect(tries).toBe(1);
    await coordinator.start(60_000);
    await shown.promise;
    await coordinator.stop();
  });
});

it('knows whose job it waits for, and none after its end', async () => {
  let isDone = false;
  const { coordinator } = openCoordinator(() => (isDone ? completed(result()) : { state: 'active' }));
  await coordinator.advance('r1');
  expect(coordinator.runOfJob('r1-precheck-1')).toBe('r1');
  isDone = true;
  await coordinator.advance('r1');
  expect(coordinator.runOfJob('r1-precheck-1')).toBeUndefined();
});

it('judges anew where another has written first', async () => {
  const { coordinator, rows, append } = openCoordinator(() => ({ state: 'active' }));
  const aborted: NewEvent = { type: 'run.aborted', data: { by: requester, reason: 'mine' } };
  const judged: number[] = [];
  await coordinator.record('r1', ({ seq }) => {
    if (judged.push(seq) === 1) append({ type: 'run.aborted', data: { by: requester, reason: 'first' } });
    return [aborted];
  });
  expect(judged).toEqual([2, 3]);
  expect(rows).toHaveLength(4);
});

it('moves every open run on when it starts, and never the stream of the control plane itself', async () => {
  const moved: string[] = [];
  const { coordinator } = openCoordinator(() => ({ state: 'active' }), {
    parts: { project: async ({ runId }) => void moved.push(runId) },
    streams: ['r1', 'control'],
  });
  await coordinator.start(60_000);
  await coordinator.stop();
  expect(moved).toEqual(['r1']);
});
