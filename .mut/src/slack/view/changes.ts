// What a gate changed, from its journal: what matters one by one, and the rest counted.
import { posix } from 'node:path';
import type { Plan } from '../../plan/schema.ts';
import { allTargets } from '../../plan/sections.ts';
import type { GateResult, Mutation } from '../../run/gate-result.ts';
import type { GateState } from '../../run/state.ts';
import { atMost } from './blocks.ts';
import { code, plain } from './escape.ts';
import { count, shortDigests } from './measures.ts';
import { shortPaths } from './paths.ts';

/** mrkdwn lines; none when nothing was changed. */
export function changeLines(plan: Plan, { gate }: GateState, { mutations, evidence }: GateResult): string[] {
  const isAside = (each: Mutation) => liesAside(plan, gate.kind, each);
  const aside = mutations.filter(isAside);
  const main = mutations.filter((each) => !isAside(each)).map((each) => changeLine(plan, each));
  const hasFile = evidence.some(({ title }) => title === changesTitle);
  return [
    ...atMost(15, main, 'all are in the journal'),
    ...(aside.length > 0
      ? [`• ${asideLine(aside)}${hasFile ? `; the commands are in the file “${changesTitle}”` : ''}`]
      : []),
  ];
}

/** Title of the evidence that the recorder makes of all changing commands (src/gate/recorder.ts). */
const changesTitle = 'changes made';

/** Lock, journal, trials and copies for a rehearsal: neither the live tree nor what becomes it or is kept of it. */
function liesAside(plan: Plan, gate: string, { kind, target }: Mutation): boolean {
  switch (kind) {
    case 'host.lock':
    case 'host.fence':
    case 'host.journal':
    case 'host.copy':
      return true;
    case 'host.exchange':
    case 'host.remove':
      return !allTargets(plan).some(({ livePath }) => livePath === target);
    case 'host.rename':
      return gate === 'rollback-readiness';
    default:
      return false;
  }
}

function asideLine(aside: readonly Mutation[]): string {
  const names = new Set(
    aside.map(({ kind }) =>
      kind === 'host.lock'
        ? 'lock'
        : kind === 'host.fence'
          ? 'fence'
          : kind === 'host.journal'
            ? 'journal'
            : 'scratch',
    ),
  );
  const would = aside.every(({ simulated }) => simulated) ? '_would_ make ' : '';
  return `${would}${count(aside.length, 'change')} beside the live tree (${[...names].join(', ')})`;
}

function changeLine(plan: Plan, { kind, machine, target, detail, simulated }: Mutation): string {
  const verb = `${kind.split('.')[1] ?? ''} `;
  const rest = detail.startsWith(verb) ? detail.slice(verb.length) : detail;
  // A command's title names its target; then the title alone says all.
  const said = rest.includes(target) ? rest : `${target}: ${rest}`;
  const what = shortCommits(shortDigests(shortPaths(plan, said.trim())));
  return `• ${simulated ? '_would_ ' : ''}${code(kind)} on ${code(machine)}: ${plain(what.replace(/:$/, ''))}`;
}

function shortCommits(text: string): string {
  return text.replace(/\b([0-9a-f]{12})[0-9a-f]{28}\b/g, '$1…');
}

/** One sentence on where the journal's changes lie; null when there is none, or when one lies elsewhere. */
export function whereChangesLie(plan: Plan, mutations: readonly Mutation[]): string | null {
  const { source } = plan;
  const lives = allTargets(plan).map(({ livePath }) => livePath);
  const isExpected = ({ kind, target: changed }: Mutation) =>
    kind.startsWith('repository.')
      ? source !== undefined && changed === `${source.repository} ${source.branch}`
      : lives.some((live) => isOurs(live, changed));
  if (mutations.length === 0 || !mutations.every(isExpected)) return null;
  const branch =
    source && mutations.some(({ kind }) => kind.startsWith('repository.'))
      ? `, or to the branch ${code(source.branch)}`
      : '';
  return `Journal: ${count(mutations.length, 'change')}, each to ${lives.map((live) => code(posix.basename(live))).join(' or ')}, to what Interlock lays beside it${branch}`;
}

/** The live path, what Interlock lays beside it, and its own files there. */
function isOurs(livePath: string, path: string): boolean {
  const stash = `${posix.dirname(livePath)}/.interlock`;
  const trial = `${posix.dirname(livePath)} (scratch directories)`;
  return (
    [livePath, stash, trial].includes(path) ||
    (path.startsWith(`${livePath}.`) && !path.slice(livePath.length).includes('/')) ||
    path.startsWith(`${stash}/`)
  );
}
