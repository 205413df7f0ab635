import { z } from 'zod';
import type { Queryable } from './database.ts';
import type { LedgerHead } from './event.ts';

export interface StreamFilter {
  /** Only streams whose name begins with this. */
  prefix?: string;
  /** At most this many; 100 when absent. */
  limit?: number;
  openOnly?: boolean;
}

export interface StreamSummary {
  stream: string;
  label: string;
  status: 'open' | 'closed';
  head: LedgerHead;
  openedAt: Date;
  changedAt: Date;
}

const summaryRow = z
  .object({
    stream: z.string(),
    label: z.string(),
    status: z.enum(['open', 'closed']),
    seq: z.number().int(),
    hash: z.string(),
    opened_at: z.date(),
    changed_at: z.date(),
  })
  .transform(
    (row): StreamSummary => ({
      stream: row.stream,
      label: row.label,
      status: row.status,
      head: { seq: row.seq, hash: row.hash },
      openedAt: row.opened_at,
      changedAt: row.changed_at,
    }),
  );

/** Lists streams with their head, the newest first. */
export async function listStreams(queryable: Queryable, filter: StreamFilter): Promise<StreamSummary[]> {
  const { rows } = await queryable.query(
    `select s.stream, s.label, s.status, head.seq, head.hash, s.opened_at, s.changed_at
       from interlock.streams s
       cross join lateral (
         select seq, hash from interlock.events e where e.stream = s.stream order by seq desc limit 1
       ) head
      where starts_with(s.stream, $1) and (s.status = 'open' or not $2)
      order by s.opened_at desc, s.stream desc
      limit $3`,
    [filter.prefix ?? '', filter.openOnly ?? false, filter.limit ?? 100],
  );
  return rows.map((row) => summaryRow.parse(row));
}
