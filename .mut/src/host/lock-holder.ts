import { z } from 'zod';

/** Who holds a lock and why, as the loser of the race gets to read it. */
export const lockHolder = z.object({
  /** The person or machine that the run acts for. */
  owner: z.string(),
  run: z.string(),
  reason: z.string(),
  /** ISO 8601, UTC. */
  since: z.iso.datetime(),
  /** The fence that the holder has raised: while the fence says something else, nothing that the holder sends is done. */
  token: z.string().optional(),
  /** When its authorization ends (ISO 8601, UTC). */
  until: z.iso.datetime().optional(),
});

export type LockHolder = z.infer<typeof lockHolder>;
