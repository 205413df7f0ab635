// Random courses of the execution switch: flips, lost locks, renewals, states that somebody puts back and workers that start
// anew, over the real switchboard, publisher and reader. Each answer is held against the test's own rule.
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { startSwitchPublisher } from '../../src/control-plane/publish-switch-state.ts';
import { createKillSwitch } from '../../src/execution/kill-switch.ts';
import type { Json } from '../../src/plan/schema-scalars.ts';
import type { RunState } from '../../src/run/state.ts';
import type { Level } from '../../src/run/switch.ts';
import { openSwitchboard } from '../../src/run/switchboard.ts';
import { start } from '../fixtures/model/plan.ts';
import { isBelieved, permits, published, stateOfTheFuture } from '../fixtures/model/switch-store.ts';
import { startVirtualTime } from '../fixtures/model/virtual-time.ts';

const plans = ['one', 'two'] as const;
const runs = ['r1', 'r2'] as const;
const { signing } = newSigningKeys();
const forger = newSigningKeys().signing;
const future = await stateOfTheFuture(signing);
const forged = await stateOfTheFuture(forger, start);
const by = { id: 'U0OPS', name: 'Olga' };

type Step =
  | {
      readonly do: 'flip';
      readonly plan: string | null;
      readonly enabled: boolean;
      readonly level: Level;
    }
  | { readonly do: 'unlock'; readonly run: string }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'put-back'; readonly nth: number }
  | { readonly do: 'lose' | 'worker' }
  | { readonly do: 'read'; readonly plan: string; readonly run: string };

const plan = fc.constantFrom(...plans);
const run = fc.constantFrom(...runs);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('flip' as const),
      plan: fc.constantFrom(null, ...plans),
      enabled: fc.boolean(),
      level: fc.constantFrom<Level>(0, 1, 3),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('unlock' as const), run }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1_000, 1_000, 9_000, 31_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('put-back' as const), nth: fc.nat(12) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('lose' as const, 'worker' as const) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('read' as const), plan, run }) },
);

/** Somebody puts the state from before a lock was lost back, for a worker that knows of it. */
const forgotten = fc.record({ plan, run }).map(({ run: lost, plan: of }): Step[] => [
  { do: 'unlock', run: lost },
  { do: 'read', plan: of, run: lost },
  { do: 'put-back', nth: 1 },
  { do: 'read', plan: of, run: lost },
]);
const course = fc
  .array(
    fc.oneof({ weight: 12, arbitrary: step.map((each) => [each]) }, { weight: 1, arbitrary: forgotten }),
    { maxLength: 28, size: 'max' },
  )
  .map((each) => each.flat());

/** What has been done by people, for the test's own answer to what is off. */
class Said {
  readonly flips: { plan: string | null; enabled: boolean }[] = [];
  readonly lost = new Set<string>();

  isOff(of: string | null): boolean {
    return this.flips.findLast((flip) => flip.plan === of)?.enabled === false;
  }
}

async function play(steps: readonly Step[]): Promise<void> {
  let now = start;
  const time = startVirtualTime(
    () => now,
    (ms) => {
      now += ms;
    },
  );
  try {
    const rows: { seq: number; at: string; type: string; data: Json; hash: string }[] = [];
    const ledger = {
      append: async (_: string, __: number, events: readonly { type: string; data: Json }[]) => {
        for (const { type, data } of events)
          rows.push({ seq: rows.length + 1, at: new Date(now).toISOString(), type, data, hash: '' });
      },
      read: async () => [...rows],
    };
    const known = [future, forged];
    let value: string | null = null;
    let comeBack: () => void = () => undefined;
    const values = {
      set: async (_: string, text: string) => {
        value = text;
        known.push(text);
      },
      get: async () => value,
      onReconnect: (listener: () => void) => {
        comeBack = listener;
        return () => undefined;
      },
    };
    const switchboard = await openSwitchboard({ ledger, configured: 'enabled', isHeadMoved: () => false });
    const publisher = await startSwitchPublisher({
      ...{ switchboard, values, key: signing, unlocked: [] },
      cancelJob: async () => undefined,
      log: { error: () => undefined },
    });
    const said = new Said();
    const worker = () => ({
      read: createKillSwitch(values, [signing.publicKey], () => now).read,
      seen: { seq: 0, forbidden: new Set<string>() },
    });
    let reader = worker();
    for (const each of steps) {
      switch (each.do) {
        case 'flip': {
          const { enabled, level } = each;
          said.flips.push(each);
          const reason = 'as the test says';
          await switchboard.flip({ plan: each.plan, enabled, level: enabled ? 0 : level, by, reason });
          break;
        }
        case 'unlock':
          said.lost.add(each.run);
          await publisher.forbid({
            ...{ runId: each.run, gates: [] },
            lockBroken: { by, reason: 'it hangs', at: new Date(now).toISOString() },
          } as unknown as RunState);
          break;
        case 'wait':
          time.advance(each.ms);
          break;
        case 'put-back':
          // Mostly one of those that are still believed.
          value = known.at(each.nth < 6 ? -1 - each.nth : each.nth % known.length) ?? null;
          break;
        case 'lose':
          value = null;
          comeBack();
          break;
        case 'worker':
          reader = worker();
          break;
        case 'read': {
          const scope = { plan: each.plan, run: each.run };
          const state = value === null || value === forged ? null : published(value);
          const mayGoOn = state !== null && permits(state, now, reader.seen, scope);
          expect((await reader.read({ scope })).enabled, JSON.stringify([state, scope])).toBe(mayGoOn);
          if (state !== null && isBelieved(state, now, reader.seen)) {
            reader.seen.seq = state.seq;
            for (const lost of Object.keys(state.runs)) reader.seen.forbidden.add(lost);
          }
        }
      }
      await Promise.resolve();
      // What the control plane publishes is what people have said, at once.
      const last = known.at(-1);
      if (!last || known.length <= 2) continue;
      const state = published(last);
      for (const one of plans)
        expect(!state.enabled || one in state.plans, JSON.stringify([state, each])).toBe(
          said.isOff(null) || said.isOff(one),
        );
      expect(new Set(Object.keys(state.runs))).toEqual(said.lost);
    }
    publisher.stop();
  } finally {
    time.end();
  }
}

it('permits exactly what a state of now permits, and publishes what people have said', async () => {
  const numRuns = 300;
  await fc.assert(fc.asyncProperty(course, play), {
    numRuns,
    seed: 20_261_125,
  });
});
