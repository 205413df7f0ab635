// The run's own copy of the repository: the baseline with the change set laid over it. The SSOT repository is only read.
import { copyFile, lstat, mkdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cloneShared, treeOf } from '../artifact/git.ts';
import { sha256Hex } from '../evidence/digest.ts';
import type { SurveyFacts } from '../run/facts.ts';
import { type GateContext, GateStop } from './context.ts';

export interface WorkTree {
  readonly directory: string;
  /** Id of the git tree that a commit of it would have. */
  readonly tree: string;
  /** Files of the change set whose place in the baseline is not as the change set says. */
  readonly conflicts: readonly string[];
  /** Paths that differ from the baseline, as git sees them. */
  readonly changed: readonly string[];
}

/**
 * Makes the work tree anew, so that nothing a test left behind gets into a commit. Every file is read once more and must
 * still have the surveyed digest. Throws GateStop `change-set-drift` otherwise.
 */
export async function makeWorkTree(
  context: GateContext,
  name: string,
  files: SurveyFacts['files'],
): Promise<WorkTree> {
  const { plan, signal, workspace } = context;
  const { repository, baseline } = plan.source;
  const directory = join(workspace, name);
  await rm(directory, { recursive: true, force: true });
  await mkdir(workspace, { recursive: true, mode: 0o700 });
  await cloneShared(repository, directory, baseline, { signal });
  const conflicts: string[] = [];
  for (const { path, sha256, change } of files) {
    // The clone is the baseline, so what is there now is what the baseline has, and git need not be asked file by file.
    const present = await isFileAt(join(directory, path));
    if (present !== (change === 'modified')) conflicts.push(path);
    await overlay(join(plan.changeSet.directory, path), join(directory, path), path, sha256);
  }
  return { directory, conflicts, ...(await treeOf(directory, baseline, { signal })) };
}

function isFileAt(path: string): Promise<boolean> {
  return lstat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  );
}

async function overlay(from: string, to: string, path: string, sha256: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  await copyFile(from, to).catch((cause: unknown) => {
    throw new GateStop(
      'blocked',
      'change-set-drift',
      `expected the surveyed file ${path} still to be staged, got none`,
      { cause },
    );
  });
  const copied = sha256Hex(await readFile(to));
  if (copied !== sha256)
    throw new GateStop(
      'blocked',
      'change-set-drift',
      `${path}: expected the surveyed sha256 ${sha256}, got ${copied}; somebody changed the staging directory during the run`,
    );
}
