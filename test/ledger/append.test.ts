// What the ledger takes: at the head that was decided on, and after an end only what may follow one. On an embedded database.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedDatabase, openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import { type AppendOptions, Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/migrate.ts';

let parent: string;
let database: EmbeddedDatabase;
let ledger: Ledger;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-append-'));
  database = await openEmbeddedDatabase({ directory: join(parent, 'data') });
  await migrate(database);
  ledger = await Ledger.open(database);
});
afterAll(async () => {
  await ledger?.close();
  await database?.close();
  await rm(parent, { recursive: true, force: true });
});

/** What comes of an append of these types to a stream of two events, which has ended or not. */
async function attempt(
  { ended, at = 2 }: { ended: boolean; at?: number },
  types: readonly string[],
  options: AppendOptions = {},
) {
  const stream = `s-${Math.random()}`;
  await ledger.append(stream, 0, [{ type: 'first', data: 1 }]);
  await ledger.append(stream, 1, [{ type: 'second', data: 2 }], { close: ended });
  const events = types.map((type) => ({ type, data: null }));
  const outcome = await ledger.append(stream, at, events, options).then(
    () => 'taken',
    (error: { code: string }) => error.code,
  );
  const { length } = await ledger.read(stream);
  expect(length).toBe(outcome === 'taken' ? 2 + types.length : 2);
  return outcome;
}

describe('an append', () => {
  const afterEnd = { afterEnd: true };
  it.each<[string, Parameters<typeof attempt>, string]>([
    ['at the head', [{ ended: false }, ['more']], 'taken'],
    ['before the head', [{ ended: false, at: 1 }, ['more']], 'head-moved'],
    ['at nothing', [{ ended: false, at: 0 }, ['more']], 'head-moved'],
    ['beyond the head', [{ ended: false, at: 3 }, ['more']], 'head-moved'],
    ['of nothing', [{ ended: false }, []], 'bad-event'],
    ['after the end', [{ ended: true }, ['more']], 'stream-closed'],
    ['after the end, as one that may follow it', [{ ended: true }, ['more'], afterEnd], 'stream-closed'],
    ['of a ruling after the end', [{ ended: true }, ['run.ruled'], afterEnd], 'taken'],
    [
      'of a ruling after the end that is not said to follow it',
      [{ ended: true }, ['run.ruled']],
      'stream-closed',
    ],
    [
      'of a ruling and more after the end',
      [{ ended: true }, ['run.ruled', 'more'], afterEnd],
      'stream-closed',
    ],
    ['of a ruling before the end', [{ ended: false }, ['run.ruled']], 'stream-open'],
    [
      'of a ruling before the end that is said to follow it',
      [{ ended: false }, ['run.ruled'], afterEnd],
      'stream-open',
    ],
    ['of a ruling among others before the end', [{ ended: false }, ['more', 'run.ruled']], 'stream-open'],
    [
      'of what is said to follow an end that has not come',
      [{ ended: false }, ['more'], afterEnd],
      'stream-open',
    ],
    [
      'of a ruling at an old head after the end',
      [{ ended: true, at: 1 }, ['run.ruled'], afterEnd],
      'head-moved',
    ],
  ])('%s', async (_, given, expected) => {
    expect(await attempt(...given)).toBe(expected);
  });
});
