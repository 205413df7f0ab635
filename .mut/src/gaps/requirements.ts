// What a plan requires of its lineage before it runs, held against what its run carried in. Pure.
import { wordOf } from '../plan/criteria-of.ts';
import type { Plan } from '../plan/schema.ts';
import type { RunState } from '../run/state.ts';
import type { GapRow, RequiredRuling } from './schema.ts';

/** What of the lineage a job needs to decide that. */
export interface LineageFacts {
  readonly gaps: readonly Pick<GapRow, 'id' | 'title' | 'status'>[];
  readonly rulings: readonly RequiredRuling[];
}

/** Those facts of a run: the gaps that its plan requires, not the whole register. */
export function requiredOf({ plan, gaps, requiredRulings }: RunState) {
  const required = gaps.filter(({ id }) => plan.requires.gaps.includes(id));
  return {
    gaps: required.map(({ id, title, status }) => ({ id, title, status })),
    rulings: requiredRulings,
  };
}

export interface Requirement {
  /** `requires-<gap>` or `ruling-<plan>`, as a criterion is named. */
  readonly id: string;
  readonly title: string;
  readonly holds: boolean;
  readonly expected: string;
  /** What is there and, where that is not enough, the next move. */
  readonly actual: string;
}

/** One for each gap and each ruling that the plan requires. */
export function requirementsOf(
  { requires, lineage }: Pick<Plan, 'requires' | 'lineage'>,
  facts: LineageFacts,
): Requirement[] {
  return [
    ...requires.gaps.map((gap) => gapRequirement(gap, lineage, facts.gaps)),
    ...requires.rulings.map((required) => rulingRequirement(required, facts.rulings)),
  ];
}

function gapRequirement(gap: string, lineage: string, gaps: LineageFacts['gaps']): Requirement {
  const row = gaps.find(({ id }) => id === gap);
  const way = `Close it by a run whose plan evidences it (\`closes\`), or by a ruling (/runs rule RUN accept --close ${gap}=WHY TEXT), then start this plan anew; /runs gaps ${lineage} shows all of them.`;
  const title = `the gap ${gap} of the lineage is closed`;
  const named = { id: `requires-${wordOf(gap)}`, title, expected: 'closed' };
  if (!row)
    return {
      ...named,
      holds: false,
      actual: `no finished run of the lineage ${lineage} has disclosed it, so nothing has closed it either; look at its spelling. ${way}`,
    };
  return row.status === 'closed'
    ? { ...named, holds: true, actual: `closed (${row.title})` }
    : { ...named, holds: false, actual: `${row.status} (${row.title}). ${way}` };
}

const words = {
  accepted: 'accepted',
  'accepted-with-conditions': 'accepted, with or without conditions',
} as const;

function rulingRequirement(
  { plan, decision: needed }: Plan['requires']['rulings'][number],
  rulings: readonly RequiredRuling[],
): Requirement {
  const named = {
    id: `ruling-${wordOf(plan)}`,
    title: `the last finished run of ${plan} was ruled on as this plan requires`,
    expected: words[needed],
  };
  const found = rulings.find((each) => each.plan === plan);
  if (!found?.run)
    return {
      ...named,
      holds: false,
      actual: `no run of ${plan} has finished in this lineage. Run it, and have it ruled on.`,
    };
  const ask = `/runs rule ${found.run} ${needed === 'accepted' ? 'accept' : 'accept|conditions'} TEXT`;
  if (found.decision === null)
    return {
      ...named,
      holds: false,
      actual: `nobody has ruled on the run ${found.run}. A reviewer rules by its final message or by ${ask}; then start this plan anew.`,
    };
  const holds = found.decision === 'accepted' || (needed !== 'accepted' && found.decision === needed);
  const said = `the run ${found.run} was ${found.decision} by ${found.by ?? 'somebody'} at ${found.at ?? 'an unknown time'}`;
  return {
    ...named,
    holds,
    actual: holds
      ? said
      : `${said}. A later ruling replaces it (${ask}), as does a ruling on a later run; then start this plan anew.`,
  };
}
