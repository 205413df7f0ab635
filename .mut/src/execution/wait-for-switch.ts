// A short fault of the queue's store must not end a run. Nobody has turned the switch off when it cannot be read, so whoever is
// permitted to act waits for it, and does nothing meanwhile.
import { setTimeout as delay } from 'node:timers/promises';
import type { KillSwitch, SwitchState } from './kill-switch.ts';

/** ms between two looks. */
const lookAgainMs = 200;
/** ms after which a state that is there and not believed has been put right, if anybody is there to do it: two renewals and more. */
const putRightMs = 25_000;

export interface WaitParts {
  readonly scope: { readonly plan: string; readonly run: string };
  /** Until when a permission holds (ms since the epoch): later than that nothing may be done, whatever the switch says. */
  readonly until: () => number;
  /** Aborts when the job is cancelled or lost. */
  readonly signal: AbortSignal;
  /** ms since the epoch. */
  readonly now: () => number;
  /** Called once a wait, with why. */
  readonly onWait: (reason: string) => void;
}

/**
 * The switch of one job, or of another run where the question says so. It reads as `unreadable` only when the job was stopped, its permission has run out, the question's own
 * `longestWaitMs` are over, or nobody has put a state right that is not to be believed. Throws what `until` throws.
 */
export function waitingSwitch(killSwitch: KillSwitch, parts: WaitParts): KillSwitch {
  const { signal, now, onWait } = parts;
  return {
    async read({ scope = parts.scope, longestWaitMs = Number.POSITIVE_INFINITY } = {}) {
      let state = await killSwitch.read({ scope });
      if (!state.unreadable) return state;
      const began = now();
      const until = Math.min(parts.until(), began + longestWaitMs);
      onWait(state.reason);
      while (state.unreadable) {
        const end = state.unreadable === 'absent' ? until : Math.min(until, began + putRightMs);
        if (signal.aborted) return waited(state, 'until this gate was stopped');
        if (now() >= end) return waited(state, `until ${new Date(end).toISOString()}`);
        await delay(lookAgainMs, undefined, { signal }).catch(() => undefined);
        state = await killSwitch.read({ scope });
      }
      return state;
    },
  };
}

function waited(state: SwitchState, how: string): SwitchState {
  return { ...state, reason: `${state.reason}; it was waited for ${how}` };
}
