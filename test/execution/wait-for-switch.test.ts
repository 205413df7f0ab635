// How long a switch that cannot be read is waited for, and what a record that cannot be read is taken for. By a clock of the test.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { KillSwitch, SwitchState } from '../../src/execution/kill-switch.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import { type WaitParts, waitingSwitch } from '../../src/execution/wait-for-switch.ts';

const noon = Date.parse('2026-05-21T12:00:00.000Z');
const nothing = (unreadable: 'absent' | 'refused'): SwitchState => ({
  enabled: false,
  reason: 'none',
  unreadable,
});

/** A wait in which every look at the clock takes `stepMs`; the switch says these things in turn, the last one for ever. */
function open(says: readonly SwitchState[], more: Partial<WaitParts> & { stepMs?: number } = {}) {
  let now = noon;
  let reads = 0;
  const waits: string[] = [];
  const { read } = waitingSwitch(
    {
      read: async () => {
        reads += 1;
        return says[Math.min(reads, says.length) - 1] ?? nothing('absent');
      },
    },
    {
      scope: { plan: 'p', run: 'r' },
      until: () => noon + 60_000,
      signal: new AbortController().signal,
      now: () => (now += more.stepMs ?? 10_000),
      onWait: (reason) => void waits.push(reason),
      ...more,
    },
  );
  return { read, waits, reads: () => reads };
}
const on: SwitchState = { enabled: true, reason: 'on' };
const off: SwitchState = { enabled: false, reason: 'incident' };

describe('a switch', () => {
  it('that says on or off is believed at once', async () => {
    for (const state of [on, off]) {
      const { read, waits, reads } = open([state]);
      expect(await read()).toEqual(state);
      expect([waits, reads()]).toEqual([[], 1]);
    }
  });

  it('that cannot be read is looked at again until it says something', async () => {
    for (const state of [on, off]) {
      const { read, waits } = open([nothing('absent'), nothing('refused'), state]);
      expect(await read()).toEqual(state);
      expect(waits).toEqual(['none']);
    }
  });

  it.each([
    // Every look takes 10 s of the clock: the first is the beginning.
    ['absent', {}, undefined, '2026-05-21T12:01:00.000Z', 5],
    ['refused', {}, undefined, '2026-05-21T12:00:35.000Z', 3],
    ['refused', { until: () => noon + 20_000 }, undefined, '2026-05-21T12:00:20.000Z', 1],
    ['absent', {}, 15_000, '2026-05-21T12:00:25.000Z', 2],
  ] as const)(
    'that stays %s is waited for just so long: case %#',
    async (why, more, longestWaitMs, end, reads) => {
      const opened = open([nothing(why)], more);
      const state = await opened.read(longestWaitMs === undefined ? {} : { longestWaitMs });
      expect(state).toMatchObject({
        enabled: false,
        unreadable: why,
        reason: `none; it was waited for until ${end}`,
      });
      expect(opened.reads()).toBe(reads);
    },
  );

  it('is asked for by the scope of the job, at every look, or by that of the question', async () => {
    const scopes: unknown[] = [];
    const read = (question?: Parameters<KillSwitch['read']>[0]) =>
      waitingSwitch(
        {
          read: async (asked) => {
            scopes.push(asked?.scope);
            return scopes.length % 2 === 1 ? nothing('absent') : on;
          },
        },
        {
          ...{ scope: { plan: 'p', run: 'r' }, until: () => noon + 60_000, now: () => noon },
          ...{ signal: new AbortController().signal, onWait: () => undefined },
        },
      ).read(question);
    await read();
    await read({ scope: { plan: 'p', run: 'r9' } });
    expect(scopes).toEqual(['r', 'r', 'r9', 'r9'].map((run) => ({ plan: 'p', run })));
  });

  it('is not waited for by a gate that was stopped', async () => {
    const stop = new AbortController();
    stop.abort();
    const { read, reads } = open([nothing('absent')], { signal: stop.signal });
    expect(await read()).toMatchObject({
      unreadable: 'absent',
      reason: expect.stringContaining('was stopped'),
    });
    expect(reads()).toBe(1);
  });
});

describe('a record of authorizations', () => {
  it('that cannot be read says nothing, and lets nothing pass', async () => {
    const parent = await mkdtemp(join(tmpdir(), 'interlock-record-'));
    const directory = join(parent, 'record');
    const nonces = await openNonces(directory, () => noon);
    await rm(directory, { recursive: true });
    await writeFile(directory, 'a file where the directory was');
    const authorization = { nonce: 'a'.repeat(32), notAfter: '2026-05-21T13:00:00.000Z' };
    await expect(nonces.answerOf(authorization)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nonces.requireBegun(authorization as never)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nonces.begin(authorization as never)).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nonces.end(authorization, 'the answer')).rejects.toMatchObject({ code: 'ENOTDIR' });
    await rm(parent, { recursive: true });
  });
});
