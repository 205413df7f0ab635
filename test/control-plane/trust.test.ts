// What the control plane believes and what it tells workers: an answer to the very permission that it gave, and a switch with all
// that is off.
import { describe, expect, it, vi } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { ownWorker } from '../../src/config/trusted-workers.ts';
import { resultOpener } from '../../src/control-plane/open-result.ts';
import { startSwitchPublisher } from '../../src/control-plane/publish-switch-state.ts';
import { createKillSwitch } from '../../src/execution/kill-switch.ts';
import { jobDigest } from '../../src/gate/job.ts';
import { signAnswer } from '../../src/gate/signed-result.ts';
import { foldRun, gateState } from '../../src/run/state.ts';
import { type Flip, foldBoard, switchFor } from '../../src/run/switch.ts';
import type { Switchboard } from '../../src/run/switchboard.ts';
import { eventsAtSigning, stateAtSigning } from '../fixtures/run-events.ts';
import { unsignedJob } from '../fixtures/signed-job.ts';

const { signing } = newSigningKeys();

describe('an answer', () => {
  const run = stateAtSigning();
  const gate = gateState(run, 'promote');
  const asked = jobDigest(unsignedJob(run, 'promote', gate.attempt));
  const { result } = gate;
  if (!result) throw new RangeError('expected a result');
  const open = resultOpener([ownWorker({ machine: 'mac-ssot' }, signing, ['ssot'])], Date.now);
  const codeOf = (expected: string | null, given: string | null) => {
    const { runId } = run;
    const answer = {
      ...{ run: runId, gate: 'promote', attempt: gate.attempt, jobDigest: asked, nonce: given },
      machine: 'mac-ssot',
      result,
    };
    try {
      open(run, { ...gate, nonce: expected }, asked, signAnswer(answer, signing));
      return 'believed';
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
  };
  const [a, b] = ['a'.repeat(32), 'b'.repeat(32)];
  it.each([
    [a, a, 'believed'],
    [a, b, 'result-of-another-job'],
    [a, null, 'result-of-another-job'],
    // An earlier version queued gates without one.
    [null, b, 'believed'],
    [null, null, 'believed'],
  ] as const)('to the permission %s that bears %s is %s', (expected, given, code) => {
    expect(codeOf(expected, given)).toBe(code);
  });
});

describe('the switch that workers are told', () => {
  const by = { id: 'U0OPS', name: 'Olga' };
  const cancelled: string[] = [];

  /** A board whose flips the test makes, and what a worker reads of it. */
  async function open(unlocked: Parameters<typeof startSwitchPublisher>[0]['unlocked'] = []) {
    const flips: Flip[] = [];
    const values = new Map<string, string>();
    const listeners = new Set<(flip: Flip) => void>();
    const reconnected = new Set<() => void>();
    const shared = {
      get: async (key: string) => values.get(key) ?? null,
      set: async (key: string, value: string) => void values.set(key, value),
      onReconnect: (listener: () => void) => {
        reconnected.add(listener);
        return () => reconnected.delete(listener);
      },
    };
    const switchboard: Switchboard = {
      board: () => foldBoard(flips),
      forPlan: (plan) => switchFor(foldBoard(flips), 'enabled', plan),
      configured: 'enabled',
      flip: () => Promise.reject(new Error('expected no flip')),
      onFlip: (listener) => {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    };
    const log = { error: () => undefined };
    const cancelJob = async (jobId: string) => void cancelled.push(jobId);
    const publisher = await startSwitchPublisher({
      switchboard,
      values: shared,
      key: signing,
      unlocked,
      cancelJob,
      log,
    });
    const killSwitch = createKillSwitch(shared, [signing.publicKey], Date.now);
    const turn = (plan: string | null, enabled: boolean) => {
      const flip: Flip = {
        plan,
        enabled,
        level: 0,
        by,
        reason: 'r',
        at: '2026-05-21T05:20:00.000Z',
        seq: flips.length + 1,
      };
      flips.push(flip);
      for (const listener of listeners) listener(flip);
    };
    const read = async (plan = 'o8b-retry', run = 'r1') => killSwitch.read({ scope: { plan, run } });
    return {
      ...publisher,
      turn,
      read,
      values,
      reconnect: () => reconnected.forEach((listener) => void listener()),
    };
  }

  it('says what is off as soon as it is turned, for all and for one plan', async () => {
    const { read, turn, stop } = await open();
    expect((await read()).enabled).toBe(true);
    turn('o8b-retry', false);
    await expect.poll(async () => (await read()).enabled).toBe(false);
    expect((await read('o9')).enabled).toBe(true);
    turn('o8b-retry', true);
    await expect.poll(async () => (await read()).enabled).toBe(true);
    turn(null, false);
    await expect.poll(async () => (await read('o9')).enabled).toBe(false);
    stop();
  });

  it('is renewed every ten seconds', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      const { values, stop } = await open();
      values.clear();
      vi.advanceTimersByTime(9_999);
      await Promise.resolve();
      expect(values.size).toBe(0);
      vi.advanceTimersByTime(1);
      await Promise.resolve();
      expect(values.size).toBe(1);
      stop();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is there again as soon as a store that lost it can be reached', async () => {
    const { read, values, reconnect, stop } = await open();
    values.clear();
    expect(await read()).toMatchObject({ unreadable: 'absent' });
    reconnect();
    await expect.poll(async () => (await read()).enabled).toBe(true);
    stop();
  });

  it('forbids a run that lost its lock, cancels what it has under way, and remembers it over a restart', async () => {
    const events = eventsAtSigning();
    const queued = events.findIndex(
      ({ type, data }) => type === 'gate.queued' && 'gate' in data && data.gate === 'stage',
    );
    const run = foldRun('r1', events.slice(0, queued + 1));
    const lost = { ...run, lockBroken: { by, reason: 'it hangs', at: new Date().toISOString() } };
    const first = await open();
    await first.forbid(lost);
    expect(await first.read()).toMatchObject({ enabled: false, lockBroken: true });
    expect((await first.read('o8b-retry', 'r2')).enabled).toBe(true);
    expect(cancelled).toEqual(['r1-stage-1']);
    first.stop();
    const second = await open([lost]);
    expect(await second.read()).toMatchObject({
      lockBroken: true,
      reason: expect.stringContaining('it hangs'),
    });
    second.stop();
  });
});
