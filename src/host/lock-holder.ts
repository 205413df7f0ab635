import { z } from 'zod';

/** Who holds a lock and why, as the loser of the race gets to read it. */
export const lockHolder = z.object({
  /** The person or machine that the run acts for. */
  owner: z.string(),
  run: z.string(),
  reason: z.string(),
  /** ISO 8601, UTC. */
  since: z.iso.datetime(),
});

export type LockHolder = z.infer<typeof lockHolder>;
