import { commitAll, createRepository } from './git-repository.ts';
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

export interface Ssot {
  readonly directory: string;
  readonly branch: 'main';
  /** The commit that the change set was written against. */
  readonly baseline: string;
  /** Where `main` is: the baseline, or one commit beyond it in the scenario `drift`. */
  readonly head: string;
}

/** All tracked files of the baseline commit. */
export async function baselineTree(): Promise<Tree> {
  return treeOf([...(await readPayload('baseline')), ...NOTES]);
}

/** Makes the source-of-truth repo. */
export async function buildSsot(directory: string, baseline: Tree, drifted: boolean): Promise<Ssot> {
  await createRepository(directory, 'main');
  await writeTree(directory, baseline);
  const date = '2026-05-20T08:00:00+00:00';
  const commit = await commitAll(directory, 'chore(orchestrator/O4): v0.6 before live wiring', {
    ...MAINTAINER,
    date,
  });
  const head = drifted ? await drift(directory, baseline) : commit;
  return { directory, branch: 'main', baseline: commit, head };
}

/** Somebody commits to a file that the change set modifies, after the change set was ratified. */
async function drift(directory: string, baseline: Tree): Promise<string> {
  const path = 'src/phases/run-phases.ts';
  const before = baseline.get(path)?.toString('utf8') ?? '';
  const after = replaceOnce(before, 'Cut a document that has text.', 'Cut a document that has text in it.');
  await writeTree(directory, treeOf([[path, after]]));
  const date = '2026-05-20T17:30:00+00:00';
  return commitAll(directory, 'fix(phases): say what an empty plan needs', { ...MAINTAINER, date });
}
