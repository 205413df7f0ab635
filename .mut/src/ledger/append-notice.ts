import { z } from 'zod';
import type { Database, Queryable } from './database.ts';
import type { LedgerEvent, LedgerHead } from './event.ts';

const CHANNEL = 'interlock_appended';

// The channel is open to everyone who may connect to the database, so a payload is parsed like any other input.
const noticePayload = z.object({
  origin: z.string(),
  stream: z.string(),
  head: z.object({ seq: z.number().int(), hash: z.string() }),
});

/** Tells other processes of an append; the database sends it when the transaction commits, and only then. */
export async function announceAppend(
  transaction: Queryable,
  origin: string,
  appended: readonly LedgerEvent[],
): Promise<void> {
  const last = appended.at(-1);
  if (last === undefined) return;
  const payload = { origin, stream: last.stream, head: { seq: last.seq, hash: last.hash } };
  await transaction.query('select pg_notify($1, $2)', [CHANNEL, JSON.stringify(payload)]);
}

/** Hears of appends by ledgers other than `origin`. */
export function listenForAppends(
  database: Database,
  origin: string,
  onNotice: (notice: { stream: string; head: LedgerHead }) => void,
): Promise<() => Promise<void>> {
  return database.listen(CHANNEL, (payload) => {
    const notice = parseNotice(payload);
    if (notice !== undefined && notice.origin !== origin)
      onNotice({ stream: notice.stream, head: notice.head });
  });
}

function parseNotice(payload: string): z.infer<typeof noticePayload> | undefined {
  try {
    return noticePayload.parse(JSON.parse(payload));
  } catch {
    return undefined;
  }
}
