// What claims, the closing of gaps and the rules of decisions rest on: probes, proofs and criteria that the run will have. Pure.
import { z } from 'zod';
import { nameOf } from './check-gates.ts';
import { criteriaOf } from './criteria-of.ts';
import { secondReadingKinds } from './gate-traits.ts';
import {
  isKnownMutation,
  isOfKnownFamily,
  meantMutations,
  mutationFamilies,
  mutationKinds,
} from './mutation-kinds.ts';
import {
  gatesWithIndex,
  type Outline,
  type OutlinedGate,
  type OutlinedRef,
  type ReferenceFault,
  repeated,
  unknownName,
} from './outline.ts';

/** Evidence that no run of this plan could ever have: it would leave the claim "not evidenced". */
export function claimFaults(plan: Outline, kindsKnown: boolean): ReferenceFault[] {
  const all = gatesWithIndex(plan);
  // Claims are judged when the report is made, before its own gate has ended.
  const judged = all.filter(([{ kind }]) => kind !== 'report');
  const faultsOf = (ref: OutlinedRef, gates: typeof all, path: (string | number)[]) =>
    [...refFaults(plan, ref, gates, kindsKnown), ...journalFaults(ref, path[0] === 'forbiddenActions')].map(
      (message) => ({ path, message }),
    );
  return [
    ...(['passCriteria', 'forbiddenActions'] as const).flatMap((field) => [
      ...repeated(plan[field].map((claim) => claim?.id)).map((index) => ({
        path: [field, index, 'id'],
        message: `expected each id once, got ${JSON.stringify(plan[field][index]?.id)} again; rename it`,
      })),
      ...plan[field].flatMap((claim, index) =>
        (claim?.evidence ?? []).flatMap((ref, at) =>
          ref ? faultsOf(ref, judged, [field, index, 'evidence', at]) : [],
        ),
      ),
    ]),
    ...plan.gaps.flatMap((gap, index) =>
      (gap?.closes ?? []).some((each) => each && (each.check ?? each.probe ?? each.proof) !== undefined) ||
      (gap?.closes ?? []).length === 0
        ? []
        : [
            {
              path: ['gaps', index, 'closes'],
              message:
                'expected at least one check, probe or proof, since a gap is closed by what was found, got journals and constructions only; add one',
            },
          ],
    ),
    ...plan.gaps.flatMap((gap, index) =>
      (['closes', 'opens'] as const).flatMap((field) =>
        (gap?.[field] ?? []).flatMap((ref, at) =>
          ref ? faultsOf(ref, judged, ['gaps', index, field, at]) : [],
        ),
      ),
    ),
    ...all.flatMap(([gate, index], position) =>
      rulesOf(gate).flatMap((ref, at) =>
        ref ? faultsOf(ref, all.slice(0, position), ['gates', index, 'with', 'when', at]) : [],
      ),
    ),
  ];
}

const ref = z.object({
  check: z.string().optional().catch(undefined),
  probe: z.string().optional().catch(undefined),
  proof: z.string().optional().catch(undefined),
  journal: z.string().optional().catch(undefined),
});
const rules = z.object({ when: z.array(ref.nullable().catch(null)) });

function rulesOf(gate: OutlinedGate): readonly (OutlinedRef | null)[] {
  if (gate.kind !== 'decide') return [];
  const read = rules.safeParse(gate.with);
  return read.success ? read.data.when : [];
}

/** `gates` are those whose results are there when this is weighed. */
function refFaults(
  plan: Outline,
  { check, probe, proof }: OutlinedRef,
  gates: readonly (readonly [OutlinedGate, number])[],
  kindsKnown: boolean,
): string[] {
  return [
    ...(check === undefined || !kindsKnown ? [] : checkFaults(plan, check, gates)),
    ...(probe === undefined ? [] : probeRefFaults(plan, probe, gates, kindsKnown)),
    ...(proof === undefined || !kindsKnown ? [] : proofFaults(plan, gates)),
  ];
}

function checkFaults(
  plan: Outline,
  check: string,
  gates: readonly (readonly [OutlinedGate, number])[],
): string[] {
  const [name = '', id = ''] = check.split('/', 2);
  const gate = gates.find(([each]) => nameOf(each) === name)?.[0];
  if (!gate)
    return [
      `expected the name of a gate before the "/" that has ended by then (${gates.map(([each]) => nameOf(each)).join(', ') || 'there is none'}), got ${JSON.stringify(name)}`,
    ];
  const known = criteriaOf(plan, gate);
  return known === null || known.includes(id)
    ? []
    : [
        `expected a criterion of ${name} after the "/" (${known.join(', ') || 'there is none'}), got ${JSON.stringify(id)}`,
      ];
}

function probeRefFaults(
  plan: Outline,
  id: string,
  gates: readonly (readonly [OutlinedGate, number])[],
  kindsKnown: boolean,
): string[] {
  const known = plan.probes.flatMap((probe) => (probe ? [probe.id] : []));
  if (!known.includes(id)) return [unknownName('the id of a probe', id, known, 'probes')];
  if (!kindsKnown || gates.some(([{ kind }]) => secondReadingKinds.has(kind))) return [];
  return [
    `expected a gate that reads probes a second time (prove or probes) before this is weighed, got none for ${JSON.stringify(id)}; add one`,
  ];
}

/**
 * A kind of change that there is not supports every claim. That is meant where a plan forbids what Interlock cannot do at all; it is
 * a slip of the pen everywhere else, and in a family that there is.
 */
function journalFaults({ journal }: OutlinedRef, mayBeBeyond: boolean): string[] {
  if (journal === undefined || isKnownMutation(journal)) return [];
  if (mayBeBeyond && !isOfKnownFamily(journal)) return [];
  const meant = meantMutations(journal);
  const known = [...mutationFamilies, ...mutationKinds].join(', ');
  return [
    `expected a kind or family of changes that Interlock has, got ${JSON.stringify(journal)}; ${meant.length > 0 ? `did you mean ${meant.join(' or ')}? There are` : 'there are'} ${known}`,
  ];
}

const proofs = z.object({ expect: z.object({ proofs: z.number() }) });

/** Which proofs a program prints is known only when it has run. */
function proofFaults(plan: Outline, gates: readonly (readonly [OutlinedGate, number])[]): string[] {
  const someRun = gates.some(
    ([{ kind, with: parameters }]) =>
      (kind === 'prove' && plan.present.includes('proofs')) ||
      (kind === 'command-proof' && proofs.safeParse(parameters).success),
  );
  return someRun
    ? []
    : [
        'expected a gate that runs proofs before this is weighed (prove, with the section `proofs`, or command-proof with `expect.proofs`), got none; add one',
      ];
}
