// Who acts, as a resolver found them just now.

/** What the workspace says of a person. A field that is missing there is null here, and null never permits. */
export interface Identity {
  readonly id: string;
  readonly name: string;
  readonly isBot: boolean | null;
  readonly isDeleted: boolean | null;
  readonly isGuest: boolean | null;
  readonly isStranger: boolean | null;
  /** Membership of the user groups that the policy names, by group id. What is missing or null could not be read. */
  readonly userGroups?: Readonly<Record<string, boolean | null>>;
}

export type Actor =
  | { readonly kind: 'person'; readonly identity: Identity }
  /** Somebody with a shell on the control plane's machine, as the user that Interlock runs as. Nobody in Slack. */
  | { readonly kind: 'operator'; readonly id: string; readonly name: string };

/** Where the act was done; null on the command line. */
export interface Place {
  readonly channel: string;
  /** Whether another organisation is in it, or about to be; null when the workspace does not say. */
  readonly isShared: boolean | null;
}

/** Ids of the user groups in lists of people and groups. */
export function userGroupsIn(...lists: readonly (readonly string[])[]): string[] {
  return [...new Set(lists.flat().filter((id) => id.startsWith('S')))];
}

/** Whether this person is one of `who`, by id or by user group; null when a user group that could decide it was not read. */
export function isOneOf(who: readonly string[], { id, userGroups = {} }: Identity): boolean | null {
  if (who.includes(id)) return true;
  const memberships = userGroupsIn(who).map((group) => userGroups[group] ?? null);
  if (memberships.includes(true)) return true;
  return memberships.includes(null) ? null : false;
}
