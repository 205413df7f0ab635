// Tells workers how the execution switch stands: signed, renewed, and at once after every flip and every loss of the store.
import type { SigningKey } from '../attestation/keys.ts';
import { type PublishedSwitch, publishSwitch, type SharedValues } from '../execution/kill-switch.ts';
import { keyOf } from '../plan/schema-gates.ts';
import type { Signals } from '../queue/signals.ts';
import { jobIdOf } from '../run/decision.ts';
import type { RunState } from '../run/state.ts';
import { switchFor } from '../run/switch.ts';
import type { Switchboard } from '../run/switchboard.ts';

/** ms between two renewals. */
const renewMs = 10_000;
/** ms after which no permit of a run that lost its lock can be in time: the longest gate, the wait in the queue, and an hour. */
const longestPermitMs = 26 * 3_600_000;

export interface SwitchPublisherParts {
  readonly switchboard: Switchboard;
  readonly values: SharedValues & Pick<Signals, 'onReconnect'>;
  readonly key: SigningKey;
  /** Runs that lost their lock before this start. */
  readonly unlocked: readonly RunState[];
  readonly cancelJob: (jobId: string) => Promise<void>;
  readonly log: { error(details: object, message: string): void };
}

export interface SwitchPublisher {
  /** Publishes the state now; every flip does so by itself. */
  publish(): Promise<void>;
  /** Nothing of this run, which lost its lock, is permitted from now on. Resolves once workers can know. */
  forbid(run: RunState): Promise<void>;
  stop(): void;
}

/** Resolves once the state is published for the first time. */
export async function startSwitchPublisher(parts: SwitchPublisherParts): Promise<SwitchPublisher> {
  const { switchboard, values, key, log } = parts;
  const unlocked = new Map(parts.unlocked.map((run) => [run.runId, run]));
  const publish = () => {
    for (const [runId, { lockBroken }] of unlocked)
      if (Date.now() - Date.parse(lockBroken?.at ?? '') > longestPermitMs) unlocked.delete(runId);
    return publishSwitch(values, key, describe(switchboard, [...unlocked.values()]), Date.now());
  };
  const again = () => {
    publish().catch((error: unknown) =>
      log.error(
        { error: String(error) },
        'the execution switch was not renewed; workers will wait for it, and change nothing',
      ),
    );
  };
  await publish();
  const renewal = setInterval(again, renewMs);
  const unsubscribe = switchboard.onFlip(again);
  // It may have forgotten the state, and workers wait for it.
  const stopListening = values.onReconnect(again);
  return {
    publish,
    async forbid(run) {
      unlocked.set(run.runId, run);
      await publish();
      for (const { gate, attempt, status } of run.gates)
        if (status === 'queued') await parts.cancelJob(jobIdOf(run.runId, keyOf(gate), attempt));
    },
    stop() {
      clearInterval(renewal);
      unsubscribe();
      stopListening();
    },
  };
}

/** Pure. */
function describe({ board, configured }: Switchboard, unlocked: readonly RunState[]): PublishedSwitch {
  const now = board();
  // No plan has this name, so only what is about all of them shows.
  const all = switchFor(now, configured, '');
  const plans = [...now.plans.keys()].flatMap((name) => {
    const { enabled, reason } = switchFor(now, configured, name);
    return enabled ? [] : [[name, reason] as const];
  });
  const runs = unlocked.flatMap(({ runId, lockBroken }) =>
    lockBroken
      ? [[runId, `${lockBroken.by.name} took the target’s lock from this run: ${lockBroken.reason}`] as const]
      : [],
  );
  return {
    enabled: all.enabled,
    reason: all.reason,
    seq: now.seq,
    plans: Object.fromEntries(plans),
    runs: Object.fromEntries(runs),
  };
}
