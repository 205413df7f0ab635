// interlock tidy: what runs have left beside a live path, and what of it may go.
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { dataDirectoryOf } from '../config/load.ts';
import { askControlPlane } from '../operator/ask.ts';
import type { Ask, Value } from '../operator/protocol.ts';

/** ms between two looks at how far the run is. */
const askAgainMs = 300;

interface Options {
  readonly target?: string;
  readonly remove?: true;
  readonly json?: true;
  readonly data?: string;
}

export function addTidy(program: Command): void {
  program
    .command('tidy')
    .argument('<run-or-plan>', 'a run, or a plan: its live paths are looked at')
    .option('--target <name>', 'this one of the plan’s targets alone; `target` for the one without a name')
    .option('--remove', 'remove what is provably not the way back; without it nothing is changed')
    .option('--json', 'what was found, as JSON')
    .option('--data <directory>', 'data directory of the control plane; default: that of the configuration')
    .description('list what runs have left beside a live path, and remove what is no way back')
    .action((subject: string, options: Options) => tidy(program, subject, options));
}

async function tidy(program: Command, subject: string, options: Options): Promise<void> {
  const { data, target, remove = false, json = false } = options;
  const directory =
    data === undefined
      ? dataDirectoryOf(program.opts<{ config?: string }>().config, process.env)
      : resolve(data);
  const ask = async <A extends Ask>(question: A): Promise<Value<A['act']> | null> => {
    const answer = await askControlPlane(directory, userInfo().username, question);
    if (answer.ok) return answer.value;
    console.error(harmless(`interlock: refused (${answer.refusal.code}): ${answer.refusal.text}`));
    process.exitCode = 1;
    return null;
  };
  const aim = target === undefined ? {} : { target: target === 'target' ? null : target };
  const begun = await ask({ act: 'tidy', subject, ...aim, remove });
  if (!begun) return;
  let found = await ask({ act: 'leftovers', run: begun.run });
  while (found && !found.done) {
    await delay(askAgainMs);
    found = await ask({ act: 'leftovers', run: begun.run });
  }
  if (!found) return;
  if (found.places.some(({ status }) => status !== 'pass')) process.exitCode = 1;
  console.log(json ? JSON.stringify(found, null, 2) : sayLeftovers(found).map(harmless).join('\n'));
}

/** Lines for a terminal: one table a live path. */
export function sayLeftovers({ run, places }: Value<'leftovers'>): string[] {
  return places.flatMap(({ status, reason, facts }) => [
    ...(facts ? table(facts) : []),
    ...(status === 'pass' ? [] : [`run ${run} ended as ${status}${reason ? `: ${reason}` : ''}`]),
  ]);
}

function table({
  host,
  livePath,
  live,
  found,
  removed,
}: NonNullable<Value<'leftovers'>['places'][number]['facts']>) {
  const gone = new Set(removed.map(({ path }) => path));
  const rows = found.map(({ path, what, says, tree, run, kept, why, next }) => [
    path,
    `${what}: ${says}`,
    tree ?? '-',
    run ?? '-',
    gone.has(path) ? 'removed' : kept ? 'kept' : 'removable',
    `${why}${next ? `; type ${next}` : ''}`,
  ]);
  const seen = new Set(found.map(({ path }) => path));
  const more = removed.filter(({ path }) => !seen.has(path));
  return [
    `${livePath} on ${host} holds ${live.tree ?? 'nothing'}${live.known ? '' : ' (not known)'}: ${live.says}`,
    ...(rows.length === 0 ? ['nothing lies beside it'] : rows.map((row) => `  ${row.join(' · ')}`)),
    ...more.map(({ path, why }) => `  ${path} · removed before · ${why}`),
  ];
}

/** Names on a host are no text of ours, and could steer the terminal. */
function harmless(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ');
}
