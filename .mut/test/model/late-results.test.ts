// Results that come when the run has gone on: another control plane had it for a moment, or the queue was slow to answer.
import { expect, it } from 'vitest';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { createCoordinator } from '../../src/run/coordinator.ts';
import type { NewEvent, RunEvent } from '../../src/run/events.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import type { JobOutcome } from '../../src/run/ports.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const all = eventsAtSigning();
const begun = all.findIndex((event) => event.type === 'gate.queued' && event.data.gate === 'prove');
const passed = all.find((event) => event.type === 'gate.finished' && event.data.gate === 'prove');
if (passed?.type !== 'gate.finished') throw new RangeError('expected prove to have passed');
const { result } = passed.data;
const cutOff: GateResult = {
  ...result,
  status: 'inconclusive',
  reason: { code: 'connection-lost', text: 'it was cut off' },
};
const queued = all[begun];
const again = {
  type: 'gate.queued',
  data: { ...(queued?.type === 'gate.queued' && queued.data), attempt: 2, jobId: 'r1-prove-2' },
} as NewEvent;
const failed: GateResult = {
  ...result,
  status: 'fail',
  reason: { code: 'proofs', text: 'they do not hold' },
};
const finished = (given: GateResult): NewEvent => ({
  type: 'gate.finished',
  data: { gate: 'prove', attempt: 1, result: given },
});

/** The results of prove that the ledger holds, after `meanwhile` came while the queue was asked for the first attempt. */
async function resultsAfter(...meanwhile: readonly NewEvent[]): Promise<string[]> {
  const rows: RunEvent[] = all.slice(0, begun + 1).map((event) => ({ ...event, hash: `h${event.seq}` }));
  const push = (event: NewEvent) => {
    const seq = rows.length + 1;
    rows.push({ ...event, seq, at: '2026-05-21T05:30:00.000Z', hash: `h${seq}` });
  };
  const asked = Promise.withResolvers<void>();
  const answer = Promise.withResolvers<JobOutcome>();
  const unused = async () => undefined;
  const coordinator = createCoordinator({
    ledger: {
      append: async (_, expected, events) => {
        if (expected !== rows.length) throw new RangeError('the head has moved');
        for (const event of events) push(event as unknown as NewEvent);
      },
      read: async () =>
        rows.map(({ seq, at, type, data, hash }) => ({
          seq,
          at,
          type,
          data: data as Json,
          hash: hash ?? '',
        })),
      streams: async () => [],
    },
    queue: {
      enqueue: unused,
      withdraw: async () => false,
      outcome: async (_, jobId) => {
        if (jobId !== 'r1-prove-1') return { state: 'waiting' };
        asked.resolve();
        return answer.promise;
      },
    },
    evidence: { put: async () => ({ digest: '', bytes: 0 }) },
    authorize: async () => 'signed',
    openResult: () => result,
    cancelJob: unused,
    sweepVotes: unused,
    reviewConsents: unused,
    ladder: () => ({ void: null, withheld: null }),
    project: unused,
    isHeadMoved: () => false,
    now: () => Date.parse('2026-05-21T06:00:00.000Z'),
    log: { info: () => undefined, error: () => undefined },
  });
  const advanced = coordinator.advance('r1');
  await asked.promise;
  meanwhile.forEach(push);
  answer.resolve({ state: 'completed', value: 'signed' });
  await advanced;
  await coordinator.stop();
  return rows.flatMap((event) =>
    event.type === 'gate.finished' && event.data.gate === 'prove' ? [event.data.result.status] : [],
  );
}

it('takes the result of the attempt that is awaited', async () => {
  expect(await resultsAfter()).toEqual(['pass']);
});

it('takes none of an attempt that another one has followed', async () => {
  expect(await resultsAfter(finished(cutOff), again)).toEqual(['inconclusive']);
});

it('takes no second one of the same attempt', async () => {
  expect(await resultsAfter(finished(failed))).toEqual(['fail']);
});
