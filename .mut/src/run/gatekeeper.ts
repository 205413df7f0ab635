// Fetches what `authorize` has to know, and asks it. Everything that people do to the control plane passes here.
import { type Act, type Authority, authorize, type Scene } from '../approval/authorize.ts';
import type { Actor, Identity, Place } from '../approval/identity.ts';
import { userGroupsOf } from '../approval/permissions.ts';
import type { Plan } from '../plan/schema.ts';
import type { Asker } from './control.ts';
import type { RunState } from './state.ts';
import { notStarted } from './switch.ts';
import type { Switchboard } from './switchboard.ts';

export interface GatekeeperParts {
  /** What the workspace says of a person now, and of the membership in these user groups. Throws when it cannot be asked. */
  readonly identify: (userId: string, userGroups: readonly string[]) => Promise<Identity>;
  /** What kind of channel it is now. */
  readonly placeOf: (channel: string) => Promise<Place>;
  readonly switchboard: Pick<Switchboard, 'forPlan'>;
  readonly now: () => number;
}

export interface Gatekeeper {
  ask(
    asker: Asker,
    act: Act,
    subject: { readonly plan: Pick<Plan, 'name' | 'approval'>; readonly run: RunState | null },
    more?: Pick<Scene, 'overridesFreeze' | 'secondFactor'>,
  ): Promise<Authority>;
  /** The facts alone, for a decision that is made on fresh state. */
  facts(
    asker: Asker,
    plan: Pick<Plan, 'name' | 'approval'>,
  ): Promise<{ actor: Actor; scene: Omit<Scene, 'run'> }>;
}

export function createGatekeeper({ identify, placeOf, switchboard, now }: GatekeeperParts): Gatekeeper {
  async function facts(asker: Asker, { name, approval }: Pick<Plan, 'name' | 'approval'>) {
    const actor: Actor =
      asker.via === 'operator'
        ? { kind: 'operator', id: asker.id, name: asker.name }
        : { kind: 'person', identity: await identify(asker.id, userGroupsOf(approval)) };
    const place = asker.channel === null ? null : await placeOf(asker.channel);
    const scene = {
      policy: approval,
      of: name,
      place,
      now: now(),
      notStarted: notStarted(switchboard.forPlan(name)),
    };
    return { actor, scene };
  }

  return {
    facts,
    async ask(asker, act, { plan, run }, more = {}) {
      const { actor, scene } = await facts(asker, plan);
      return authorize(actor, act, { ...scene, ...more, run });
    },
  };
}
