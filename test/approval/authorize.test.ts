// Who may do what when: every combination, against the rules of authority-rules.ts.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Act, acts, authorize } from '../../src/approval/authorize.ts';
import type { Actor, Identity } from '../../src/approval/identity.ts';
import {
  actors,
  type Circumstances,
  factors,
  flags,
  freezes,
  levels,
  people,
  places,
  policy,
  sceneOf,
  states,
} from '../fixtures/authority-table.ts';
import { everyWord, rule } from './authority-rules.ts';

/** Every so manieth circumstance, where a mutant is to be told in a second: a prime, so that each value of each kind comes. */
const step = Number(process.env['SAMPLE'] ?? 1);

function* everyCircumstance(): Generator<Circumstances> {
  let at = 0;
  for (const state of states.keys())
    for (const place of places.keys())
      for (const freeze of freezes)
        for (const level of levels)
          for (const factor of factors) {
            if (at % step === 0) yield { state, place, freeze, level, factor };
            at += 1;
          }
}

describe('what somebody may do', () => {
  it('is as the tables say, for every actor, act, state, place, freeze, level and second factor', () => {
    const wrong: string[] = [];
    const words = new Set<string>();
    let [count, permitted] = [0, 0];
    for (const circumstances of everyCircumstance()) {
      const scene = sceneOf(circumstances);
      for (const [name, actor] of actors)
        for (const act of acts) {
          count += 1;
          const authority = authorize(actor, act, scene);
          const got = authority.allowed ? null : authority.refusal.code;
          if (got === null) permitted += 1;
          else words.add(got);
          if (got !== rule(name, act, circumstances) && wrong.length < 20)
            wrong.push(
              `${name} ${act} ${JSON.stringify(circumstances)}: got ${got}, expected ${rule(name, act, circumstances)}`,
            );
        }
    }
    expect(wrong).toEqual([]);
    if (step === 1) expect(count).toBe(24 * acts.length * 13 * 5 * 3 * 5 * 7);
    expect(permitted / count).toBeLessThan(0.15);
    expect([...words].toSorted()).toEqual(everyWord);
  });

  it('is, for a vote, said with the groups in which it counts', () => {
    const scene = sceneOf({
      state: 'waiting',
      place: 'own',
      freeze: 'none',
      level: -1,
      factor: 'not asked for',
    });
    const groupsOf = (name: string, act: Act) => {
      const authority = authorize(actors.get(name) ?? { kind: 'operator', id: '', name: '' }, act, scene);
      return authority.allowed ? authority.groups : null;
    };
    expect(groupsOf('approver in one group', 'approve')).toEqual(['SG_1']);
    expect(groupsOf('approver in two groups', 'reject')).toEqual(['SG_1', 'SG_2']);
    expect(groupsOf('member by user group', 'approve')).toEqual(['SG_1']);
    expect(groupsOf('approver, user group unreadable', 'approve')).toEqual(['SG_1']);
    expect(groupsOf('member by user group', 'request')).toEqual([]);
    expect(groupsOf('nobody', 'approve')).toBeNull();
  });

  it('may be done in the channel of a run, when the plan names another one by now', () => {
    const scene = sceneOf({
      state: 'waiting',
      place: 'own',
      freeze: 'none',
      level: -1,
      factor: 'not asked for',
    });
    const elsewhere = { ...scene, policy: { ...policy, channels: ['C0ELSEWHERE'] } };
    const one = actors.get('approver in one group');
    expect(one && authorize(one, 'approve', elsewhere).allowed).toBe(true);
    expect(one && authorize(one, 'approve', { ...elsewhere, run: null })).toMatchObject({
      refusal: { code: 'wrong-channel' },
    });
  });

  it('follows the lists of a policy that names people for each act', () => {
    const chief = actors.get('chief');
    const other = actors.get('another requester');
    const all = ['U0CHIEF'];
    const permissions = { ...policy.permissions, abort: all, rollback: all, publish: all, disable: all };
    const scene = sceneOf({
      state: 'waiting',
      place: 'own',
      freeze: 'none',
      level: -1,
      factor: 'not asked for',
    });
    for (const act of ['abort', 'rollback', 'disable'] as const) {
      const named = { ...scene, policy: { ...policy, permissions } };
      expect(chief && authorize(chief, act, named).allowed).toBe(true);
      expect(other && authorize(other, act, named)).toMatchObject({ refusal: { code: 'not-permitted' } });
    }
  });

  it('is never more because less is known', () => {
    const circumstance = fc.record({
      state: fc.constantFrom(...states.keys()),
      place: fc.constantFrom(...places.keys()),
      freeze: fc.constantFrom(...freezes),
      level: fc.constantFrom(...levels),
      factor: fc.constantFrom(...factors),
    });
    const known = fc.constantFrom(true, false, null);
    const identity = fc
      .record({
        id: fc.constantFrom(...new Set([...people.values()].map(({ id }) => id))),
        isBot: known,
        isDeleted: known,
        isGuest: known,
        isStranger: known,
        userGroups: fc.record({ S0TEAM: known, S0MORE: known }),
      })
      .map((facts): Identity => ({ name: facts.id, ...facts }));
    const weakening = fc.constantFrom(...flags, 'S0TEAM', 'S0MORE', 'isShared', 'place', 'secondFactor');
    const to = fc.constantFrom<'null' | 'missing'>('null', 'missing');
    const tried = { refused: 0 };
    fc.assert(
      fc.property(
        identity,
        fc.constantFrom(...acts),
        circumstance,
        weakening,
        to,
        (who, act, how, what, as) => {
          const scene = sceneOf(how);
          const before = authorize({ kind: 'person', identity: who }, act, scene);
          if (before.allowed) return;
          tried.refused += 1;
          const unknown = as === 'null' ? null : undefined;
          const isFlag = flags.some((flag) => flag === what);
          const groups = { ...who.userGroups, ...(what.startsWith('S0') && { [what]: unknown }) };
          const less = { ...who, userGroups: groups, ...(isFlag && { [what]: unknown }) } as Identity;
          const place =
            what === 'place'
              ? null
              : scene.place && what === 'isShared'
                ? { ...scene.place, isShared: null }
                : scene.place;
          const { secondFactor, ...rest } = scene;
          const factor = what === 'secondFactor' || secondFactor === undefined ? {} : { secondFactor };
          const actor: Actor = { kind: 'person', identity: less };
          expect(authorize(actor, act, { ...rest, ...factor, place }).allowed).toBe(false);
        },
      ),
      { numRuns: 20_000 },
    );
    expect(tried.refused).toBeGreaterThan(10_000);
  });
});
