// The register of a lineage: the fold of what its runs and rulings say, in the order in which they were finished and given. Pure.
import type { Plan } from '../plan/schema.ts';
import type { GapRow, RequiredRuling } from './schema.ts';
import type { Contribution, Placed } from './steps.ts';
import { applyStep } from './transitions.ts';

/** `contributions` are those of all lineages: a run of another one can take back what a run of this one had delivered. */
export function registerOf(lineage: string, contributions: readonly Contribution[]): readonly GapRow[] {
  return contributions
    .flatMap((each) => (each.lineage === lineage ? each.steps : each.steps.flatMap(asSeenFromOutside)))
    .toSorted(byOrder)
    .reduce<readonly GapRow[]>((rows, step) => applyStep(rows, step).rows, []);
}

function asSeenFromOutside(step: Placed): Placed[] {
  return step.kind === 'run' && step.takesOut ? [{ ...step, disclosures: [] }] : [];
}

function byOrder({ order: a }: Placed, { order: b }: Placed): number {
  return compare(a[0], b[0]) || compare(a[1], b[1]) || a[2] - b[2];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** For each plan whose ruling is required: its last finished run in this lineage, and how that was ruled on. */
export function requiredRulingsOf(
  { requires }: Pick<Plan, 'requires'>,
  contributions: readonly Contribution[],
): RequiredRuling[] {
  return requires.rulings.map(({ plan }) => {
    const last = contributions
      .filter((each) => each.plan === plan && each.isRuledOn)
      .toSorted((a, b) => compare(a.finishedAt, b.finishedAt))
      .at(-1);
    const unruled = { decision: null, by: null, at: null, head: null };
    return { plan, run: last?.run ?? null, ...(last?.ruling ?? unruled) };
  });
}
