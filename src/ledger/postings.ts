import { z } from 'zod';
import type { Database, Queryable } from './database.ts';
import { LedgerError } from './ledger-error.ts';

/**
 * A Slack message of a run, as the bot means it to be. `pending` means that posting was begun and perhaps happened:
 * look into the channel before posting again, because Slack's post is not idempotent. `settled` means that Slack does not
 * take it, and that it is not tried again.
 */
export interface Posting {
  run: string;
  /** What the message is for, unique in its run, such as `root` or `gate-G3`. */
  key: string;
  channel: string;
  /** The thread that it belongs to; absent for a root message. */
  threadTs?: string;
  state: 'pending' | 'posted' | 'settled';
  /** Slack's id of the message in its channel. */
  ts?: string;
  /** Digest of the content last shown, so that an unchanged message is not updated. */
  digest?: string;
  /** Slack's code for why the content of `digest` does not stand there whole; absent when it does. */
  refusal?: string;
  /** How often showing it was tried in vain since it was last shown; absent when never. */
  tries?: number;
}

const COLUMNS = 'run, key, channel, thread_ts, state, ts, digest, refusal, tries';

const postingRow = z
  .object({
    run: z.string(),
    key: z.string(),
    channel: z.string(),
    thread_ts: z.string().nullable(),
    state: z.enum(['pending', 'posted', 'settled']),
    ts: z.string().nullable(),
    digest: z.string().nullable(),
    refusal: z.string().nullable(),
    tries: z.number().int(),
  })
  .transform(
    ({ thread_ts, ts, digest, refusal, tries, ...row }): Posting => ({
      ...row,
      ...(thread_ts === null ? {} : { threadTs: thread_ts }),
      ...(ts === null ? {} : { ts }),
      ...(digest === null ? {} : { digest }),
      ...(refusal === null ? {} : { refusal }),
      ...(tries === 0 ? {} : { tries }),
    }),
  );

/** The messages that the bot has posted, so that a restart updates them instead of posting them twice. */
export class Postings {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All messages of a run, in the order of their first posting. */
  async list(run: string): Promise<Posting[]> {
    const { rows } = await this.#database.query(
      `select ${COLUMNS} from interlock.postings where run = $1 order by seq`,
      [run],
    );
    return rows.map((row) => postingRow.parse(row));
  }

  /** The posting that a Slack message belongs to, such as the one that a reaction was put on. */
  async find(channel: string, ts: string): Promise<Posting | undefined> {
    const { rows } = await this.#database.query(
      `select ${COLUMNS} from interlock.postings where channel = $1 and ts = $2`,
      [channel, ts],
    );
    return rows.length === 0 ? undefined : postingRow.parse(rows[0]);
  }

  /** Records the intent to post, before the post. `created` is false when the row was there already. */
  async begin(
    intent: Pick<Posting, 'run' | 'key' | 'channel' | 'threadTs'>,
  ): Promise<{ created: boolean; posting: Posting }> {
    return this.#database.transaction(async (transaction) => {
      const { rowCount } = await transaction.query(
        `insert into interlock.postings (run, key, channel, thread_ts, state) values ($1, $2, $3, $4, 'pending')
         on conflict (run, key) do nothing`,
        [intent.run, intent.key, intent.channel, intent.threadTs ?? null],
      );
      return { created: rowCount === 1, posting: await readPosting(transaction, intent) };
    });
  }

  /**
   * Records that the message stands in the channel as `ts` and shows the content of `digest`, of which `refusal` keeps a part.
   * @throws LedgerError `unknown-posting` when it was not begun
   */
  async posted(shown: {
    run: string;
    key: string;
    ts: string;
    digest: string;
    refusal?: string | null;
  }): Promise<void> {
    const { rowCount } = await this.#database.query(
      `update interlock.postings set state = 'posted', ts = $3, digest = $4, refusal = $5, tries = 0 where run = $1 and key = $2`,
      [shown.run, shown.key, shown.ts, shown.digest, shown.refusal ?? null],
    );
    if (rowCount === 0) throw unknownPosting(shown);
  }

  /**
   * Records that Slack does not take the content of `digest`. What stands there already stays `posted`, in its older form.
   * @throws LedgerError `unknown-posting` when it was not begun
   */
  async settle(refused: { run: string; key: string; digest: string; refusal: string }): Promise<void> {
    const { rowCount } = await this.#database.query(
      `update interlock.postings set state = case when ts is null then 'settled' else state end, digest = $3, refusal = $4, tries = 0
        where run = $1 and key = $2`,
      [refused.run, refused.key, refused.digest, refused.refusal],
    );
    if (rowCount === 0) throw unknownPosting(refused);
  }

  /** Records how often showing it was tried in vain; does nothing for what was not begun. */
  async tried({ run, key, tries }: { run: string; key: string; tries: number }): Promise<void> {
    await this.#database.query('update interlock.postings set tries = $3 where run = $1 and key = $2', [
      run,
      key,
      tries,
    ]);
  }

  /** Forgets what stands there as `ts`, which Slack says was deleted: the next look brings it back. */
  async doubt(message: { channel: string; ts: string }): Promise<void> {
    await this.#database.query(
      `update interlock.postings set digest = 'unknown' where channel = $1 and ts = $2 and state = 'posted'`,
      [message.channel, message.ts],
    );
  }

  /** Drops a posting, for a message that was deleted in Slack or never arrived there. */
  async forget(posting: { run: string; key: string }): Promise<void> {
    await this.#database.query('delete from interlock.postings where run = $1 and key = $2', [
      posting.run,
      posting.key,
    ]);
  }
}

async function readPosting(queryable: Queryable, wanted: { run: string; key: string }): Promise<Posting> {
  const { rows } = await queryable.query(
    `select ${COLUMNS} from interlock.postings where run = $1 and key = $2`,
    [wanted.run, wanted.key],
  );
  if (rows.length === 0) throw unknownPosting(wanted);
  return postingRow.parse(rows[0]);
}

function unknownPosting({ run, key }: { run: string; key: string }): LedgerError {
  return new LedgerError(
    'unknown-posting',
    `expected a posting ${key} of run ${run}, got none; begin it first`,
  );
}
