// What each gate says of itself: its name, what it needs, whether it changes anything, what it tolerates. Pure.
import { criteriaOf } from './criteria-of.ts';
import { changesTarget, mutatingKinds, ofArtifact, onTarget } from './gate-traits.ts';
import {
  asksPeople,
  gatesWithIndex,
  has,
  type Outline,
  type OutlinedGate,
  type ReferenceFault,
  unknownName,
} from './outline.ts';
import { type GateKind, gateKinds } from './schema-gates.ts';

/** What a gate is called, as `keyOf` says it of a gate of good form. */
export function nameOf({ name, kind }: OutlinedGate): string {
  return name ?? kind;
}

/** Names that are not unique, and what a gate says of itself that is not so. */
export function gateFaults(plan: Outline): ReferenceFault[] {
  const gates = gatesWithIndex(plan);
  return [
    ...nameFaults(plan),
    ...gates.flatMap(([gate, index]) => [
      ...needsFaults(
        gates.slice(
          0,
          gates.findIndex(([each]) => each === gate),
        ),
        gate,
        index,
      ),
      ...selectorFaults(plan, gate, index),
      ...mutatesFaults(gate, index),
      ...supplementaryFaults(gate, index),
      ...preconditionFaults(gates, gate, index),
      ...tolerateFaults(plan, gate, index),
    ]),
  ];
}

function nameFaults(plan: Outline): ReferenceFault[] {
  const gates = gatesWithIndex(plan);
  const reserved = new Set(addedByTheRun(plan));
  return gates.flatMap(([gate, index], at): ReferenceFault[] => {
    const { name, kind } = gate;
    const before = gates.slice(0, at).find(([each]) => nameOf(each) === nameOf(gate));
    if (before && name === undefined)
      return [
        {
          path: ['gates', index, 'kind'],
          message: `expected a \`name\` for a gate that is not the only ${kind}, got none; gates/${before[1]} is called ${JSON.stringify(nameOf(before[0]))} already`,
        },
      ];
    const place = ['gates', index, 'name'];
    if (before)
      return [
        {
          path: place,
          message: `expected a name that no other gate has, got ${JSON.stringify(name)} again; gates/${before[1]} has it`,
        },
      ];
    if (name === undefined || name === kind) return [];
    if (gateKinds.some((each) => each === name) || reserved.has(name))
      return [
        {
          path: place,
          message: `expected a name that is not what a gate of another kind goes by, got ${JSON.stringify(name)}; rename it`,
        },
      ];
    return [];
  });
}

/** Names of the gates that src/run/gates-of.ts adds where a plan promotes to many targets, or brings them back. */
function addedByTheRun(plan: Outline): string[] {
  const changing = gatesWithIndex(plan).filter(([{ kind }]) => kind === 'promote' || kind === 'rollback');
  return changing.flatMap(([{ target }]) =>
    ['drift', 'rollback', 'rollback-readiness', 'verify', 'observe-live', 'tidy'].map(
      (kind) => `${kind}-${target ?? 'target'}`,
    ),
  );
}

function needsFaults(
  before: readonly (readonly [OutlinedGate, number])[],
  gate: OutlinedGate,
  index: number,
): ReferenceFault[] {
  const names = before.map(([each]) => nameOf(each));
  return (gate.needs ?? []).flatMap((need, at) =>
    names.includes(need)
      ? !gate.supplementary && before.some(([each]) => nameOf(each) === need && each.supplementary)
        ? [
            {
              path: ['gates', index, 'needs', at],
              message: `expected a gate that stops the run when it fails, got ${JSON.stringify(need)}, which is supplementary; make that one required, or this one supplementary`,
            },
          ]
        : []
      : [
          {
            path: ['gates', index, 'needs', at],
            message: `expected the name of a gate before this one (${names.join(', ') || 'there is none'}), got ${JSON.stringify(need)}`,
          },
        ],
  );
}

function selectorFaults(plan: Outline, gate: OutlinedGate, index: number): ReferenceFault[] {
  return (
    [
      ['target', onTarget, plan.targets],
      ['artifact', ofArtifact, plan.artifacts],
    ] as const
  ).flatMap(([field, kinds, known]): ReferenceFault[] => {
    const name = gate[field];
    if (name === undefined) return [];
    const path = ['gates', index, field];
    if (!kinds.has(gate.kind))
      return [
        {
          path,
          message: `expected no \`${field}\` of a ${gate.kind} gate, which is about none, got ${JSON.stringify(name)}; take it out`,
        },
      ];
    if (has(known, name)) return [];
    return [{ path, message: unknownName(`one of \`${field}s\``, name, Object.keys(known), `${field}s`) }];
  });
}

