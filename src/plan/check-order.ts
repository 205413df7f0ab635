// The order of the gates: what must come before what, how often, and what a plan of its operation may hold. Pure.
import { mustComeAfter, mustComeAfterOnTheWayBack, mutatingKinds, onTheSame } from './gate-traits.ts';
import { gatesWithIndex, has, type Outline, type OutlinedGate, type ReferenceFault } from './outline.ts';
import type { GateKind } from './schema-gates.ts';
import { neededSections, type OptionalSection } from './sections.ts';

type Place = [gate: OutlinedGate, index: number];

/** Faults of order. To be asked only when every gate's kind is known: what follows from the kinds would be reported twice. */
export function orderFaults(plan: Outline): ReferenceFault[] {
  const gates = gatesWithIndex(plan);
  const late = stagedLate(gates);
  return [
    ...gates.flatMap(([gate, index]) => kindFaults(plan, gate, index)),
    ...gates.flatMap(([gate, index], at) => beforeFaults(plan, gates.slice(0, at), late, gate, index)),
    ...onceFaults(gates),
    ...stagedFaults(gates, late),
    ...sectionFaults(plan, gates),
    ...suiteFaults(plan, gates),
    ...endFaults(plan, gates),
  ];
}

/** Kinds that no plan lists, since a run has them by itself. */
export const notPlanned: { readonly [K in GateKind]?: string } = {
  verify: 'it is what /verify does; a plan that only looks has probes, host-survey or proofs',
  'observe-live': 'every run that may change a host has it by itself',
  tidy: 'it is what `interlock tidy` does',
  drift: 'every run has it between its approval and its promote',
};

/** What the way back does not bring forward. */
const forward: ReadonlySet<string> = new Set<GateKind>(['artifact', 'stage', 'promote']);

function kindFaults({ operation }: Outline, { kind }: OutlinedGate, index: number): ReferenceFault[] {
  const why =
    notPlanned[kind as GateKind] ??
    (kind === 'rollback' && operation === 'deploy'
      ? 'it runs by itself when a gate fails after promote, and by /rollback; a plan lists it only with `operation: rollback`'
      : forward.has(kind) && operation === 'rollback'
        ? 'the plan has `operation: rollback`, which brings back what was live'
        : null);
  return why === null
    ? []
    : [
        {
          path: ['gates', index, 'kind'],
          message: `expected a kind that a plan of this operation lists, got ${kind}; ${why}`,
        },
      ];
}

function beforeFaults(
  { operation, targets, artifacts }: Outline,
  before: readonly Place[],
  late: readonly Place[],
  gate: OutlinedGate,
  index: number,
): ReferenceFault[] {
  const rules = operation === 'rollback' ? mustComeAfterOnTheWayBack : mustComeAfter;
  if (operation === 'rollback' && forward.has(gate.kind)) return [];
  // What it is about is not known, so nothing can be said of what comes before it.
  if (gate.target !== undefined && !has(targets, gate.target)) return [];
  if (gate.artifact !== undefined && !has(artifacts, gate.artifact)) return [];
  return (rules[gate.kind as GateKind] ?? []).flatMap((kind): ReferenceFault[] => {
    const found = before.filter(([each]) => isOf(each, kind, gate));
    const path = ['gates', index, 'kind'];
    // Told once, at the gate that comes too late: see `stagedFaults`.
    if (found.length === 0 && late.some(([each]) => isOf(each, kind, gate))) return [];
    if (found.length === 0)
      return [
        {
          path,
          message: `expected ${kind === 'artifact' ? 'an' : 'a'} ${kind} gate before ${gate.kind}${about(gate)}, got none; add it or move this gate`,
        },
      ];
    // What may fail without stopping the run holds nothing up.
    if (!gate.supplementary && found.every(([each]) => each.supplementary))
      return [
        {
          path,
          message: `expected ${kind === 'artifact' ? 'an' : 'a'} ${kind} gate before ${gate.kind} that stops the run when it fails, got a supplementary one; make that one required, or this one supplementary`,
        },
      ];
    return [];
  });
}

function isOf(each: OutlinedGate, kind: GateKind, gate: OutlinedGate): boolean {
  return each.kind === kind && onTheSame(each, gate);
}

function about({ target, artifact }: OutlinedGate): string {
  const things = [
    ...(target === undefined ? [] : [`target ${target}`]),
    ...(artifact === undefined ? [] : [`artifact ${artifact}`]),
  ];
  return things.length > 0 ? ` on the same ${things.join(' and ')}` : '';
}

/** A second artifact is one of its own; everything else is once for its target, whatever the artifact. */
function isAgain(a: OutlinedGate, b: OutlinedGate): boolean {
  return a.kind === 'artifact' ? a.artifact === b.artifact : a.target === b.target;
}

