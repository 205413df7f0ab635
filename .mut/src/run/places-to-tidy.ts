// Which live paths a tidy is about, with what the ledger knows of them. Pure.
import type { Plan } from '../plan/schema.ts';
import type { Answer, RunRequest } from './control.ts';
import { knowPlaces } from './know-place.ts';
import type { KnownPlace } from './known-place.ts';
import { refuse } from './refuse.ts';
import type { RunState } from './state.ts';

export interface ToTidy {
  readonly places: KnownPlace[];
  readonly subjectFacts: Record<string, never>;
}

/** `target` is one of the plan's `targets`, null for its `target`, undefined for all. `runs` may hold one run twice. */
export function placesToTidy(
  plan: Plan,
  { target: name, dryRun }: Pick<RunRequest, 'target' | 'dryRun'>,
  runs: readonly RunState[],
): Answer<ToTidy> {
  if (!dryRun && plan.mode === 'DRYRUN')
    return refuse(
      'plan-is-dryrun',
      `The plan ${plan.name} is a DRYRUN, by which nothing is removed. Leave --remove out to list.`,
    );
  const once = [...new Map(runs.map((run) => [run.runId, run])).values()];
  const all = knowPlaces(plan, once);
  if (all.length === 0)
    return refuse('nothing-to-tidy', `No gate of the plan ${plan.name} lays anything beside a live path.`);
  const places = name === undefined ? all : all.filter(({ target }) => target === name);
  if (places.length === 0) {
    const known = all.map(({ target }) => target ?? 'the one without a name').join(', ');
    return refuse(
      'unknown-target',
      `The plan ${plan.name} has no target ${name ?? 'without a name'} to tidy; it has ${known}.`,
    );
  }
  return { ok: true, value: { places, subjectFacts: {} } };
}
