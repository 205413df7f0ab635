import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../src/ledger/database.ts';
import { GENESIS } from '../../src/ledger/event.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { databases, type OpenDatabase } from './open-databases.ts';

describe.each(databases)('the ledger on $name', ({ open }) => {
  let opened: OpenDatabase;
  let database: Database;
  let ledger: Ledger;

  beforeAll(async () => {
    opened = await open();
    database = opened.database;
    ledger = await Ledger.open(database);
  });

  afterAll(async () => {
    await ledger?.close();
    await opened?.close();
  }, 30_000);

  it('chains events from the genesis hash on', async () => {
    const [first, second] = await ledger.append('run/chain', 0, [
      { type: 'requested', data: { plan: 'o8b', n: 1 } },
      { type: 'gate-started', data: { gate: 'G0' }, at: '2025-01-02T03:04:05.678Z' },
    ]);
    expect(first).toMatchObject({ seq: 1, prev: GENESIS, type: 'requested' });
    expect(second).toMatchObject({ seq: 2, prev: first?.hash, at: '2025-01-02T03:04:05.678Z' });
    expect(await ledger.head('run/chain')).toEqual({ seq: 2, hash: second?.hash });
    expect(await ledger.read('run/chain')).toEqual([first, second]);
    expect(await ledger.read('run/chain', { from: 2 })).toEqual([second]);
  });

  it('knows an absent stream as an empty one, except in an export', async () => {
    expect(await ledger.head('run/none')).toEqual({ seq: 0, hash: GENESIS });
    expect(await ledger.read('run/none')).toEqual([]);
    await expect(ledger.exportLines('run/none')).rejects.toMatchObject({ code: 'unknown-stream' });
  });

  it('exports the very bytes that were hashed, also of awkward text', async () => {
    const data = { 'b"': 'ü\u0000\u2028😀', a: [1e21, 0.1, -0, null, true, { z: 1, y: 2 }] };
    const events = await ledger.append('run/bytes', 0, [{ type: 'note', data }]);
    const text = await ledger.exportLines('run/bytes');
    expect(verifyLines(text)).toEqual({
      ok: true,
      stream: 'run/bytes',
      head: await ledger.head('run/bytes'),
      events,
    });
  });

  it('lets one of many writers win and tells the others that the head moved', async () => {
    await ledger.append('run/race', 0, [{ type: 'requested', data: null }]);
    for (const expectedSeq of [1, 2]) {
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, writer) =>
          ledger.append('run/race', expectedSeq, [{ type: 'claim', data: writer }]),
        ),
      );
      const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(lost).toHaveLength(7);
      for (const { reason } of lost)
        expect(reason).toMatchObject({ name: 'LedgerError', code: 'head-moved' });
    }
    expect(await ledger.head('run/race')).toMatchObject({ seq: 3 });
  });

  it('takes after the end of a stream a ruling, and nothing else, and only when that is asked for', async () => {
    const end = { type: 'run.finished', data: null };
    const ruled = { type: 'run.ruled', data: null };
    const afterEnd = { afterEnd: true };
    await expect(ledger.append('run/ruled', 0, [ruled])).rejects.toMatchObject({ code: 'stream-open' });
    await ledger.append('run/ruled', 0, [{ type: 'requested', data: null }]);
    for (const event of [ruled, end])
      await expect(ledger.append('run/ruled', 1, [event], afterEnd)).rejects.toMatchObject({
        code: 'stream-open',
      });
    await ledger.append('run/ruled', 1, [end], { close: true });
    const other = { type: 'gate.finished', data: null };
    for (const [events, options] of [
      [[ruled], {}],
      [[other], {}],
      [[end], afterEnd],
      [[other], afterEnd],
      [[ruled, end], afterEnd],
    ] as const)
      await expect(ledger.append('run/ruled', 2, events, options)).rejects.toMatchObject({
        code: 'stream-closed',
      });
    await ledger.append('run/ruled', 2, [ruled], afterEnd);
    await ledger.append('run/ruled', 3, [ruled], afterEnd);
    const [stream] = await ledger.streams({ prefix: 'run/ruled' });
    expect(stream).toMatchObject({ status: 'closed', head: { seq: 4 } });
    await expect(ledger.append('run/ruled', 4, [end])).rejects.toMatchObject({ code: 'stream-closed' });
    expect(verifyLines(await ledger.exportLines('run/ruled'))).toMatchObject({ ok: true, head: { seq: 4 } });
  });

  it('lets one of many writers open a stream', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 5 }, (_, writer) =>
        ledger.append('run/open-race', 0, [{ type: 'requested', data: writer }]),
      ),
    );
    expect(outcomes.filter((outcome) => outcome.status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'head-moved' });
    }
  });

  it('appends all events of a batch or none', async () => {
    const bad = { type: 'note', data: { broken: '\ud800' } };
    await expect(ledger.append('run/atomic', 0, [{ type: 'note', data: 1 }, bad])).rejects.toMatchObject({
      code: 'bad-event',
    });
    expect(await ledger.head('run/atomic')).toMatchObject({ seq: 0 });
    expect(await ledger.streams({ prefix: 'run/atomic' })).toEqual([]);
  });

  it.each([
    { case: 'an empty type', stream: 'run/x', event: { type: '', data: 1 } },
    { case: 'a stream name with a newline', stream: 'run/x\n', event: { type: 'note', data: 1 } },
    {
      case: 'a local time',
      stream: 'run/x',
      event: { type: 'note', data: 1, at: '2025-01-01T00:00:00+02:00' },
    },
  ])('refuses $case', async ({ stream, event }) => {
    await expect(ledger.append(stream, 0, [event])).rejects.toMatchObject({ code: 'bad-event' });
  });

  it('lists streams with label, status and head, and closes them with their last append', async () => {
    await ledger.append('list/a', 0, [{ type: 'requested', data: 1 }], { label: 'plan-a' });
    await ledger.append('list/b', 0, [{ type: 'requested', data: 1 }], { label: 'plan-b' });
    await ledger.append('list/a', 1, [{ type: 'finished', data: 1 }], { close: true, label: 'ignored' });

    const all = await ledger.streams({ prefix: 'list/' });
    expect(all.map(({ stream, label, status, head }) => [stream, label, status, head.seq])).toEqual([
      ['list/b', 'plan-b', 'open', 1],
      ['list/a', 'plan-a', 'closed', 2],
    ]);
    expect(all[0]?.openedAt).toBeInstanceOf(Date);
    expect((await ledger.streams({ prefix: 'list/', openOnly: true })).map(({ stream }) => stream)).toEqual([
      'list/b',
    ]);
    expect(await ledger.streams({ prefix: 'list/', limit: 1 })).toHaveLength(1);
    await expect(ledger.append('list/a', 2, [{ type: 'late', data: 1 }])).rejects.toMatchObject({
      code: 'stream-closed',
    });
  });

  it.each([
    'update interlock.events set line = line',
    'delete from interlock.events',
    'truncate interlock.events cascade',
  ])('refuses at the database: %s', async (statement) => {
    await ledger.append(`guard/${statement.slice(0, 6)}`, 0, [{ type: 'note', data: 1 }]);
    await expect(database.query(statement)).rejects.toThrow(/append-only/);
  });

  it('tells listeners of its own appends until they leave', async () => {
    const heard: [string, number][] = [];
    const leave = ledger.onAppend(({ stream, head }) => heard.push([stream, head.seq]));
    await ledger.append('heard/own', 0, [
      { type: 'a', data: 1 },
      { type: 'b', data: 2 },
    ]);
    leave();
    await ledger.append('heard/own', 2, [{ type: 'c', data: 3 }]);
    expect(heard).toEqual([['heard/own', 2]]);
  });

  it('tells listeners once of an append by another ledger on the same database', async () => {
    const other = await Ledger.open((await opened.openAnother?.()) ?? database);
    const heard: [string, number][] = [];
    const arrived = new Promise<void>((resolve) => {
      ledger.onAppend(({ stream, head }) => {
        heard.push([stream, head.seq]);
        if (stream === 'heard/last') resolve();
      });
    });
    await other.append('heard/other', 0, [{ type: 'a', data: 1 }]);
    await other.append('heard/last', 0, [{ type: 'a', data: 1 }]);
    await arrived;
    expect(heard).toEqual([
      ['heard/other', 1],
      ['heard/last', 1],
    ]);
    await other.close();
  });
});