function mutatesFaults({ kind, mutates }: OutlinedGate, index: number): ReferenceFault[] {
  const does = mutatingKinds.has(kind);
  return mutates === undefined || mutates === does
    ? []
    : [
        {
          path: ['gates', index, 'mutates'],
          message: `expected ${does}, since a ${kind} gate ${does ? 'changes something' : 'only reads'}, got ${mutates}`,
        },
      ];
}

function supplementaryFaults(gate: OutlinedGate, index: number): ReferenceFault[] {
  const why = mutatingKinds.has(gate.kind)
    ? 'changes something'
    : gate.kind === 'report'
      ? 'ends every run'
      : asksPeople(gate)
        ? 'asks people'
        : null;
  return gate.supplementary && why !== null
    ? [
        {
          path: ['gates', index, 'supplementary'],
          message: `expected false, since a supplementary gate only reads and this one ${why}, got true`,
        },
      ]
    : [];
}

/** Blocked says that nothing was tried: not of what changes something, nor of what comes after a change of a host. */
function preconditionFaults(
  gates: readonly (readonly [OutlinedGate, number])[],
  gate: OutlinedGate,
  index: number,
): ReferenceFault[] {
  if (gate.otherwise === undefined) return [];
  const path = ['gates', index, 'otherwise'];
  if (mutatingKinds.has(gate.kind) || gate.kind === 'report')
    return [
      {
        path,
        message: `expected no \`otherwise\` of a ${gate.kind} gate, which does not only read, got ${JSON.stringify(gate.otherwise)}; take it out`,
      },
    ];
  const changed = gates.find(([{ kind }, at]) => at < index && changesTarget(kind));
  return changed
    ? [
        {
          path,
          message: `expected a precondition before anything on a host is changed, got one after gates/${changed[1]} (${changed[0].kind}); move this gate before it, or take \`otherwise\` out`,
        },
      ]
    : [];
}

/** What makes the tree that goes live the reviewed one, and one without secrets. */
const neverTolerated: { readonly [K in GateKind]?: readonly string[] } = {
  precheck: ['machine', 'baseline', 'clean', 'branch', 'shippable', 'execution'],
  survey: ['files', 'digests', 'removed', 'changes', 'modes', 'paths', 'shippable', 'secrets'],
  reconcile: ['baseline-equal', 'conflicts', 'overlay'],
  test: ['tree', 'secrets'],
  prove: ['live-tree'],
  'rollback-readiness': ['anchor'],
};

function tolerateFaults(plan: Outline, gate: OutlinedGate, index: number): ReferenceFault[] {
  const gaps = plan.gaps.flatMap((gap) => (gap ? [gap.id] : []));
  const known = criteriaOf(plan, gate);
  return gate.tolerates.flatMap((tolerated, at): ReferenceFault[] => {
    if (!tolerated) return [];
    const path = ['gates', index, 'tolerates', at];
    if (mutatingKinds.has(gate.kind) || gate.kind === 'report')
      return [
        {
          path,
          message: `expected nothing to be tolerated of a ${gate.kind} gate, which does not only read, got ${JSON.stringify(tolerated.check)}; take it out`,
        },
      ];
    const { check, gap } = tolerated;
    if (has(neverTolerated, gate.kind) && neverTolerated[gate.kind as GateKind]?.includes(check))
      return [
        {
          path: [...path, 'check'],
          message: `expected a criterion that a known gap can be about, got ${JSON.stringify(check)}, on which rests what is approved; take it out`,
        },
      ];
    return [
      ...(known === null || known.includes(check)
        ? []
        : [
            {
              path: [...path, 'check'],
              message: `expected a criterion of ${nameOf(gate)} (${known.join(', ')}), got ${JSON.stringify(check)}`,
            },
          ]),
      ...(gaps.includes(gap)
        ? []
        : [{ path: [...path, 'gap'], message: unknownName('one of `gaps`', gap, gaps, 'gaps') }]),
    ];
  });
}
