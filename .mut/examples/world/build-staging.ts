import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ChangeSetName, LINEAGE } from './lineage.ts';
import { plantedSecret } from './plant-secret.ts';
import { ratify, type StagedFile } from './ratify.ts';
import { replaceOnce } from './replace-once.ts';
import type { Scenario } from './scenario.ts';
import { RATIFIED_LIST, readPayload, type Tree, treeOf, writeTree } from './tree.ts';

export interface Staging {
  /** Holds the files of the change set, the ratified list, and nothing else. */
  readonly directory: string;
  /** Name of the list in that folder. As `sha256sum` writes it, sorted by path; it does not list itself. */
  readonly ratifiedList: string;
  readonly files: readonly StagedFile[];
}

/** Lays out a change set as its author left it. What is ratified is what is there, faults included: ratifying is no scan and no test. */
export async function buildStaging(directory: string, baseline: Tree, changeSet: Tree): Promise<Staging> {
  const { files, list } = ratify(changeSet, baseline);
  await writeTree(directory, changeSet);
  await writeFile(join(directory, RATIFIED_LIST), list);
  return { directory, ratifiedList: RATIFIED_LIST, files };
}

/** The files of a change set, in the variant of the scenario. */
export async function changeSetTree(scenario: Scenario, name: ChangeSetName = 'o8b'): Promise<Tree> {
  const { folder, variants } = LINEAGE[name];
  const payload = await readPayload(folder);
  const tree = new Map([...payload].map(([path, content]) => [path, content.toString('utf8')]));
  const edit = (path: string, change: (content: string) => string) =>
    tree.set(path, change(tree.get(path) ?? ''));
  if (scenario === 'secret') {
    edit(variants.secret, (content) => `${content}\n/* left over from a trial\n${plantedSecret()}\n*/\n`);
  }
  if (scenario === 'failing-test') {
    const { path, from, to } = variants.failingTest;
    edit(path, (content) => replaceOnce(content, from, to));
  }
  return treeOf(tree);
}