/** What changes something does so once for each target, and for each artifact. */
function onceFaults(gates: readonly Place[]): ReferenceFault[] {
  return gates.flatMap(([gate, index], at) => {
    const again =
      mutatingKinds.has(gate.kind) &&
      gates.slice(0, at).find(([each]) => each.kind === gate.kind && isAgain(each, gate));
    return again
      ? [
          {
            path: ['gates', index, 'kind'],
            message: `expected ${gate.kind} once for each ${gate.kind === 'artifact' ? 'artifact' : 'target'}, got it again; gates/${again[1]} is about the same one`,
          },
        ]
      : [];
  });
}

function firstPromote(gates: readonly Place[]): number | undefined {
  return gates.find(([{ kind }]) => kind === 'promote')?.[1];
}

/** What is made or staged after the first promote. */
function stagedLate(gates: readonly Place[]): Place[] {
  const first = firstPromote(gates) ?? Number.POSITIVE_INFINITY;
  return gates.filter(([{ kind }, index]) => index > first && (kind === 'stage' || kind === 'artifact'));
}

/** One approval is for all that goes live, so all of it must have been shown. */
function stagedFaults(gates: readonly Place[], late: readonly Place[]): ReferenceFault[] {
  return late.map(([{ kind }, index]) => ({
    path: ['gates', index, 'kind'],
    message: `expected ${kind} before the first promote, since the one approval of a run is for everything that it shows, got it after; move it before gates/${firstPromote(gates)}`,
  }));
}

function sectionFaults(plan: Outline, gates: readonly Place[]): ReferenceFault[] {
  const missing = new Map<OptionalSection, Place[]>();
  for (const place of gates)
    for (const section of neededSections[place[0].kind as GateKind])
      if (!isThere(plan, section, place[0])) missing.set(section, [...(missing.get(section) ?? []), place]);
  return [...missing].map(([section, places]) => ({
    path: ['gates', places[0]?.[1] ?? 0, 'kind'],
    message: `expected the plan to have \`${section}\`, which ${[...new Set(places.map(([{ kind }]) => kind))].join(', ')} cannot do without, got none; add it, or take the gate out`,
  }));
}

/** A gate that selects one of many needs that one; whether it exists is another question. */
function isThere(plan: Outline, section: OptionalSection, gate: OutlinedGate): boolean {
  if ((section === 'target' || section === 'artifact') && gate[section] !== undefined) return true;
  return plan.present.includes(section);
}

function suiteFaults({ tests, proofs }: Outline, gates: readonly Place[]): ReferenceFault[] {
  if (
    gates.some(([{ kind }]) => kind === 'promote') &&
    Object.keys(tests).length === 0 &&
    proofs === undefined
  )
    return [
      {
        path: ['tests'],
        message: 'expected a suite, or `proofs`, since what nobody tried does not go live, got none; add one',
      },
    ];
  const onHost = gates.find(([{ kind }]) => kind === 'stage' || kind === 'prove');
  return onHost && Object.keys(tests).length > 0 && !has(tests, 'full')
    ? [
        {
          path: ['tests'],
          message: `expected a suite named "full", which ${onHost[0].kind} runs on the host, got ${Object.keys(tests).join(', ')}`,
        },
      ]
    : [];
}

function endFaults({ gates: all, operation }: Outline, gates: readonly Place[]): ReferenceFault[] {
  if (all.length === 0) return [];
  const last = all.length - 1;
  const reports = gates.filter(([{ kind }]) => kind === 'report');
  const early = reports
    .filter(([, index]) => index !== last)
    .map(([, index]) => ({
      path: ['gates', index, 'kind'],
      message: 'expected report once, as the last gate, got it before others; move it or take it out',
    }));
  const missing =
    all[last]?.kind === 'report'
      ? []
      : [
          {
            path: ['gates', last],
            message: `expected the last gate to be report, got ${all[last]?.kind ?? 'nothing'}; every run ends in one`,
          },
        ];
  const provesNothing =
    gates.every(([{ kind, supplementary }]) => kind === 'report' || supplementary) && reports.length > 0
      ? [
          {
            path: ['gates'],
            message:
              'expected a gate besides the report that stops the run when it fails, got none; a run without one proves nothing',
          },
        ]
      : [];
  const noWayBack =
    operation === 'rollback' && !gates.some(([{ kind }]) => kind === 'rollback')
      ? [
          {
            path: ['operation'],
            message:
              'expected a rollback gate in a plan with `operation: rollback`, got none; add it, or leave `operation` out',
          },
        ]
      : [];
  return [...early, ...missing, ...provesNothing, ...noWayBack];
}
