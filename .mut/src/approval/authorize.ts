// The one place that says who may do what. Reactions, buttons, commands, mentions, sweeps and the command line all end
// here. Pure: facts in, decision out. Default deny: whatever is not known does not permit.
import type { Plan } from '../plan/schema.ts';
import type { Reason } from '../run/gate-result.ts';
import type { RunState } from '../run/state.ts';
import { activeFreezes } from './freeze.ts';
import type { Actor, Identity, Place } from './identity.ts';
import { groupsOf } from './permissions.ts';
import { refusalOfIdentity, refusalOfMembership } from './refuse-person.ts';
import { refusalOfState } from './refuse-state.ts';
import { refusalOfSecondFactor, type SecondFactor } from './second-factor.ts';

export const acts = [
  'request',
  'request-dry-run',
  'verify',
  'rollback',
  'approve',
  'reject',
  'withdraw',
  'abort',
  'publish',
  'rule',
  'override-freeze',
  'unlock',
  'tidy',
  'tidy-dry-run',
  'disable',
  'enable',
] as const;
export type Act = (typeof acts)[number];

export interface Scene {
  /** The plan's policy; for the execution switch of the whole installation, that of its configuration. */
  readonly policy: Plan['approval'];
  /** What the policy belongs to, for sentences: the plan's name, or "this installation". */
  readonly of: string;
  /** Null on the command line. */
  readonly place: Place | null;
  /** The run that is acted on; null where there is none yet. */
  readonly run: RunState | null;
  /** ms since the epoch. */
  readonly now: number;
  /** For `request`: whether the requester asks to go on in a freeze, which `override-freeze` decides. */
  readonly overridesFreeze?: boolean;
  /** For `approve` where the policy asks for one. */
  readonly secondFactor?: SecondFactor;
  /** Why new LIVE runs are not started now, by the disable ladder. */
  readonly notStarted?: Reason | null;
}

export type Authority =
  | {
      readonly allowed: true;
      /** For `approve` and `reject`: the groups in which this person counts. */
      readonly groups: readonly string[];
    }
  | { readonly allowed: false; readonly refusal: Reason };

/** What ends or takes back something can do no harm, and must not be lost because Slack does not say what a channel is. */
const safeActs: ReadonlySet<Act> = new Set(['reject', 'withdraw', 'abort', 'disable', 'publish']);

/** What somebody on the control plane's own machine may do: stop, mend and tidy up; never deploy, roll back or consent. */
const operatorActs: ReadonlySet<Act> = new Set([
  'abort',
  'publish',
  'unlock',
  'tidy',
  'tidy-dry-run',
  'disable',
  'enable',
]);

/** Whether this actor may do this now. */
export function authorize(actor: Actor, act: Act, scene: Scene): Authority {
  const refusal =
    actor.kind === 'operator'
      ? refuseOperator(actor.name, act, scene)
      : refusePerson(actor.identity, act, scene);
  if (refusal) return { allowed: false, refusal };
  const votes = act === 'approve' || act === 'reject';
  return {
    allowed: true,
    groups: votes && actor.kind === 'person' ? groupsOf(scene.policy, actor.identity) : [],
  };
}

function refuseOperator(name: string, act: Act, scene: Scene): Reason | null {
  if (!operatorActs.has(act))
    return {
      code: 'not-in-slack',
      text: `${name} acts on the command line, where nobody can ${act.replaceAll('-', ' ')}; that is done in Slack, by a person whom the plan names.`,
    };
  return refusalOfState(act, { id: 'operator', name }, scene);
}

function refusePerson(identity: Identity, act: Act, scene: Scene): Reason | null {
  // Whoever consented may take it back, whatever the workspace says of them or of the channel by now.
  if (act === 'withdraw') return refusalOfState(act, identity, scene);
  return (
    (safeActs.has(act) ? null : refusalOfPlace(scene)) ??
    refusalOfMembership(identity, act, scene) ??
    refusalOfIdentity(identity) ??
    refusalOfState(act, identity, scene) ??
    refusalOfFreeze(identity, act, scene) ??
    (act === 'approve' ? refusalOfSecondFactor(identity, scene) : null)
  );
}

function refusalOfPlace({ place, policy, of, run }: Scene): Reason | null {
  if (place === null)
    return {
      code: 'wrong-channel',
      text: `Nothing says in which channel this was done; ${of} needs to know.`,
    };
  const channels = run ? [run.channel, ...policy.channels] : policy.channels;
  if (channels.length > 0 && !channels.includes(place.channel))
    return {
      code: 'wrong-channel',
      text: `${of} is not run from here; its channels are ${channels.map((id) => `<#${id}>`).join(', ')}.`,
    };
  switch (place.isShared) {
    case false:
      return null;
    case true:
      return {
        code: 'shared-channel',
        text: 'This channel is shared with another organisation; use a channel of this workspace only.',
      };
    case null:
      return {
        code: 'unknown-channel',
        text: 'Slack does not say what kind of channel this is, so nothing is done from it. Invite me to it, and try again.',
      };
  }
}

/** Freezes stop what goes forward: neither a dry run, nor a look, nor the way back. */
function refusalOfFreeze(identity: Identity, act: Act, scene: Scene): Reason | null {
  if (act !== 'request') return null;
  if (scene.overridesFreeze) return refusalOfMembership(identity, 'override-freeze', scene);
  const [freeze] = activeFreezes(scene.policy.freezes, scene.now);
  return freeze
    ? {
        code: 'freeze',
        text: `${scene.of} is frozen until ${freeze.until}: ${freeze.title}. Wait, or let one of those who may override it start the run.`,
      }
    : null;
}
