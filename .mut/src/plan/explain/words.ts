// How a plan's values read in a sentence. Pure.
import type { Plan } from '../schema.ts';

/** "a, b and c"; "nothing" for none. */
export function listed(items: readonly string[], none = 'nothing'): string {
  const [last, ...others] = items.toReversed();
  if (last === undefined) return none;
  return others.length === 0 ? last : `${others.toReversed().join(', ')} and ${last}`;
}

export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : plural}`;
}

/** Minutes as people say them: "4 hours", "1 hour and 30 minutes". */
export function minutes(count: number): string {
  const [days, hours, rest] = [Math.floor(count / 1440), Math.floor((count % 1440) / 60), count % 60];
  const parts = [
    ...(days > 0 ? [counted(days, 'day')] : []),
    ...(hours > 0 ? [counted(hours, 'hour')] : []),
    ...(rest > 0 ? [counted(rest, 'minute')] : []),
  ];
  return listed(parts, '0 minutes');
}

/** People by id; a user group is read when somebody votes. */
export function people(ids: readonly string[]): string {
  return listed(
    ids.map((id) => (id.startsWith('S') ? `the user group ${id}` : id)),
    'nobody',
  );
}

/** As somebody would type it. */
export function commandLine(argv: readonly string[]): string {
  return argv.map((word) => (/^[\w@%+=:,./{}-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');
}

/** "contabo (deploy@203.0.113.10)"; the name alone where the plan has no such host. */
export function hostWords({ hosts }: Pick<Plan, 'hosts'>, name: string): string {
  const host = Object.hasOwn(hosts, name) ? hosts[name] : undefined;
  if (!host) return name;
  return `${name} (${host.user}@${host.address}${host.port === 22 ? '' : `:${host.port}`})`;
}

export function short(hex: string): string {
  return hex.slice(0, 12);
}

/** "no. 7, G5 promote". */
export interface Numbered<G> {
  readonly number: number;
  readonly gate: G;
}
