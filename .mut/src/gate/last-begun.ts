// The exchange that a run has begun last on a live path, by the host's own journal. Pure.
import { z } from 'zod';
import { parseJournalLine } from '../host/commands/observe-journal.ts';
import type { LookFacts } from '../run/facts-of-look.ts';

const lineSchema = z.object({
  run: z.string(),
  gate: z.string(),
  state: z.literal('begin'),
  live: z.string().optional(),
  inodes: z.object({ live: z.string().nullable(), incoming: z.string().nullable() }).optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  inode: z.string().nullable().optional(),
});

/** Null when the run has begun none there; lines of earlier versions name no directories and say nothing. */
export function lastBegun(lines: readonly string[], run: string, livePath: string): LookFacts['begun'] {
  for (const line of lines.toReversed()) {
    const read = lineSchema.safeParse(parseJournalLine(line));
    if (!read.success || read.data.run !== run) continue;
    const { gate, live, inodes, from, to, inode } = read.data;
    if (live === livePath && inodes) return { gate, ...inodes };
    if (inode && to === livePath) return { gate, live: null, incoming: inode };
    if (inode && from === livePath) return { gate, live: inode, incoming: null };
  }
  return null;
}
