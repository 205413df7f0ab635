// Drives runs: reads a run's events, asks `decide`, acts, and begins again. Everything it does may be done twice: the ledger
// takes an append only at the head that was read, and a job's id is its identity. So a crash at any line is made good by
// doing the same again.
import { type GateJob, jobDigest } from '../gate/job.ts';
import { keyOf } from '../plan/schema-gates.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { openAlarms } from './alarms.ts';
import { decide } from './decide.ts';
import { crossesPointOfNoReturn, jobIdOf } from './decision.ts';
import type { NewEvent } from './events.ts';
import type { GateResult, Reason } from './gate-result.ts';
import { keepEvidence } from './keep-evidence.ts';
import { nameSeenTree } from './name-seen-tree.ts';
import { abortedUnseen, broken, neverBegun, noResult } from './no-result.ts';
import { openParsedEvents } from './parsed-events.ts';
import type { EvidencePort, LedgerPort, QueuePort } from './ports.ts';
import { ResultError } from './result-error.ts';
import { foldRun, type GateState, type RunState } from './state.ts';
import { controlStream, type Ladder } from './switch.ts';
import { unsignedJob } from './unsigned-job.ts';
import { withNonce } from './with-nonce.ts';

export interface CoordinatorParts {
  readonly ledger: LedgerPort;
  readonly queue: QueuePort;
  readonly evidence: EvidencePort;
  /** Signs the permission to run one gate of this run by exactly this job. */
  readonly authorize: (run: RunState, gate: GateState, jobDigest: string) => Promise<string>;
  /** What a trusted worker has signed as the result of exactly this job. Throws ResultError for all else. */
  readonly openResult: (run: RunState, gate: GateState, jobDigest: string, value: unknown) => GateResult;
  readonly cancelJob: (jobId: string) => Promise<void>;
  /** Brings the votes up to what people have said by now; must reject when that cannot be known. */
  readonly sweepVotes: (runId: string) => Promise<void>;
  /** Takes back the consents of people who may not give one any more; must reject when that cannot be known. */
  readonly reviewConsents: (runId: string) => Promise<void>;
  /** What the disable ladder demands of this run now. */
  readonly ladder: (run: RunState) => Ladder;
  /** Shows the state in the run's thread; must be idempotent. */
  readonly project: (run: RunState) => Promise<void>;
  readonly isHeadMoved: (error: unknown) => boolean;
  readonly now: () => number;
  readonly log: {
    info(details: object, message: string): void;
    error(details: object, message: string): void;
  };
}

export interface Coordinator {
  /** Moves this run on as far as it goes now. Calls for one run are serialised. */
  advance(runId: string): Promise<void>;
  /** Moves every open run on: at start, after a reconnect, and every `intervalMs` as a net under lost hints. */
  start(intervalMs: number): Promise<void>;
  state(runId: string): Promise<RunState | null>;
  /** Decides on fresh state and appends; retried when another writer was first. The function may return no events. */
  record(runId: string, judge: (run: RunState) => readonly NewEvent[]): Promise<RunState>;
  /** The run of a job that this coordinator waits for; undefined for any other. */
  runOfJob(jobId: string): string | undefined;
  stop(): Promise<void>;
}

