// The loop that shows one run, and what keeps approvals swept: what came meanwhile is not lost, what failed comes again.
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { RunState } from '../../src/run/state.ts';
import { keepSwept } from '../../src/slack/keep-swept.ts';
import { RunLoop } from '../../src/slack/run-loop.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined } as never;
const state = (seq: number) => ({ runId: 'r1', seq }) as RunState;

function loop(pass: (run: RunState) => Promise<number | null>) {
  const shown: number[] = [];
  const made = new RunLoop({
    pass: (run) => {
      shown.push(run.seq);
      return pass(run);
    },
    ...{ firstBackoffMs: 1, log, signal: new AbortController().signal, onIdle: () => undefined },
  });
  return { made, shown };
}

describe('the loop of a run', () => {
  it('shows no older state after a later one', async () => {
    const { made, shown } = loop(async () => null);
    made.take(state(2));
    await made.idle();
    made.take(state(1));
    await made.idle();
    expect(shown).toEqual([2]);
  });

  it('shows what came while it passed', async () => {
    const { made, shown } = loop(async (run) => {
      await Promise.resolve();
      if (run.seq === 1) made.take(state(2));
      return null;
    });
    made.take(state(1));
    await made.idle();
    expect(shown).toEqual([1, 2]);
  });

  it('passes again when it failed, until all is shown', async () => {
    let failures = 2;
    const { made, shown } = loop(async () => {
      if (failures-- > 0) throw new Error('Slack is away');
      return null;
    });
    made.take(state(1));
    await made.idle();
    expect(shown).toEqual([1, 1, 1]);
  });

  it('passes again for what was put off', async () => {
    let puttingOff = true;
    const { made, shown } = loop(async () => {
      if (!puttingOff) return null;
      puttingOff = false;
      return Date.now() + 1;
    });
    made.take(state(1));
    await made.idle();
    expect(shown).toEqual([1, 1]);
  });
});

describe('the open approvals', () => {
  afterEach(() => vi.useRealTimers());

  it('are swept every so often, soon again after a failure, within ten seconds of a lost vote, and not once stopped', async () => {
    vi.useFakeTimers();
    let fails = false;
    const sweep = vi.fn(async () => {
      if (fails) throw new Error('Slack is away');
    });
    const swept = keepSwept(sweep, 60_000, log);
    const after = async (ms: number) => {
      await vi.advanceTimersByTimeAsync(ms);
      return sweep.mock.calls.length;
    };
    expect(await after(59_000)).toBe(0);
    expect(await after(1_000)).toBe(1);
    fails = true;
    swept.now();
    expect(await after(0)).toBe(2);
    expect(await after(1_000)).toBe(3);
    fails = false;
    expect(await after(2_000)).toBe(4);
    expect(await after(10_000)).toBe(4);
    swept.soon();
    expect(await after(10_000)).toBe(5);
    swept.stop();
    expect(await after(600_000)).toBe(5);
  });
});
