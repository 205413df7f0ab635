// Judges the codes of authenticator apps. Each is good once: whoever reads one over a shoulder comes too late.
import type { SecondFactor } from '../approval/second-factor.ts';
import type { Secret } from '../evidence/secret.ts';
import { stepOfCode } from '../totp/totp.ts';

export interface SecondFactorParts {
  /** Base32 secrets by Slack user id. */
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Remembers spent steps, durably and for all processes. */
  readonly inbox: { firstSeen(source: string, id: string): Promise<boolean> };
  /** ms since the epoch. */
  readonly now: () => number;
}

/** A right code is spent when this resolves, whatever becomes of the vote. */
export function createSecondFactor({ secrets, inbox, now }: SecondFactorParts) {
  return async (userId: string, code: string): Promise<SecondFactor> => {
    const secret = secrets.get(userId);
    if (secret === undefined) return 'none';
    const step = stepOfCode(secret, code, now());
    if (step === null) return 'wrong';
    return (await inbox.firstSeen('totp', `${userId}:${step}`)) ? 'valid' : 'used';
  };
}
