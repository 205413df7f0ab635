// Plan files on disk: by path, or by name in the configured directories.
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatFault, PlanError, type PlanFault } from './faults.ts';
import { parsePlan } from './parse.ts';
import type { Plan } from './schema.ts';

/** Reads one plan file. Throws PlanError `unreadable` or `invalid` (with every fault). */
export async function loadPlan(file: string): Promise<Plan> {
  const parsed = parsePlan(file, await readText(file));
  if (parsed.ok) return parsed.plan;
  throw new PlanError('invalid', parsed.faults.map(formatFault).join('\n'), parsed.faults);
}

/** All faults of one file; none when the plan can be run. A file that cannot be read has that one. */
export async function checkPlanFile(
  file: string,
): Promise<{ readonly isReadable: boolean; readonly faults: readonly PlanFault[] }> {
  try {
    await loadPlan(file);
    return { isReadable: true, faults: [] };
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    if (error.code !== 'unreadable') return { isReadable: true, faults: error.faults };
    return { isReadable: false, faults: [{ file, line: 0, path: '', message: error.message }] };
  }
}

export async function faultsOf(file: string): Promise<readonly PlanFault[]> {
  return (await checkPlanFile(file)).faults;
}

/** Plan files (*.yaml, *.yml) of the directories, in order of name. */
export async function listPlanFiles(directories: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    directories.map(async (directory) => {
      const entries = await readdir(directory).catch((cause: unknown) => {
        throw new PlanError(
          'unreadable',
          `expected a directory of plans at ${directory}; mend \`plans\` in the configuration`,
          [],
          { cause },
        );
      });
      return entries
        .filter((name) => /\.ya?ml$/.test(name))
        .sort()
        .map((name) => join(directory, name));
    }),
  );
  return lists.flat();
}

/** Finds a plan by its name. Throws PlanError `not-found`, `ambiguous`, or what loading it throws. */
export async function findPlan(directories: readonly string[], name: string): Promise<Plan> {
  const found: { file: string; plan: Plan }[] = [];
  const faulty: PlanError[] = [];
  const known: string[] = [];
  for (const file of await listPlanFiles(directories)) {
    try {
      const plan = await loadPlan(file);
      known.push(plan.name);
      if (plan.name === name) found.push({ file, plan });
    } catch (error) {
      if (!(error instanceof PlanError)) throw error;
      // A faulty file must not hide the healthy ones; it matters only when it is the one that was asked for.
      if (file.endsWith(`/${name}.yaml`) || file.endsWith(`/${name}.yml`)) faulty.push(error);
    }
  }
  const [first, second] = found;
  if (first && second)
    throw new PlanError(
      'ambiguous',
      `expected one plan named ${name}, got ${first.file} and ${second.file}; rename one`,
    );
  if (first) return first.plan;
  if (faulty[0]) throw faulty[0];
  throw new PlanError(
    'not-found',
    `expected a plan named ${known.join(', ') || '(there is none)'}, got ${JSON.stringify(name)}`,
  );
}

async function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new PlanError(
      'unreadable',
      `expected a readable plan file at ${file}, got ${unreadable(cause)}`,
      [],
      {
        cause,
      },
    );
  });
}

function unreadable(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'nothing there; look at the path, and at the directory you are in';
    case 'EISDIR':
      return 'a directory; name a file in it';
    case 'EACCES':
      return 'one that this account may not read';
    default:
      return cause instanceof Error ? cause.message : String(cause);
  }
}
