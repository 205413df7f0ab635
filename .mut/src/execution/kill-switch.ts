// Interlock's own switch as workers see it: whether LIVE mutations are permitted, at all, of a plan, of a run. The control
// plane signs the state and renews it. Only a state that says so is "on". One that says "off" is off at once; a reader that
// finds none, an old one or a forged one knows nothing, permits nothing, and may look again (see wait-for-switch.ts).
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { signEnvelope, verifyEnvelope } from '../attestation/dsse.ts';
import type { SigningKey } from '../attestation/keys.ts';
import { timestamp } from '../plan/schema-scalars.ts';

const switchType = 'application/vnd.interlock.execution-switch+json';
const switchKey = 'interlock-execution-switch';
/**
 * ms for which a signed state is believed: how long "on" can be replayed, after it was turned off, to a reader that has not
 * seen "off" yet. One that has goes by the number of the flip.
 */
const validityMs = 30_000;

const reasons = z.record(z.string(), z.string());
const switchSchema = z.strictObject({
  enabled: z.boolean(),
  reason: z.string(),
  seq: z.int().min(0).describe('Number of the last flip: a state of an earlier one is a replay.'),
  plans: reasons.describe('Plans for which it is off, each with the reason.'),
  runs: reasons.describe(
    'Runs that lost their lock, each with the reason: nothing of theirs is permitted any more.',
  ),
  signedAt: timestamp,
});
/** What the control plane publishes. */
export type PublishedSwitch = Omit<z.infer<typeof switchSchema>, 'signedAt'>;

export interface SharedValues {
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  get(key: string): Promise<string | null>;
}

export interface SwitchState {
  readonly enabled: boolean;
  readonly reason: string;
  /**
   * No state that can be believed was found: nothing is permitted now, and nobody has said that it is off. `absent`: none is
   * there, or the store cannot be reached; `refused`: one is there that is old, of the future, replayed or not signed.
   */
  readonly unreadable?: 'absent' | 'refused';
  /** It is off for this run, since its target's lock was taken from it. */
  readonly lockBroken?: true;
}

export interface SwitchQuestion {
  /** Whose switch; without it that of the whole installation. */
  readonly scope?: { readonly plan: string; readonly run: string };
  /** Most ms that a reader which waits for a readable state may wait. */
  readonly longestWaitMs?: number;
}

export interface KillSwitch {
  /** Read at the moment of every mutation; never cached. */
  read(question?: SwitchQuestion): Promise<SwitchState>;
}

/** Publishes the state now. Call at every flip and at least every 10 s. */
export async function publishSwitch(
  values: SharedValues,
  key: SigningKey,
  state: PublishedSwitch,
  now: number,
): Promise<void> {
  const body = JSON.stringify({ ...state, signedAt: new Date(now).toISOString() });
  await values.set(switchKey, JSON.stringify(signEnvelope(switchType, body, key)), validityMs);
}

/** A worker's reader. Never throws: what cannot be read is not permitted. */
export function createKillSwitch(
  values: SharedValues,
  keys: readonly KeyObject[],
  now: () => number,
): KillSwitch {
  /** The newest flip that this reader has seen, which an older state does not take back. */
  let newest = 0;
  /** Runs that lost their lock stay forbidden: that is no flip, so the number of the flip does not show a replay. */
  const forbidden = new Map<string, string>();
  return {
    async read({ scope } = {}) {
      const envelope = await values.get(switchKey).catch(() => undefined);
      if (envelope === undefined) return unreadable('absent', 'the execution switch cannot be read');
      if (envelope === null)
        return unreadable(
          'absent',
          'the control plane publishes no execution switch; start it, or look at its log',
        );
      const state = openState(envelope, keys);
      if (state === null)
        return unreadable('refused', 'the execution switch is not signed by the control plane');
      const age = now() - Date.parse(state.signedAt);
      if (Math.abs(age) > validityMs)
        return unreadable(
          'refused',
          `the execution switch was signed ${Math.round(age / 1000)} s ago; expected at most ${validityMs / 1000} s, compare the clocks of control plane and worker`,
        );
      if (state.seq < newest)
        return unreadable(
          'refused',
          'the execution switch is that of an earlier moment; somebody has put an old state back',
        );
      newest = state.seq;
      for (const [run, reason] of Object.entries(state.runs)) forbidden.set(run, reason);
      if (!state.enabled) return off(state.reason);
      const broken = scope && forbidden.get(scope.run);
      if (broken !== undefined) return { ...off(broken), lockBroken: true };
      const own = scope && state.plans[scope.plan];
      return own === undefined ? { enabled: true, reason: state.reason } : off(own);
    },
  };
}

/** Null for what the control plane did not sign: anybody who reaches the store can write there. */
function openState(envelope: string, keys: readonly KeyObject[]): z.infer<typeof switchSchema> | null {
  try {
    const { payload } = verifyEnvelope(envelope, switchType, keys);
    return switchSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
  } catch {
    return null;
  }
}

function off(reason: string): SwitchState {
  return { enabled: false, reason };
}

function unreadable(why: NonNullable<SwitchState['unreadable']>, reason: string): SwitchState {
  return { enabled: false, reason, unreadable: why };
}
