// Live paths and artifacts of a plan: names that gates use, and orders and places that one approval and one lock each rest on.
import { posix } from 'node:path';
import type { Outline, ReferenceFault } from './outline.ts';

/** Faults of reference that are about several live paths in one plan. */
export function targetFaults(plan: Outline): ReferenceFault[] {
  return [...placeFaults(plan), ...promoteFaults(plan)];
}

/** What lies beside one live path must never be, or lie in, another. */
function placeFaults({ target, targets }: Outline): ReferenceFault[] {
  const all = [
    ...(target ? [{ path: ['target', 'livePath'], ...target }] : []),
    ...Object.entries(targets).flatMap(([name, each]) =>
      each ? [{ path: ['targets', name, 'livePath'], ...each }] : [],
    ),
  ];
  return all.flatMap(({ path, host, livePath }, index) => {
    const other = all
      .slice(0, index)
      .find(
        (each) => each.host === host && (clash(livePath, each.livePath) || clash(each.livePath, livePath)),
      );
    return other
      ? [
          {
            path,
            message: `expected a path apart from ${other.livePath} on ${host} (not the same, not inside it, and not its name with a "." and more, as Interlock names what it lays beside it), got ${livePath}`,
          },
        ]
      : [];
  });
}

function clash(a: string, b: string): boolean {
  const beside =
    posix.dirname(a) === posix.dirname(b) && posix.basename(a).startsWith(`${posix.basename(b)}.`);
  return a === b || a.startsWith(`${b}/`) || beside;
}

/** One approval covers every promote, so everything must be staged, and shown, before the first. */
function promoteFaults({ gates }: Outline): ReferenceFault[] {
  const first = gates.findIndex((gate) => gate?.kind === 'promote');
  if (first === -1) return [];
  const names = new Set(gates.flatMap((gate) => (gate?.name === undefined ? [] : [gate.name])));
  return gates.flatMap((gate, index): ReferenceFault[] => {
    if (!gate) return [];
    const path = ['gates', index, 'kind'];
    if (gate.kind === 'stage' || gate.kind === 'artifact')
      return index < first
        ? []
        : [
            {
              path,
              message: `expected every ${gate.kind} gate before the first promote: one approval shows them all`,
            },
          ];
    if (gate.kind !== 'promote') return [];
    const before = gates.slice(0, index);
    const staged = before.findLast((each) => each?.kind === 'stage' && each.target === gate.target);
    const of = gate.target ?? 'target';
    const own = ['drift', 'rollback'].map((kind) => `${kind}-${of}`).find((name) => names.has(name));
    return [
      ...(before.some((each) => each?.kind === 'promote' && each.target === gate.target)
        ? [{ path, message: `expected one promote a live path, got another of ${of}` }]
        : []),
      ...(staged && staged.artifact !== gate.artifact
        ? [
            {
              path,
              message: `expected the artifact that was staged for ${of} (${staged.artifact ?? 'artifact'}), got ${gate.artifact ?? 'artifact'}`,
            },
          ]
        : []),
      ...(staged || !before.some((each) => each?.kind === 'stage')
        ? []
        : [{ path, message: `expected a stage gate of ${of} before its promote, got one of another` }]),
      ...(own === undefined
        ? []
        : [
            {
              path,
              message: `expected no gate named ${own}: Interlock names one of its own so; name yours otherwise`,
            },
          ]),
    ];
  });
}
