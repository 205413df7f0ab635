// What the commands say about plans.

import { nearestNames } from '../plan/nearest-names.ts';
import type { RunControl } from '../run/control.ts';
import type { CommandAnswer } from './command.ts';
import { code, plain } from './view/escape.ts';

/** A heading and a line a plan. */
export async function listPlans(control: RunControl): Promise<string[]> {
  const plans = await control.plans();
  if (plans.length === 0) return ['There is no plan yet; add one to a configured plan directory.'];
  return ['*Plans*', ...plans.map(({ name, title }) => `${code(name)} ${plain(title)}`)];
}

/** The nearest names, all names, and what to type. */
export async function noSuchPlan(
  control: RunControl,
  command: string,
  typed: string,
): Promise<CommandAnswer> {
  const names = (await control.plans()).map(({ name }) => name);
  const near = nearestNames(typed, names);
  const guess = near[0] ? ` Did you mean ${near.map(code).join(' or ')}?` : '';
  return {
    text: [
      `:no_entry: There is no plan ${code(typed)}.${guess} Type ${code(`/${command} ${near[0] ?? names[0] ?? 'PLAN'}`)}.`,
      ...(await listPlans(control)),
    ].join('\n'),
  };
}
