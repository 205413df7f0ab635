import { describe, expect, it } from 'vitest';
import { Inbox } from '../../src/ledger/inbox.ts';
import { createHandleOnce } from '../../src/slack/handle-once.ts';
import { MemoryInbox } from '../fixtures/slack-memory.ts';
import { openPostgres } from '../ledger/open-databases.ts';

describe('a delivery', () => {
  it('is worked on once, however many copies come at once or later', async () => {
    const once = createHandleOnce(new MemoryInbox());
    let times = 0;
    const work = async () => {
      times += 1;
      await new Promise(setImmediate);
    };
    await Promise.all(Array.from({ length: 10 }, () => once('slack', 'Ev1', work)));
    await once('slack', 'Ev1', work);
    expect(times).toBe(1);
    await once('slack', 'Ev2', work);
    await once('other', 'Ev1', work);
    expect(times).toBe(3);
  });

  it('whose work failed is worked on again by the copy that waited, and by no other', async () => {
    const once = createHandleOnce(new MemoryInbox());
    const outcomes: string[] = [];
    let times = 0;
    const work = async () => {
      times += 1;
      if (times === 1) throw new Error('the ledger is away');
      outcomes.push('recorded');
    };
    const settled = await Promise.allSettled([1, 2, 3].map(() => once('slack', 'Ev1', work)));
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    expect(outcomes).toEqual(['recorded']);
  });

  it('that a dead process had begun is worked on by the next one', async () => {
    const opened = await openPostgres();
    try {
      const dying = createHandleOnce(new Inbox(opened.database));
      void dying('slack', 'Ev1', () => new Promise(() => undefined));
      const next = createHandleOnce(new Inbox(opened.database));
      let times = 0;
      const work = async () => {
        times += 1;
      };
      await next('slack', 'Ev1', work);
      await next('slack', 'Ev1', work);
      expect(times).toBe(1);
    } finally {
      await opened.close();
    }
  });
});
