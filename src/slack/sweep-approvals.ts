// Reconciles open approvals with the reactions that stand: about five seconds of events can be missed around a reconnect. On the
// way it finds the requests and final messages that somebody deleted.
import type { Vote } from '../run/control.ts';
import { type RunState, requestNumber } from '../run/state.ts';
import { castVote, type VoteParts } from './cast-vote.ts';
import { awaitingRuling, deletedFinal } from './find-deleted.ts';
import type { Posting } from './ports.ts';
import { readStances, type Stances } from './read-reactions.ts';
import { SlackError } from './slack-error.ts';
import { approvalKey } from './view/approval-key.ts';

export interface SweepParts extends VoteParts {
  readonly botUserId: string;
  readonly now: () => number;
  /** A message that people wait for was deleted in Slack. */
  readonly onDeleted?: (run: RunState, message: Posting) => Promise<void>;
}

export interface Sweeper {
  /** Brings all open approvals up to date, and has deleted messages shown again. Calls that come while one runs share the next one. Throws when Slack cannot be read. */
  sweep(): Promise<void>;
  /** Brings one run's approval up to date. Throws when Slack cannot be read. */
  sweepOne(runId: string): Promise<void>;
}

/** ms after which a refused vote whose reaction still stands is judged anew: its giver may have become an approver. */
export const judgedAgainMs = 600_000;

export function createSweeper(parts: SweepParts): Sweeper {
  /** Votes that were refused and whose reaction still stands, each with when it is judged again: not at every sweep. */
  const refused = new Map<string, number>();
  let running: Promise<void> | null = null;
  let next: Promise<void> | null = null;

  async function sweepAll(): Promise<void> {
    const failures: unknown[] = [];
    const runs = await parts.control.recent(200);
    const fail = (error: unknown) => failures.push(error);
    // What cannot be read of one run must not keep the others from being swept.
    for (const run of runs.filter(isOpenApproval)) await sweepRun(run, refused).catch(fail);
    for (const run of awaitingRuling(runs, parts.now())) await lookAfterFinal(run).catch(fail);
    if (failures.length > 0)
      throw new AggregateError(
        failures,
        `expected to read the reactions of every open approval, got ${failures.length} failures`,
      );
  }

  async function lookAfterFinal(run: RunState): Promise<void> {
    const deleted = await deletedFinal(parts.client, parts.postings, run);
    if (deleted) await parts.onDeleted?.(run, deleted);
  }

  async function sweepRun(run: RunState, known: ReadonlyMap<string, number>): Promise<void> {
    const postings = await parts.postings.list(run.runId);
    const request = requestNumber(run);
    const posting = postings.find(({ key }) => key === approvalKey(request));
    if (!posting?.ts || posting.state !== 'posted') return;
    const readAt = parts.now();
    const { isGone, ...stances } = await readStances(parts.client, posting.channel, posting.ts);
    if (isGone) await parts.onDeleted?.(run, posting);
    const votes = missedVotes(run, stances, parts.botUserId);
    // What somebody says after the reactions were read is newer than they are.
    const votedAt = new Date(readAt).toISOString();
    await castAll(run, votes, { channel: posting.channel, messageTs: posting.ts, request, votedAt }, known);
  }

  async function castAll(
    run: RunState,
    votes: readonly MissedVote[],
    where: Pick<Vote, 'channel' | 'messageTs' | 'request' | 'votedAt'>,
    known: ReadonlyMap<string, number>,
  ): Promise<void> {
    const of = `${run.runId} ${where.request}`;
    const standing = new Set(votes.map(({ voterId, vote }) => `${of} ${voterId} ${vote}`));
    for (const key of refused.keys()) {
      if (key.startsWith(`${run.runId} `) && !standing.has(key)) refused.delete(key);
    }
    for (const { voterId, vote } of votes) {
      const key = `${of} ${voterId} ${vote}`;
      if ((known.get(key) ?? 0) > parts.now()) continue;
      const refusal = await castVote(parts, {
        runId: run.runId,
        voterId,
        vote,
        via: 'sweep',
        ...where,
      });
      if (refusal === null) continue;
      // What Slack could not tell now may be told at the next sweep, and a way back from a consent is never given up.
      if (!passingRefusals.has(refusal.code)) refused.set(key, parts.now() + judgedAgainMs);
      else if (vote !== 'approve')
        throw new SlackError(
          'unusable-answer',
          `the ${vote} of ${voterId} on ${run.runId} was not counted: ${refusal.text}`,
        );
    }
  }

  function start(): Promise<void> {
    const work = sweepAll().finally(() => {
      running = null;
    });
    running = work;
    return work;
  }

  return {
    async sweepOne(runId) {
      const run = await parts.control.run(runId);
      // Before a promote everything is judged anew: whoever was refused may count by now.
      if (run && isOpenApproval(run)) await sweepRun(run, new Map());
    },
    sweep() {
      if (running === null) return start();
      next ??= running
        .catch(() => undefined)
        .then(() => {
          next = null;
          return start();
        });
      return next;
    },
  };
}

/** Refusals that say nothing of the voter. */
export const passingRefusals: ReadonlySet<string> = new Set([
  'user-group-unreadable',
  'unknown-channel',
  'stale',
]);

export function isOpenApproval({ approval, finished, aborted, pointOfNoReturn }: RunState): boolean {
  return (
    !finished &&
    !aborted &&
    pointOfNoReturn === null &&
    (approval?.status === 'waiting' || approval?.status === 'granted')
  );
}

export type MissedVote = Pick<Vote, 'voterId' | 'vote'>;

/** Votes that the reactions say and the run does not know. Pure. A rejection comes first, since it ends the approval. */
export function missedVotes(
  { approval }: Pick<RunState, 'approval'>,
  { approve, reject }: Stances,
  botUserId: string,
): MissedVote[] {
  if (!approval) return [];
  const known = new Set(approval.approvals.map(({ approver }) => approver.id));
  const people = (users: ReadonlySet<string>) => [...users].filter((id) => id !== botUserId);
  // A reaction that was there before says nothing against the button by which its giver took it back.
  const tookBack = (id: string) => {
    const last = approval.lastVotes[id];
    return last?.vote === 'withdraw' && last.via === 'button';
  };
  return [
    ...people(reject)
      .filter((id) => approval.rejectedBy?.id !== id && approval.lastVotes[id]?.vote !== 'reject')
      .map((voterId) => ({ voterId, vote: 'reject' as const })),
    ...approval.approvals
      .filter((each) => !approve.has(each.approver.id) && each.via !== 'button')
      .map(({ approver }) => ({ voterId: approver.id, vote: 'withdraw' as const })),
    ...people(approve)
      .filter((id) => !known.has(id) && !reject.has(id) && !tookBack(id))
      .map((voterId) => ({ voterId, vote: 'approve' as const })),
  ];
}
