// The execution switch as a worker reads it: plan × run × time × who signed it × what was seen before. In memory.
import { describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import {
  createKillSwitch,
  type PublishedSwitch,
  publishSwitch,
  type SwitchState,
} from '../../src/execution/kill-switch.ts';

const keys = newSigningKeys();
const others = newSigningKeys();
const noon = Date.parse('2026-05-21T12:00:00.000Z');
const own = { plan: 'o8b-retry', run: 'o8b-retry-1' };

/** A reader at `now`, over whatever was published last. */
function open(now = () => noon) {
  const values = new Map<string, string>();
  const shared = {
    get: async (key: string) => values.get(key) ?? null,
    set: async (key: string, value: string) => void values.set(key, value),
  };
  const killSwitch = createKillSwitch(shared, [keys.signing.publicKey], now);
  return {
    values,
    read: (scope?: { plan: string; run: string }) => killSwitch.read(scope ? { scope } : undefined),
    publish: (state: Partial<PublishedSwitch>, at = noon, by = keys) =>
      publishSwitch(
        shared,
        by.signing,
        { enabled: true, reason: 'on', seq: 5, plans: {}, runs: {}, ...state },
        at,
      ),
  };
}

const on: SwitchState = { enabled: true, reason: 'on' };
const off = (reason: string): SwitchState => ({ enabled: false, reason });
const broken = (reason: string): SwitchState => ({ ...off(reason), lockBroken: true });

describe('a switch', () => {
  const other = { plan: 'o9', run: 'o9-1' };
  const plans = { [own.plan]: 'hands off' };
  const runs = { [own.run]: 'its lock was taken' };
  it.each<[string, Partial<PublishedSwitch>, { plan: string; run: string } | undefined, SwitchState]>([
    ['on, for all', {}, undefined, on],
    ['on, for a run', {}, own, on],
    ['off, for all', { enabled: false, reason: 'incident' }, undefined, off('incident')],
    ['off, for a run', { enabled: false, reason: 'incident' }, own, off('incident')],
    ['off for the plan, for a run of it', { plans }, own, off('hands off')],
    ['off for the plan, for all', { plans }, undefined, on],
    ['off for the plan, for a run of another', { plans }, other, on],
    ['off for the plan, for another run of it', { plans }, { ...own, run: 'o8b-retry-2' }, off('hands off')],
    ['on, for a run that lost its lock', { runs }, own, broken('its lock was taken')],
    ['on, for another run than the one that lost its lock', { runs }, { ...own, run: 'o8b-retry-2' }, on],
    ['on, for all, where a run lost its lock', { runs }, undefined, on],
    ['off for the plan, for a run that lost its lock', { plans, runs }, own, broken('its lock was taken')],
    ['off, for a run that lost its lock', { enabled: false, reason: 'incident', runs }, own, off('incident')],
    ['on again', { enabled: true, reason: 'back', seq: 6 }, own, { enabled: true, reason: 'back' }],
  ])('that is %s reads so', async (_, state, scope, expected) => {
    const { publish, read } = open();
    await publish(state);
    expect(await read(scope)).toEqual(expected);
  });

  it.each([
    [0, true],
    [30_000, true],
    [30_001, false],
    [3_600_000, false],
    [-30_000, true],
    [-30_001, false],
    [-3_600_000, false],
  ])('that was signed %d ms ago is believed: %s', async (age, isBelieved) => {
    for (const state of [{ enabled: true }, { enabled: false, reason: 'incident' }]) {
      const { publish, read } = open();
      await publish(state, noon - age);
      const { unreadable, enabled } = await read(own);
      expect(unreadable).toBe(isBelieved ? undefined : 'refused');
      expect(enabled).toBe(isBelieved && state.enabled);
    }
  });

  it('is nothing where none is there, or it cannot be read', async () => {
    expect(await open().read(own)).toMatchObject({ enabled: false, unreadable: 'absent' });
    const away = { get: () => Promise.reject(new Error('refused')), set: async () => undefined };
    const killSwitch = createKillSwitch(away, [keys.signing.publicKey], () => noon);
    expect(await killSwitch.read()).toMatchObject({ enabled: false, unreadable: 'absent' });
  });

  it('that another key signed, that was altered, or that is none, is refused', async () => {
    const { publish, read, values } = open();
    await publish({}, noon, others);
    expect(await read(own)).toMatchObject({ enabled: false, unreadable: 'refused' });
    await publish({ enabled: false, reason: 'incident' });
    const [[key = '', envelope = ''] = []] = [...values];
    const { payload, ...rest } = JSON.parse(envelope);
    const altered = Buffer.from(payload, 'base64').toString().replace('"enabled":false', '"enabled":true');
    values.set(key, JSON.stringify({ payload: Buffer.from(altered).toString('base64'), ...rest }));
    expect(await read(own)).toMatchObject({ enabled: false, unreadable: 'refused' });
    values.set(key, 'on');
    expect(await read(own)).toMatchObject({ enabled: false, unreadable: 'refused' });
  });
});

describe('a reader', () => {
  it('takes no state of an earlier flip than it has seen, on or off, and the same one again', async () => {
    const { publish, read } = open();
    await publish({ seq: 5, enabled: false, reason: 'incident' });
    expect(await read(own)).toEqual(off('incident'));
    await publish({ seq: 4 });
    expect(await read(own)).toMatchObject({ enabled: false, unreadable: 'refused' });
    await publish({ seq: 5 });
    expect(await read(own)).toEqual(on);
    await publish({ seq: 6, enabled: false, reason: 'again' });
    expect(await read(own)).toEqual(off('again'));
    await publish({ seq: 5 });
    expect(await read(own)).toMatchObject({ enabled: false, unreadable: 'refused' });
  });

  it('does not count a state that it refused as one that it has seen', async () => {
    const { publish, read } = open();
    await publish({ seq: 9 }, noon, others);
    await read(own);
    await publish({ seq: 9 }, noon - 60_000);
    await read(own);
    await publish({ seq: 5 });
    expect(await read(own)).toEqual(on);
  });

  it('never forgets which runs lost their lock: an old state with the same flip does not lift the ban', async () => {
    const { publish, read } = open();
    await publish({ runs: { [own.run]: 'its lock was taken' } });
    // Read for all, so that nobody had asked for that run.
    expect(await read()).toEqual(on);
    await publish({});
    expect(await read(own)).toEqual(broken('its lock was taken'));
    await publish({ seq: 6, enabled: false, reason: 'incident', runs: { 'o8b-retry-2': 'its, too' } });
    await read();
    await publish({ seq: 7 });
    expect(await read({ ...own, run: 'o8b-retry-2' })).toEqual(broken('its, too'));
    expect(await read({ ...own, run: 'o8b-retry-3' })).toEqual(on);
  });

  it('reads at every question, and keeps nothing', async () => {
    let now = noon;
    const { publish, read } = open(() => now);
    await publish({});
    expect(await read(own)).toEqual(on);
    now += 30_001;
    expect(await read(own)).toMatchObject({ enabled: false, unreadable: 'refused' });
  });
});
