// Keeps in the table of postings how often something was tried in vain: a bot that is started again goes on counting.
import type { Attempts } from './attempts.ts';
import type { Posting, Postings } from './ports.ts';

export function recallTries(attempts: Attempts, known: Iterable<Posting>): void {
  for (const { key, tries } of known) if (tries) attempts.recall(key, tries);
}

export async function keepTries(
  postings: Postings,
  attempts: Attempts,
  { run, keys }: { readonly run: string; readonly keys: readonly string[] },
): Promise<void> {
  for (const key of keys) {
    const tries = attempts.count(key);
    if (tries > 0) await postings.tried({ run, key, tries });
  }
}
