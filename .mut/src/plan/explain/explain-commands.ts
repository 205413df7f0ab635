// Programs that a run starts on the plan's word, and the keys and secrets that it uses. Pure.
import type { Plan } from '../schema.ts';
import { allTargets } from '../sections.ts';
import { commandLine, hostWords, listed } from './words.ts';

/** Programs that the plan names run with the rights of their account: nothing but their author says that they only read. */
export function explainCommands(plan: Plan): string[] {
  const kinds = plan.gates.map(({ kind }) => kind);
  const runsHere = kinds.includes('test');
  const runsThere = kinds.includes('stage') || kinds.includes('prove');
  const on = (name: string) => hostWords(plan, name);
  const hosts = listed([...new Set(allTargets(plan).map(({ host }) => on(host)))], 'the host');
  const suites = Object.entries(plan.tests).flatMap(([name, { command }]) => {
    const places = [
      ...(runsHere ? ['on the worker’s machine'] : []),
      ...(name === 'full' && runsThere ? [`on ${hosts}`] : []),
    ];
    return places.length > 0 ? [`${commandLine(command)} (suite ${name}), ${listed(places)}`] : [];
  });
  const proofPlaces = [
    ...(runsHere ? ['on the worker’s machine'] : []),
    ...(kinds.includes('prove') ? [`on ${hosts}`] : []),
  ];
  const all = [
    ...suites,
    ...(plan.proofs && proofPlaces.length > 0
      ? [`${commandLine(plan.proofs.command)} (proofs), ${listed(proofPlaces)}`]
      : []),
    ...plan.gates.flatMap((gate) =>
      gate.kind === 'command-proof'
        ? [
            `${commandLine(gate.with.command)} (${gate.id} ${gate.title}), ${gate.with.on === undefined ? 'on the worker’s machine' : `on ${on(gate.with.on)}`}`,
          ]
        : [],
    ),
    ...plan.probes.flatMap((probe) =>
      probe.kind === 'command'
        ? [`${commandLine(probe.argv)} (probe ${probe.id}), on ${on(probe.host)}`]
        : [],
    ),
  ];
  return all.length === 0
    ? ['  None.']
    : [
        '  They run with the rights of their account. That they change nothing else is the word of whoever wrote them.',
        ...all.map((line) => `  - ${line}`),
      ];
}

/** Keys and secrets that the run uses, by their names in the configuration: the plan holds none. */
export function explainRights(plan: Plan): string[] {
  const { hosts, databases, reports } = plan;
  const lines = [
    ...Object.entries(hosts).map(
      ([name, { user, credential }]) =>
        `${name}: logs in as ${user} with the key ${credential} of the worker’s configuration, and only where the host has the key that the plan pins`,
    ),
    ...Object.entries(databases).map(
      ([name, { secret, via }]) =>
        `the database ${name}: connects with the secret ${secret} of the worker’s configuration${via === undefined ? '' : `, through ${via}`}`,
    ),
    ...(reports.publisher.kind === 'http'
      ? [
          `the knowledge base: sends the token ${reports.publisher.token} of the control plane’s configuration`,
        ]
      : []),
  ];
  return lines.length === 0 ? ['  With no key and no secret.'] : lines.map((line) => `  - ${line}`);
}
