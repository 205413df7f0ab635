// Live paths and artifacts of a plan: names that gates use, and orders and places that one approval and one lock each rest on.
import { posix } from 'node:path';
import { z } from 'zod';
import type { ReferenceFault } from './check-references.ts';

const place = z.object({ host: z.string(), livePath: z.string() }).nullable().catch(null);
const outline = z
  .object({
    operation: z.string().optional().catch(undefined),
    hosts: z
      .record(
        z.string(),
        z.object({ address: z.unknown(), port: z.unknown().optional() }).nullable().catch(null),
      )
      .catch({}),
    target: place,
    targets: z.record(z.string(), place).catch({}),
    artifacts: z.record(z.string(), z.unknown()).catch({}),
    gates: z
      .array(
        z
          .object({
            kind: z.string(),
            name: z.string().optional().catch(undefined),
            target: z.string().optional().catch(undefined),
            artifact: z.string().optional().catch(undefined),
          })
          .nullable()
          .catch(null),
      )
      .catch([]),
  })
  .nullable()
  .catch(null);
type Outline = NonNullable<z.infer<typeof outline>>;

/** Kinds that a plan may hold that is a rollback. */
const ofRollback: ReadonlySet<string> = new Set([
  'precheck',
  'rollback-readiness',
  'rollback',
  'probes',
  'host-survey',
  'command-proof',
  'database-proof',
  'report',
]);

/** Faults of reference that are about targets, artifacts and what a plan is for. */
export function targetFaults(value: unknown): ReferenceFault[] {
  const plan = outline.parse(value);
  if (plan === null) return [];
  return [
    ...twiceFaults(plan),
    ...nameFaults(plan),
    ...hostFaults(plan),
    ...placeFaults(plan),
    ...operationFaults(plan),
    ...promoteFaults(plan),
  ];
}

/** Events and jobs call a gate by its name, or by its kind. */
function twiceFaults({ gates }: Outline): ReferenceFault[] {
  const keys = gates.map((gate) => gate?.name ?? gate?.kind);
  return gates.flatMap((gate, index): ReferenceFault[] => {
    if (!gate || !keys.slice(0, index).includes(keys[index])) return [];
    const field = gate.name === undefined ? 'kind' : 'name';
    return [
      {
        path: ['gates', index, field],
        message: `expected each ${field} once, got ${keys[index]} again; give it a name of its own`,
      },
    ];
  });
}

function nameFaults({ gates, targets, artifacts }: Outline): ReferenceFault[] {
  return gates.flatMap((gate, index) =>
    (
      [
        ['target', gate?.target, targets],
        ['artifact', gate?.artifact, artifacts],
      ] as const
    ).flatMap(([field, name, known]): ReferenceFault[] => {
      if (name === undefined || name in known) return [];
      const there = Object.keys(known).join(', ') || 'there is none';
      return [
        {
          path: ['gates', index, field],
          message: `expected one of the ${field}s of this plan (${there}), got ${JSON.stringify(name)}`,
        },
      ];
    }),
  );
}

function hostFaults({ hosts, targets }: Outline): ReferenceFault[] {
  return Object.entries(targets).flatMap(([name, target]) =>
    target && !(target.host in hosts)
      ? [
          {
            path: ['targets', name, 'host'],
            message: `expected a host of this plan (${Object.keys(hosts).join(', ') || 'there is none'}), got ${JSON.stringify(target.host)}`,
          },
        ]
      : [],
  );
}

/** What lies beside one live path must never be, or lie in, another, however the plan names their server. */
function placeFaults({ hosts, target, targets }: Outline): ReferenceFault[] {
  const all = [
    ...(target ? [{ path: ['target', 'livePath'], ...target }] : []),
    ...Object.entries(targets).flatMap(([name, each]) =>
      each ? [{ path: ['targets', name, 'livePath'], ...each }] : [],
    ),
  ];
  const server = (name: string) => {
    const host = hosts[name];
    return host ? JSON.stringify([host.address, host.port ?? 22]) : name;
  };
  return all.flatMap(({ path, host, livePath }, index) => {
    const other = all
      .slice(0, index)
      .find(
        (each) =>
          server(each.host) === server(host) &&
          (clash(livePath, each.livePath) || clash(each.livePath, livePath)),
      );
    return other
      ? [
          {
            path,
            message: `expected a path apart from ${other.livePath} on ${other.host} (not the same, not inside it, and not its name with a "." and more, as Interlock names what it lays beside it), got ${livePath}`,
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

function operationFaults({ operation, gates }: Outline): ReferenceFault[] {
  if (operation !== 'rollback') return [];
  const strange = gates.flatMap((gate, index): ReferenceFault[] =>
    gate === null || ofRollback.has(gate.kind)
      ? []
      : [
          {
            path: ['gates', index, 'kind'],
            message: `expected a kind of a rollback (${[...ofRollback].join(', ')}), got ${gate.kind}`,
          },
        ],
  );
  const unready = gates.flatMap((gate, index): ReferenceFault[] => {
    if (gate?.kind !== 'rollback') return [];
    const isReady = gates
      .slice(0, index)
      .some((each) => each?.kind === 'rollback-readiness' && each.target === gate.target);
    const again = gates
      .slice(0, index)
      .some((each) => each?.kind === 'rollback' && each.target === gate.target);
    const path = ['gates', index, 'kind'];
    return [
      ...(isReady
        ? []
        : [{ path, message: 'expected a rollback-readiness gate of the same target before rollback' }]),
      ...(again ? [{ path, message: 'expected one rollback gate a target, got another of the same' }] : []),
    ];
  });
  const none = gates.some((gate) => gate?.kind === 'rollback')
    ? []
    : [{ path: ['gates'], message: 'expected a rollback gate in a plan that is a rollback, got none' }];
  return [...strange, ...unready, ...none];
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
