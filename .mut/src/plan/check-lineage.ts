// Gaps, what a plan requires of its lineage, and what its endings are called. Pure.
import { z } from 'zod';
import { gatesWithIndex, type Outline, type ReferenceFault, repeated } from './outline.ts';

/** What is said twice, contradicts itself, or could never hold. */
export function lineageFaults(plan: Outline): ReferenceFault[] {
  return [...gapFaults(plan), ...requireFaults(plan), ...outcomeFaults(plan)];
}

function gapFaults({ gaps }: Outline): ReferenceFault[] {
  return repeated(gaps.map((gap) => gap?.id)).map((index) => ({
    path: ['gaps', index, 'id'],
    message: `expected each id once, got ${JSON.stringify(gaps[index]?.id)} again; rename it`,
  }));
}

function requireFaults(plan: Outline): ReferenceFault[] {
  const { name, requires, gaps } = plan;
  if (!requires) return [];
  const plans = requires.rulings.map((ruling) => ruling?.plan);
  const isLookedAt = gatesWithIndex(plan).some(([{ kind }]) => kind === 'precheck');
  return [
    ...(isLookedAt
      ? []
      : [
          {
            path: ['requires'],
            message: 'expected a precheck gate, which looks whether it holds, got none; add one',
          },
        ]),
    ...repeated(requires.gaps).map((index) => ({
      path: ['requires', 'gaps', index],
      message: `expected each gap once, got ${JSON.stringify(requires.gaps[index])} again`,
    })),
    ...requires.gaps.flatMap((id, index) => {
      const own = gaps.find((gap) => gap?.id === id);
      return own && own.status !== 'closed'
        ? [
            {
              path: ['requires', 'gaps', index],
              message: `expected a gap that this plan does not itself list as ${own.status ?? 'open'}, got ${JSON.stringify(id)}; take it out of one of the two`,
            },
          ]
        : [];
    }),
    ...repeated(plans).map((index) => ({
      path: ['requires', 'rulings', index, 'plan'],
      message: `expected each plan once, got ${JSON.stringify(plans[index])} again`,
    })),
    ...plans.flatMap((plan, index) =>
      plan !== undefined && plan === name
        ? [
            {
              path: ['requires', 'rulings', index, 'plan'],
              message: `expected another plan, got this one: its first run would wait for a ruling on itself`,
            },
          ]
        : [],
    ),
  ];
}

/** Whether the run may end PARTIAL by what this gate finds. */
export function mayLeadToPartial({
  kind,
  supplementary,
  tolerates,
  with: parameters,
}: {
  readonly kind: string;
  readonly supplementary: boolean;
  readonly tolerates: readonly unknown[];
  readonly with?: unknown;
}): boolean {
  return (
    supplementary || tolerates.length > 0 || (kind === 'gap-review' && review.safeParse(parameters).success)
  );
}

const review = z.object({ partialWhileOpen: z.array(z.unknown()).min(1) });

function outcomeFaults(plan: Outline): ReferenceFault[] {
  const { outcomes } = plan;
  if (!outcomes) return [];
  const { pass } = outcomes;
  const same = (['partial', 'blocked', 'failed', 'inconclusive'] as const)
    .filter((name) => typeof pass === 'string' && outcomes[name] === pass)
    .map((name) => ({
      path: ['outcomes', name],
      message: `expected another name than that of \`pass\`, got ${JSON.stringify(pass)}: nobody could tell the two apart`,
    }));
  const mayBePartial = gatesWithIndex(plan).find(([gate]) => mayLeadToPartial(gate));
  return mayBePartial && outcomes['partial'] === undefined
    ? [
        ...same,
        {
          path: ['outcomes'],
          message: `expected a name for the ending \`partial\`, which gates/${mayBePartial[1]} (${mayBePartial[0].kind}) may lead to, got none; add it`,
        },
      ]
    : same;
}
