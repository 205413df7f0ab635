// Interlock's own switch: whether LIVE mutations are permitted at all. The control plane signs the state and renews it; a
// reader that finds none, an old one or a forged one takes it as off.
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { signEnvelope, verifyEnvelope } from '../attestation/dsse.ts';
import type { SigningKey } from '../attestation/keys.ts';
import { timestamp } from '../plan/schema-scalars.ts';

const switchType = 'application/vnd.interlock.execution-switch+json';
const switchKey = 'interlock-execution-switch';
/** ms for which a signed state is believed: how long an attacker can replay "on" after it was turned off. */
const validityMs = 30_000;

const switchSchema = z.strictObject({ enabled: z.boolean(), reason: z.string(), signedAt: timestamp });

export interface SharedValues {
  set(key: string, value: string, ttlMs?: number): Promise<void>;
  get(key: string): Promise<string | null>;
}

export interface SwitchState {
  readonly enabled: boolean;
  readonly reason: string;
}

export interface KillSwitch {
  /** Read at the moment of every mutation; never cached. */
  read(): Promise<SwitchState>;
}

/** Publishes the state now. Call at every flip and at least every 10 s. */
export async function publishSwitch(
  values: SharedValues,
  key: SigningKey,
  state: SwitchState,
  now: number,
): Promise<void> {
  const body = JSON.stringify({ ...state, signedAt: new Date(now).toISOString() });
  await values.set(switchKey, JSON.stringify(signEnvelope(switchType, body, key)), validityMs);
}

/** A worker's reader. Never throws: what cannot be read is off. */
export function createKillSwitch(
  values: SharedValues,
  keys: readonly KeyObject[],
  now: () => number,
): KillSwitch {
  return {
    async read() {
      try {
        const envelope = await values.get(switchKey);
        if (envelope === null)
          return off('the control plane publishes no execution switch; start it, or look at its log');
        const { payload } = verifyEnvelope(envelope, switchType, keys);
        const state = switchSchema.parse(JSON.parse(Buffer.from(payload).toString('utf8')));
        const age = now() - Date.parse(state.signedAt);
        if (Math.abs(age) > validityMs)
          return off(
            `the execution switch was signed ${Math.round(age / 1000)} s ago; expected at most ${validityMs / 1000} s`,
          );
        return state;
      } catch {
        return off('the execution switch cannot be read, or is not signed by the control plane');
      }
    },
  };
}

function off(reason: string): SwitchState {
  return { enabled: false, reason };
}