const retries = 20;
export function createCoordinator(parts: CoordinatorParts): Coordinator {
  const { ledger, queue, log } = parts;
  const read = openParsedEvents(ledger);
  const tails = new Map<string, Promise<void>>();
  /** The run of each job that was asked about. */
  const jobs = new Map<string, string>();
  const alarms = openAlarms(parts.now, (runId) => void advance(runId));
  let timer: NodeJS.Timeout | undefined;
  /** Finished runs whose last state may not be shown yet. Open runs are swept anyway. */
  const owed = new Set<string>();
  let stopped = false;

  async function state(runId: string): Promise<RunState | null> {
    const events = await read(runId);
    return events.length === 0 ? null : foldRun(runId, events);
  }

  async function mustState(runId: string): Promise<RunState> {
    const run = await state(runId);
    if (run === null) throw new RangeError(`expected a run ${runId} in the ledger, got none`);
    return run;
  }

  async function append(run: RunState, events: readonly NewEvent[]): Promise<void> {
    const close = events.some(({ type }) => type === 'run.finished');
    await ledger.append(run.runId, run.seq, events as unknown as readonly { type: string; data: Json }[], {
      close,
      afterEnd: run.finished !== null,
    });
  }

  async function record(runId: string, judge: (run: RunState) => readonly NewEvent[]): Promise<RunState> {
    for (let attempt = 1; ; attempt += 1) {
      const run = await mustState(runId);
      const events = judge(run);
      if (events.length === 0) return run;
      try {
        await append(run, events);
        return await mustState(runId);
      } catch (error) {
        if (!parts.isHeadMoved(error) || attempt >= retries) throw error;
      }
    }
  }

  function advance(runId: string): Promise<void> {
    const tail = (tails.get(runId) ?? Promise.resolve()).then(() => drive(runId));
    const settled = tail.catch((error: unknown) =>
      log.error({ runId, error: String(error) }, 'run did not advance; the next sweep tries again'),
    );
    tails.set(runId, settled);
    settled.finally(() => {
      if (tails.get(runId) === settled) tails.delete(runId);
    });
    return settled;
  }

  async function drive(runId: string): Promise<void> {
    while (!stopped) {
      const run = await mustState(runId);
      const decision = decide(run, parts.now(), parts.ladder(run));
      if (decision.act === 'append') {
        // A withdrawal may have been missed while the connection was down: after this event it is too late for it.
        const isFinal = crossesPointOfNoReturn(decision);
        if (isFinal) {
          await parts.sweepVotes(runId);
          await parts.reviewConsents(runId);
        }
        // That took its time: an expiry or a freeze may have come, or somebody has turned the switch.
        const stands = (fresh: RunState) =>
          !isFinal || crossesPointOfNoReturn(decide(fresh, parts.now(), parts.ladder(fresh)));
        const events = decision.events.map(withNonce);
        await record(runId, (fresh) => (fresh.seq === run.seq && stands(fresh) ? events : []));
        continue;
      }
      if (decision.act === 'await-time') alarms.set(runId, Date.parse(decision.until));
      if (decision.act === 'await-gate' && (await settle(run, decision.gate, decision.cancel))) continue;
      if (run.finished) owed.add(runId);
      await parts.project(run);
      if (run.finished) owed.delete(runId);
      return;
    }
  }

  /** True when the gate's result is in the ledger now. */
  async function settle(run: RunState, gate: GateState, cancel: boolean): Promise<boolean> {
    const { role } = gate.gate;
    const jobId = jobIdOf(run.runId, keyOf(gate.gate), gate.attempt);
    jobs.set(jobId, run.runId);
    const outcome = await queue.outcome(role, jobId);
    switch (outcome.state) {
      case 'absent':
        if (cancel) return abandon(run, gate);
        await queue.enqueue(role, jobId, (await jobFor(run, gate)) as unknown as Json);
        return false;
      case 'waiting':
      case 'active':
        if (!cancel) return false;
        // A signal reaches those that hold a job. One that nobody holds must not be begun any more.
        if (outcome.state === 'waiting' && (await queue.withdraw(role, jobId))) {
          if (outcome.startedAt === undefined)
            await finishGate(run, gate, neverBegun(run, gate, parts.now()));
          return true;
        }
        await parts.cancelJob(jobId);
        return false;
      case 'completed':
        await finishGate(run, gate, open(run, gate, outcome.value));
        return true;
      case 'failed':
        await finishGate(run, gate, noResult(gate, outcome.reason));
        return true;
    }
  }

  /** Whatever was aborted does not go to the queue once more. Whether a worker had begun it is not known. */
  async function abandon(run: RunState, gate: GateState): Promise<true> {
    const data = { gate: keyOf(gate.gate), attempt: gate.attempt, reason: abortedUnseen(gate) };
    await recordOf(run, gate, { type: 'gate.abandoned', data });
    return true;
  }

  async function jobFor(run: RunState, gate: GateState): Promise<GateJob> {
    const job = unsignedJob(run, gate);
    return { ...job, authorization: await parts.authorize(run, gate, jobDigest(job)) };
  }

  /** The result, or why nothing of it is believed. */
  function open(run: RunState, gate: GateState, value: unknown): GateResult | Reason {
    try {
      return parts.openResult(run, gate, jobDigest(unsignedJob(run, gate)), value);
    } catch (error) {
      if (error instanceof ResultError) return { code: error.code, text: error.message };
      throw error;
    }
  }

  async function finishGate(run: RunState, gate: GateState, answer: GateResult | Reason): Promise<void> {
    const kept = 'status' in answer ? await keepEvidence(parts.evidence, gate, answer) : answer;
    const result = 'status' in kept ? kept : broken(gate, run, kept, parts.now());
    const named = await nameSeenTree(run, gate, result, { ledger, state });
    const data = { gate: keyOf(gate.gate), attempt: gate.attempt, result, ...named };
    await recordOf(run, gate, { type: 'gate.finished', data });
  }

  /** Writes down what this attempt has come to, unless that is known. */
  async function recordOf(run: RunState, { gate, attempt }: GateState, event: NewEvent): Promise<void> {
    const key = keyOf(gate);
    jobs.delete(jobIdOf(run.runId, key, attempt));
    await record(run.runId, (fresh) =>
      [...fresh.gates, ...fresh.looks].some(
        (each) => keyOf(each.gate) === key && each.status === 'queued' && each.attempt === attempt,
      )
        ? [event]
        : [],
    );
  }

  async function start(intervalMs: number): Promise<void> {
    const sweep = async () => {
      const open = await ledger.streams({ openOnly: true, limit: 1000 });
      const runs = new Set([...open.map(({ stream }) => stream), ...owed]);
      runs.delete(controlStream);
      await Promise.all([...runs].map(advance));
    };
    // A crash right after a run's last event may have kept its last messages from being posted.
    for (const { stream } of await ledger.streams({ limit: 20 })) owed.add(stream);
    await sweep();
    const again = () => {
      timer = setTimeout(() => {
        sweep()
          .catch((error: unknown) => log.error({ error: String(error) }, 'sweep failed'))
          .finally(() => {
            if (!stopped) again();
          });
      }, intervalMs);
    };
    again();
  }

  async function stop(): Promise<void> {
    stopped = true;
    clearTimeout(timer);
    alarms.stop();
    await Promise.all(tails.values());
  }

  return { advance, start, state, record, runOfJob: (jobId) => jobs.get(jobId), stop };
}
