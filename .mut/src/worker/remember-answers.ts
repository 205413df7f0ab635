// A full disk must not cost an answer. What a gate has done is done; whoever waits for it is told, though its answer cannot be
// written down here now.
import { setTimeout as delay } from 'node:timers/promises';
import type { Nonces, Spendable } from '../execution/nonces.ts';

/** ms between two attempts to write down what is only in memory. */
const againMs = 5_000;

export interface RememberParts {
  readonly log: { warn(details: object, message: string): void };
  /** Between two attempts in ms; 5,000 without it. */
  readonly againMs?: number;
}

/**
 * The same record, which gives an answer back, and keeps it in memory, where it cannot be written down. It is written as soon as it
 * can be. Until then another process that shares the directory does not know of it; the target host does.
 */
export function rememberingNonces(nonces: Nonces, parts: RememberParts): Nonces {
  const unwritten = new Map<string, string>();

  async function writeLater(authorization: Spendable, answer: string): Promise<void> {
    const { nonce } = authorization;
    while (unwritten.has(nonce)) {
      await delay(parts.againMs ?? againMs, undefined, { ref: false });
      await nonces.end(authorization, answer).then(
        () => unwritten.delete(nonce),
        () => undefined,
      );
    }
  }

  return {
    begin: (permit) => nonces.begin(permit),
    requireBegun: (permit) => nonces.requireBegun(permit),
    async answerOf(authorization) {
      return unwritten.get(authorization.nonce) ?? nonces.answerOf(authorization);
    },
    async end(authorization, answer) {
      const { nonce } = authorization;
      const first = unwritten.get(nonce);
      if (first !== undefined) return first;
      try {
        return await nonces.end(authorization, answer);
      } catch (error) {
        parts.log.warn(
          { error: String(error) },
          'an answer could not be written down; it is given back all the same, and written as soon as the disk allows',
        );
        unwritten.set(nonce, answer);
        void writeLater(authorization, answer);
        return answer;
      }
    },
  };
}
