// What a schema cannot say of decisions and of evidence for gaps: that what they refer to is there, and that consents are asked
// for one thing. Works on plans of faulty form too.
import { z } from 'zod';
import type { ReferenceFault } from './check-references.ts';

const refs = z.array(z.object({ check: z.string().optional(), probe: z.string().optional() }).catch({}));
const outline = z
  .object({
    probes: z.array(z.object({ id: z.string() }).nullable().catch(null)).catch([]),
    gates: z
      .array(
        z
          .object({
            kind: z.string(),
            name: z.string().optional(),
            with: z.object({ by: z.string().optional(), when: refs.catch([]) }).catch({ when: [] }),
          })
          .nullable()
          .catch(null),
      )
      .catch([]),
    gaps: z
      .array(
        z
          .object({ closes: refs.catch([]) })
          .nullable()
          .catch(null),
      )
      .catch([]),
  })
  .nullable()
  .catch(null);
type Outline = NonNullable<z.infer<typeof outline>>;

export function decisionFaults(value: unknown): ReferenceFault[] {
  const plan = outline.parse(value);
  if (plan === null) return [];
  return [
    ...plan.gates.flatMap((gate, index) =>
      gate?.kind === 'decide'
        ? evidenceFaults(plan, gate.with.when, ['gates', index, 'with', 'when'], index)
        : [],
    ),
    ...plan.gaps.flatMap((gap, index) =>
      gap ? evidenceFaults(plan, gap.closes, ['gaps', index, 'closes'], plan.gates.length) : [],
    ),
    ...consentFaults(plan),
  ];
}

/** `before`: evidence of this gate and of later ones is not there yet. */
function evidenceFaults(
  { gates, probes }: Outline,
  given: z.infer<typeof refs>,
  path: readonly (string | number)[],
  before: number,
): ReferenceFault[] {
  // While a gate has no kind, what follows from the gates would be reported twice.
  if (gates.includes(null)) return [];
  const keys = gates.slice(0, before).map((gate) => gate?.name ?? gate?.kind);
  const ids = probes.map((probe) => probe?.id);
  return given.flatMap(({ check, probe }, at): ReferenceFault[] => {
    const key = check?.split('/')[0];
    if (key !== undefined && (!keys.includes(key) || key === 'report'))
      return [
        {
          path: [...path, at],
          message: `expected an earlier gate of this plan before the "/", got ${JSON.stringify(key)}`,
        },
      ];
    if (probe !== undefined && !ids.includes(probe))
      return [
        {
          path: [...path, at],
          message: `expected the id of a probe of this plan, got ${JSON.stringify(probe)}`,
        },
      ];
    return [];
  });
}

/** A consent to a decision is none to what goes live after it, nor the other way round. */
function consentFaults({ gates }: Outline): ReferenceFault[] {
  const asking = gates.flatMap((gate, index) =>
    gate?.kind === 'decide' && gate.with.by === 'people' ? [index] : [],
  );
  const promotes = gates.some((gate) => gate?.kind === 'promote');
  return asking.flatMap((index, place) =>
    promotes || place > 0
      ? [
          {
            path: ['gates', index, 'with', 'by'],
            message: `expected people to be asked for one thing in a run, got a decision by people beside ${promotes ? 'a promote' : 'another one'}; give it a plan of its own, and let the other plan require its ruling`,
          },
        ]
      : [],
  );
}
