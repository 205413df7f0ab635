// Hosts, databases, machines and live paths that a plan names. Pure.
import { z } from 'zod';
import { changeSetFaults } from './check-change-set.ts';
import { has, type Outline, type ReferenceFault, repeated, unknownName } from './outline.ts';

/** Places that the plan does not have, that meet, or whose names no criterion could carry. */
export function placeFaults(plan: Outline): ReferenceFault[] {
  return [
    ...targetFaults(plan),
    ...databaseFaults(plan),
    ...machineFaults(plan),
    ...changeSetFaults(plan),
    ...nameFaults(plan),
    ...reportsFaults(plan),
  ];
}

/** A placeholder that nothing fills would be the name of a folder. */
function reportsFaults({ reports }: Outline): ReferenceFault[] {
  const unknown = (reports?.path?.match(/[{}][^{}]*[{}]?/g) ?? []).filter((part) => part !== '{run}');
  return unknown.length === 0
    ? []
    : [
        {
          path: ['reports', 'path'],
          message: `expected no placeholder but {run}, the id of the run, got ${JSON.stringify(unknown[0])}; mend it`,
        },
      ];
}

function targetsOf({ target, targets }: Outline) {
  return [
    { at: ['target'], target },
    ...Object.entries(targets).map(([name, each]) => ({ at: ['targets', name], target: each })),
  ].flatMap(({ at, target: each }) => (each ? [{ at, ...each }] : []));
}

function targetFaults(plan: Outline): ReferenceFault[] {
  const all = targetsOf(plan);
  const unknown = all
    .filter(({ host }) => !has(plan.hosts, host))
    .map(({ at, host }) => ({
      path: [...at, 'host'],
      message: unknownName('a host', host, Object.keys(plan.hosts), 'hosts'),
    }));
  const meeting = all.flatMap(({ at, host, livePath }, index) => {
    const other = all
      .slice(0, index)
      .find((each) => sameServer(plan, each.host, host) && meets(each.livePath, livePath));
    return other
      ? [
          {
            path: [...at, 'livePath'],
            message: `expected a path apart from ${other.livePath} of ${other.at.join('/')} (not the same, not inside it, and not its name with a "." and more, as Interlock names what it lays beside it), got ${livePath}`,
          },
        ]
      : [];
  });
  // Gates that a run adds by itself are named after their target, and after "target" where it has no name.
  const taken =
    plan.target && has(plan.targets, 'target')
      ? [
          {
            path: ['targets', 'target'],
            message:
              'expected another name, got "target", which is what the unnamed target goes by; rename it',
          },
        ]
      : [];
  return [...unknown, ...meeting, ...taken];
}

const serverSchema = z.object({ address: z.string(), port: z.number().default(22) });

function sameServer({ hosts }: Outline, a: string, b: string): boolean {
  if (a === b) return true;
  const [one, other] = [serverSchema.safeParse(hosts[a]), serverSchema.safeParse(hosts[b])];
  return (
    one.success &&
    other.success &&
    one.data.address === other.data.address &&
    one.data.port === other.data.port
  );
}

/** One is the other, lies in it, or has a name that Interlock may give to what it lays beside the other. */
function meets(a: string, b: string): boolean {
  const lies = (inner: string, outer: string) =>
    inner.startsWith(`${outer}/`) || inner.startsWith(`${outer}.`);
  return a === b || lies(a, b) || lies(b, a);
}

function databaseFaults({ databases, hosts }: Outline): ReferenceFault[] {
  return Object.entries(databases).flatMap(([name, database]) => {
    const read = z.object({ via: z.string() }).safeParse(database);
    return read.success && !has(hosts, read.data.via)
      ? [
          {
            path: ['databases', name, 'via'],
            message: unknownName('a host', read.data.via, Object.keys(hosts), 'hosts'),
          },
        ]
      : [];
  });
}

/** Precheck runs on `machine`, and looks for the repository there. */
function machineFaults({ machine, source }: Outline): ReferenceFault[] {
  return machine === undefined || source?.machine === undefined || machine === source.machine
    ? []
    : [
        {
          path: ['machine'],
          message: `expected ${JSON.stringify(source.machine)}, which holds the repository of the plan, got ${JSON.stringify(machine)}; leave \`machine\` out`,
        },
      ];
}

const criterionName = /^[a-z0-9-]+$/i;

/** A result names what it decided in letters, digits and "-"; probes may have "." as well, which becomes "-". */
function nameFaults({ hosts, tests, probes }: Outline): ReferenceFault[] {
  const unspeakable = (path: (string | number)[], name: string, criterion: string) => ({
    path,
    message: `expected a name of letters, digits and "-", since its criterion is ${criterion}, got ${JSON.stringify(name)}; rename it`,
  });
  const ids = probes.map((probe) => probe?.id.replaceAll('.', '-'));
  return [
    ...Object.keys(hosts)
      .filter((name) => !criterionName.test(name))
      .map((name) => unspeakable(['hosts', name], name, 'ssh-NAME')),
    ...Object.keys(tests)
      .filter((name) => !criterionName.test(name))
      .map((name) => unspeakable(['tests', name], name, 'suite-NAME')),
    ...ids.flatMap((id, index) =>
      id === undefined || criterionName.test(id)
        ? []
        : [unspeakable(['probes', index, 'id'], probes[index]?.id ?? id, 'probe-ID')],
    ),
    ...repeated(ids).map((index) => ({
      path: ['probes', index, 'id'],
      message: `expected each id once ("." and "-" count as the same), got ${JSON.stringify(probes[index]?.id)} again; rename it`,
    })),
  ];
}
