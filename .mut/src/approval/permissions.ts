// Whom a policy permits which act. Pure.
import type { Plan } from '../plan/schema.ts';
import type { Act } from './authorize.ts';
import { type Identity, isOneOf, userGroupsIn } from './identity.ts';

type Policy = Plan['approval'];

/** The people and user groups that may do this. Consents and rejections are for the members of the groups. */
export function permitted({ requesters, groups, permissions }: Policy, act: Act): readonly string[] {
  const everyMember = Object.values(groups).flatMap(({ members }) => members);
  switch (act) {
    case 'request':
    case 'request-dry-run':
    case 'verify':
      return requesters;
    case 'rollback':
      return permissions.rollback ?? requesters;
    case 'abort':
      return permissions.abort ?? requesters;
    case 'publish':
      return permissions.publish ?? requesters;
    case 'approve':
    case 'reject':
    case 'withdraw':
      return everyMember;
    case 'rule':
      return permissions.rule;
    case 'override-freeze':
      return permissions.overrideFreeze;
    case 'unlock':
      return permissions.unlock;
    case 'disable':
      // Everybody who has a say may pull the brake.
      return permissions.disable ?? [...requesters, ...everyMember, ...permissions.enable];
    case 'enable':
      return permissions.enable;
    case 'tidy':
    case 'tidy-dry-run':
      // For operators alone.
      return [];
  }
}

/** The groups in which this person counts. */
export function groupsOf({ groups }: Policy, identity: Identity): string[] {
  return Object.entries(groups).flatMap(([name, { members }]) =>
    isOneOf(members, identity) === true ? [name] : [],
  );
}

/** Ids of all user groups that a policy names: what has to be read before it can be applied. */
export function userGroupsOf({ requesters, groups, permissions }: Policy): string[] {
  return userGroupsIn(
    requesters,
    ...Object.values(groups).map(({ members }) => members),
    ...Object.values(permissions).filter((who) => who !== undefined),
  );
}
