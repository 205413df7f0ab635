import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitAll, createRepository } from './git-repository.ts';
import { type ChangeSetName, type Drift, LINEAGE } from './lineage.ts';
import { replaceOnce } from './replace-once.ts';
import { readPayload, type Tree, treeOf, writeTree } from './tree.ts';

/** Files of the repo that belong to no change set. */
const NOTES: readonly (readonly [string, string])[] = [
  [
    'notes/README.md',
    '# Notes\n\nWhat the team writes down about iu-cutter. Nothing here is part of the program.\n',
  ],
  [
    'notes/0001-side-by-side.md',
    '# 1. Deploy side by side\n\nv0.6 lies beside v0.4 until the first production cut has been ruled on. Neither knows the other.\n',
  ],
];

const MAINTAINER = { name: 'Reference World', email: 'world@example.invalid' };
/** As the plans have it. */
const INTERLOCK = { name: 'Interlock', email: 'interlock@deploy.invalid' };

export interface Ssot {
  readonly directory: string;
  readonly branch: 'main';
  /** The commit that the applied change sets end with; the staged one was written against it, unless one in between was left out. */
  readonly baseline: string;
  /** Where `main` is: the baseline, or one commit beyond it in the scenario `drift`. */
  readonly head: string;
}

/** All tracked files of the baseline commit. */
export async function baselineTree(): Promise<Tree> {
  return treeOf([...(await readPayload('baseline')), ...NOTES]);
}

/** All tracked files once these change sets have been applied, in this order. */
export async function treeAsOf(applied: readonly ChangeSetName[]): Promise<Tree> {
  const changeSets = await Promise.all(applied.map((name) => readPayload(LINEAGE[name].folder)));
  return treeOf(new Map([await baselineTree(), ...changeSets].flatMap((tree) => [...tree])));
}

/** Makes the source-of-truth repo: one commit of the baseline, and one of each applied change set. */
export async function buildSsot(
  directory: string,
  applied: readonly ChangeSetName[],
  drift?: Drift,
): Promise<Ssot> {
  await createRepository(directory, 'main');
  await writeTree(directory, await baselineTree());
  const date = '2026-05-20T08:00:00+00:00';
  const message = 'chore(orchestrator/O4): v0.6 before live wiring';
  let baseline = await commitAll(directory, message, { ...MAINTAINER, date });
  for (const name of applied) {
    const { folder, commit } = LINEAGE[name];
    await writeTree(directory, await readPayload(folder));
    baseline = await commitAll(directory, commit.message, { ...INTERLOCK, date: commit.date });
  }
  const head = drift === undefined ? baseline : await commitDrift(directory, drift);
  return { directory, branch: 'main', baseline, head };
}

/** Somebody commits to a file that the change set modifies, after the change set was ratified. */
async function commitDrift(directory: string, { path, from, to, subject, date }: Drift): Promise<string> {
  const after = replaceOnce(await readFile(join(directory, path), 'utf8'), from, to);
  await writeTree(directory, treeOf([[path, after]]));
  return commitAll(directory, subject, { ...MAINTAINER, date });
}
