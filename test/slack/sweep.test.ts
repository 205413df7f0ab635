// A sweep over open approvals: what it casts, as of when, and that no failure of it is kept to itself.
import { WebAPIPlatformError, type WebClient } from '@slack/web-api';
import { expect, it } from 'vitest';
import type { RunControl, Vote } from '../../src/run/control.ts';
import { foldRun, type RunState } from '../../src/run/state.ts';
import type { Posting } from '../../src/slack/ports.ts';
import { createSweeper, judgedAgainMs } from '../../src/slack/sweep-approvals.ts';
import { alice, eventsAtSigning } from '../fixtures/run-events.ts';

const events = eventsAtSigning();
const asked = events.findIndex(({ type }) => type === 'approval.requested');
const waiting = foldRun('r1', events.slice(0, asked + 1));
const voted = foldRun('r1', events.slice(0, asked + 2));
const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
const posting: Posting = { run: 'r1', key: 'approval', channel: 'C', ts: '1.1', state: 'posted' } as Posting;

interface World {
  readonly runs?: readonly RunState[];
  readonly users?: readonly string[];
  /** Code by which every vote is refused; without it, all count. */
  readonly refusal?: string;
  /** Slack's answer for a run in place of its reactions. */
  readonly error?: (channel: string) => string | null;
}

function sweeper({ runs = [waiting], users = [], refusal, error = () => null }: World) {
  const votes: Vote[] = [];
  let time = Date.parse('2026-05-21T06:00:00.000Z');
  const get = async ({ channel }: { channel: string }) => {
    const code = error(channel);
    if (code !== null) throw new WebAPIPlatformError({ ok: false, error: code });
    const message = { ts: '1.1', reactions: [{ name: 'white_check_mark', users }] };
    // Slack takes its time.
    time += 5_000;
    return { ok: true, message };
  };
  const control = {
    recent: async () => runs,
    run: async (runId: string) => runs.find((run) => run.runId === runId) ?? null,
    vote: async (vote: Vote) => {
      votes.push(vote);
      const given = refusal === undefined ? null : { code: refusal, text: 'no' };
      return { ok: true, value: { counted: given === null, refusal: given } };
    },
  } as unknown as RunControl;
  const postings = {
    list: async (run: string) => [{ ...posting, run, channel: run }],
    find: async () => null,
  };
  const made = createSweeper({
    ...{ client: { reactions: { get } } as unknown as WebClient, control, postings, log },
    ...{ botUserId: 'U0BOT', now: () => time },
  });
  const pass = (ms: number) => {
    time += ms;
  };
  return { ...made, votes, pass };
}

const said = (votes: readonly Vote[]) => votes.map(({ voterId, vote, via }) => `${voterId} ${vote} ${via}`);

it('casts what stands as of the moment before it was read', async () => {
  const { sweep, votes } = sweeper({ users: ['U0BOB'] });
  await sweep();
  expect(said(votes)).toEqual(['U0BOB approve sweep']);
  expect(votes).toMatchObject([{ votedAt: '2026-05-21T06:00:00.000Z', request: 1, messageTs: '1.1' }]);
});

it('asks about a refused vote again after a while alone, and before a promote at once', async () => {
  const { sweep, sweepOne, votes, pass } = sweeper({ users: ['U0EVE'], refusal: 'not-an-approver' });
  await sweep();
  await sweep();
  expect(votes).toHaveLength(1);
  await sweepOne('r1');
  expect(votes).toHaveLength(2);
  pass(judgedAgainMs);
  await sweep();
  expect(votes).toHaveLength(3);
});

it('asks about what Slack could not tell at every sweep', async () => {
  const { sweep, votes } = sweeper({ users: ['U0EVE'], refusal: 'user-group-unreadable' });
  await sweep();
  await sweep();
  expect(votes).toHaveLength(2);
});

it('fails where a withdrawal could not be counted, so that nothing goes on with the consent', async () => {
  const { sweepOne, votes } = sweeper({ runs: [voted], refusal: 'user-group-unreadable' });
  await expect(sweepOne('r1')).rejects.toMatchObject({ code: 'unusable-answer' });
  expect(said(votes)).toEqual([`${alice.id} withdraw sweep`]);
});

it('sweeps the other runs where one cannot be read, and fails all the same', async () => {
  const runs = [waiting, { ...waiting, runId: 'r2' }];
  const error = (channel: string) => (channel === 'r1' ? 'internal_error' : null);
  const { sweep, sweepOne, votes } = sweeper({ runs, users: ['U0BOB'], error });
  await expect(sweep()).rejects.toThrow('got 1 failures');
  expect(votes.map(({ runId }) => runId)).toEqual(['r2']);
  await expect(sweepOne('r1')).rejects.toThrow();
});

it('takes a consent back whose message is gone', async () => {
  const { sweep, votes } = sweeper({ runs: [voted], error: () => 'message_not_found' });
  await sweep();
  expect(said(votes)).toEqual([`${alice.id} withdraw sweep`]);
});
