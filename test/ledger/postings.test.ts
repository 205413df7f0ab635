import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Inbox } from '../../src/ledger/inbox.ts';
import { Postings } from '../../src/ledger/postings.ts';
import { databases, type OpenDatabase } from './open-databases.ts';

describe.each(databases)('the postings and the inbox on $name', ({ open }) => {
  let opened: OpenDatabase;
  let postings: Postings;
  let inbox: Inbox;

  beforeAll(async () => {
    opened = await open();
    postings = new Postings(opened.database);
    inbox = new Inbox(opened.database);
  });
  afterAll(() => opened?.close(), 30_000);

  it('begins a posting once and knows it from then on', async () => {
    const intent = { run: 'r1', key: 'root', channel: 'C1' };
    const row = { ...intent, state: 'pending' };
    expect(await postings.begin(intent)).toEqual({ created: true, posting: row });
    expect(await postings.begin(intent)).toEqual({ created: false, posting: row });

    await postings.posted({ run: 'r1', key: 'root', ts: '17.1', digest: 'd1' });
    const posted = { ...intent, state: 'posted', ts: '17.1', digest: 'd1' };
    expect(await postings.begin(intent)).toEqual({ created: false, posting: posted });
    expect(await postings.find('C1', '17.1')).toEqual(posted);
    expect(await postings.find('C2', '17.1')).toBeUndefined();
  });

  it('settles what Slack does not take, and keeps what stands there already', async () => {
    const refused = { digest: 'd2', refusal: 'edit_window_closed' };
    for (const key of ['file-a', 'root']) await postings.begin({ run: 'r5', key, channel: 'C1' });
    await postings.posted({ run: 'r5', key: 'root', ts: '17.5', digest: 'd1' });
    for (const key of ['file-a', 'root']) await postings.settle({ run: 'r5', key, ...refused });
    expect(await postings.list('r5')).toEqual([
      { run: 'r5', key: 'file-a', channel: 'C1', state: 'settled', ...refused },
      { run: 'r5', key: 'root', channel: 'C1', state: 'posted', ts: '17.5', ...refused },
    ]);
    await postings.posted({ run: 'r5', key: 'root', ts: '17.5', digest: 'd3' });
    expect((await postings.find('C1', '17.5'))?.refusal).toBeUndefined();
    const unknown = postings.settle({ run: 'r5', key: 'final', ...refused });
    await expect(unknown).rejects.toMatchObject({ code: 'unknown-posting' });
  });

  it('counts tries in vain until it is shown, and doubts what was deleted', async () => {
    const of = { run: 'r6', key: 'final' };
    await postings.tried({ ...of, tries: 1 });
    await postings.begin({ ...of, channel: 'C1' });
    await postings.tried({ ...of, tries: 3 });
    expect(await postings.list('r6')).toEqual([{ ...of, channel: 'C1', state: 'pending', tries: 3 }]);
    await postings.posted({ ...of, ts: '17.6', digest: 'd1' });
    await postings.doubt({ channel: 'C1', ts: '17.5' });
    const posted = { ...of, channel: 'C1', state: 'posted', ts: '17.6' };
    expect(await postings.list('r6')).toEqual([{ ...posted, digest: 'd1' }]);
    await postings.doubt({ channel: 'C1', ts: '17.6' });
    expect(await postings.list('r6')).toEqual([{ ...posted, digest: 'unknown' }]);
  });

  it('lists the postings of a run in the order of their beginning and forgets them', async () => {
    for (const key of ['root', 'gate-G1', 'gate-G0']) {
      await postings.begin({ run: 'r2', key, channel: 'C1', threadTs: '17.2' });
    }
    expect((await postings.list('r2')).map(({ key, threadTs }) => [key, threadTs])).toEqual([
      ['root', '17.2'],
      ['gate-G1', '17.2'],
      ['gate-G0', '17.2'],
    ]);
    await postings.forget({ run: 'r2', key: 'root' });
    expect(await postings.list('r2')).toHaveLength(2);
  });

  it('lets one of several bots begin a posting', async () => {
    const begun = await Promise.all(
      Array.from({ length: 6 }, () => postings.begin({ run: 'r3', key: 'root', channel: 'C1' })),
    );
    expect(begun.filter(({ created }) => created)).toHaveLength(1);
  });

  it('refuses to mark a posting that was not begun', async () => {
    const marked = postings.posted({ run: 'r4', key: 'root', ts: '1', digest: 'd' });
    await expect(marked).rejects.toMatchObject({ code: 'unknown-posting' });
  });

  it('sees a delivery as the first one once, also of many at a time', async () => {
    const seen = await Promise.all(Array.from({ length: 6 }, () => inbox.firstSeen('slack', 'Ev1')));
    expect(seen.filter(Boolean)).toHaveLength(1);
    expect(await inbox.firstSeen('slack', 'Ev1')).toBe(false);
    expect(await inbox.firstSeen('other', 'Ev1')).toBe(true);
  });

  it('prunes by age', async () => {
    await inbox.firstSeen('prune', 'Ev1');
    expect(await inbox.prune(60_000)).toBe(0);
    expect(await inbox.prune(-1_000)).toBeGreaterThan(0);
    expect(await inbox.firstSeen('prune', 'Ev1')).toBe(true);
  });
});
