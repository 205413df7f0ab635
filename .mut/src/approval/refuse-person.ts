// Why a person may not act, by what the workspace says of them and by what the policy says. Pure.
import type { Reason } from '../run/gate-result.ts';
import type { Act, Scene } from './authorize.ts';
import { type Identity, isOneOf } from './identity.ts';
import { permitted } from './permissions.ts';
import { mention } from './policy.ts';

/** Bots, deactivated accounts, guests and strangers do nothing here; neither does anybody of whom that is not known. */
export function refusalOfIdentity({ name, isBot, isDeleted, isGuest, isStranger }: Identity): Reason | null {
  if (isBot !== false)
    return { code: 'bot', text: `${name} is a bot, or the workspace does not say; only people do this.` };
  if (isDeleted !== false)
    return { code: 'deleted', text: `${name}’s account is deactivated, or the workspace does not say.` };
  if (isGuest !== false)
    return {
      code: 'guest',
      text: `${name} is a guest, or the workspace does not say; only full members do this.`,
    };
  if (isStranger !== false)
    return { code: 'stranger', text: `${name} belongs to another workspace, or ours does not say.` };
  return null;
}

/** Whether the policy names this person for this act. A user group that could not be read does not permit. */
export function refusalOfMembership(identity: Identity, act: Act, scene: Scene): Reason | null {
  const { policy, run, of } = scene;
  const { id, name } = identity;
  const votes = act === 'approve' || act === 'reject';
  if (votes && id === run?.requester.id)
    return {
      code: 'requester',
      text: `${name} asked for this run and cannot ${act} it; another approver must. ${act === 'reject' ? `To end it, use /runs abort ${run.runId}.` : ''}`.trim(),
    };
  const who = permitted(policy, act);
  switch (isOneOf(who, identity)) {
    case true:
      return null;
    case null:
      return {
        code: 'user-group-unreadable',
        text: `Whether ${name} is in a user group that may ${words[act]} could not be read from Slack, so it does not count now. Try again in a moment.`,
      };
    case false:
      return {
        code: notNamed[act],
        text: votes
          ? `${name} is in no approver group of this plan; its approvers are ${people(who)}.`
          : `${name} may not ${words[act]} ${of}; ${who.length === 0 ? 'nobody is named for it' : `these may: ${people(who)}`}.`,
      };
  }
}

const words: { [A in Act]: string } = {
  request: 'run',
  'request-dry-run': 'run',
  verify: 'verify',
  rollback: 'roll back runs of',
  approve: 'approve',
  reject: 'reject',
  withdraw: 'withdraw from',
  abort: 'abort runs of',
  publish: 'publish runs of',
  rule: 'rule on runs of',
  'override-freeze': 'override a freeze of',
  unlock: 'break locks of',
  tidy: 'tidy up after runs of',
  'tidy-dry-run': 'tidy up after runs of',
  disable: 'disable execution for',
  enable: 'enable execution for',
};

const notNamed: { [A in Act]: string } = {
  request: 'not-a-requester',
  'request-dry-run': 'not-a-requester',
  verify: 'not-a-requester',
  rollback: 'not-permitted',
  approve: 'not-an-approver',
  reject: 'not-an-approver',
  withdraw: 'not-an-approver',
  abort: 'not-permitted',
  publish: 'not-permitted',
  rule: 'not-permitted',
  'override-freeze': 'not-permitted',
  unlock: 'not-permitted',
  tidy: 'not-permitted',
  'tidy-dry-run': 'not-permitted',
  disable: 'not-permitted',
  enable: 'not-permitted',
};

function people(who: readonly string[]): string {
  return [...new Set(who)].map(mention).join(', ');
}
