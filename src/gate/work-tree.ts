// The run's own copy of the repository, with the change set laid over the baseline in it. The SSOT repository is only read, and
// so is the content store, which alone says what the surveyed bytes are: the staging directory may have changed since.
import { lstat, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { assertSoundObjects } from '../artifact/bring-objects.ts';
import { checkOutRaw } from '../artifact/check-out-raw.ts';
import { findMisplaced } from '../artifact/find-misplaced.ts';
import { cloneShared } from '../artifact/git.ts';
import { GitError } from '../artifact/git-error.ts';
import { type Overlay, overlayTree } from '../artifact/overlay-tree.ts';
import { askGit, runGit } from '../artifact/run-git.ts';
import { listEntries } from '../artifact/tracked-files.ts';
import { EvidenceError } from '../evidence/evidence-error.ts';
import type { SurveyFacts } from '../run/facts.ts';
import { type GateContext, GateStop } from './context.ts';
import { nameSome } from './name-some.ts';

type ChangedFile = SurveyFacts['files'][number];

export interface WorkTree {
  readonly directory: string;
  /** Id of the git tree that a commit of it would have. */
  readonly tree: string;
  /** Paths that differ from the baseline, as git sees them. */
  readonly changed: readonly string[];
}

/**
 * Makes the copy anew, with no file checked out, so that nothing a test left behind gets into a commit. Throws GateStop
 * `change-set-not-here` when this worker's store lacks surveyed bytes, `conflicts` when they do not fit the baseline,
 * `unsound-objects` when git would not take them into the SSOT repository later.
 */
export async function makeWorkTree(
  context: GateContext,
  name: string,
  files: SurveyFacts['files'],
): Promise<WorkTree> {
  const { plan, signal, workspace } = context;
  const { repository, baseline } = plan.source;
  const directory = join(workspace, name);
  await makeOwnFolder(workspace);
  await rm(directory, { recursive: true, force: true });
  await requireBytes(context, files);
  await cloneShared(repository, directory, baseline, { signal });
  const conflicts = await findConflicts(context, files);
  if (conflicts.length > 0)
    throw new GateStop(
      'fail',
      'conflicts',
      `expected a baseline that the change set fits, got ${nameSome(conflicts)}`,
    );
  const overlays = files.map((file) => overlayOf(context, file));
  const overlaid = await overlayTree(directory, baseline, overlays, { signal });
  await assertSoundObjects(overlaid.tree, baseline, { cwd: directory, signal }).catch((error: unknown) => {
    if (!(error instanceof GitError) || error.code !== 'unsound-objects') throw error;
    throw new GateStop('fail', error.code, error.message, { cause: error });
  });
  return { directory, ...overlaid };
}

/** Each path of the change set whose place in the baseline is not as the change set says, and why. */
export async function findConflicts(
  { plan, signal }: Pick<GateContext, 'plan' | 'signal'>,
  files: SurveyFacts['files'],
): Promise<string[]> {
  const entries = await listEntries(plan.source.baseline, { cwd: plan.source.repository, signal });
  const tracked = new Set(entries.map(({ path }) => path));
  const absent = files.flatMap(({ path, change }) => {
    if (tracked.has(path) === (change !== 'added')) return [];
    return [`${path} is ${change === 'added' ? 'there already' : 'not there'}`];
  });
  return [...absent, ...findMisplaced(entries, files).map(({ path, why }) => `${path} ${why}`)];
}

/** Checks the overlaid tree out, byte for byte, and tells git of it. */
export async function layOut(
  { directory, tree }: WorkTree,
  { signal }: Pick<GateContext, 'signal'>,
): Promise<void> {
  await checkOutRaw(directory, tree, directory, { signal });
  const call = { cwd: directory, signal };
  await askGit(['read-tree', tree], call);
  // So that a test that asks git sees no file as touched. A file that attributes would write otherwise makes it exit with 1.
  await runGit(['update-index', '-q', '--refresh'], call);
}

/** A test of an earlier gate may have put a link in its place, and what it leads to would be written to and removed. */
async function makeOwnFolder(workspace: string): Promise<void> {
  await mkdir(workspace, { recursive: true, mode: 0o700 });
  if ((await lstat(workspace)).isDirectory()) return;
  throw new GateStop('blocked', 'workspace', `expected a directory at ${workspace}, got a link; remove it`);
}

function overlayOf({ blobs }: GateContext, { path, sha256, change, mode = '100644' }: ChangedFile): Overlay {
  return change === 'removed' ? { path, mode: change } : { path, mode, from: blobs.path(`sha256:${sha256}`) };
}

async function requireBytes({ blobs }: GateContext, files: SurveyFacts['files']): Promise<void> {
  for (const { path, sha256, change } of files) {
    if (change === 'removed') continue;
    await blobs.get(`sha256:${sha256}`).catch((cause: unknown) => {
      if (!(cause instanceof EvidenceError)) throw cause;
      throw new GateStop(
        'blocked',
        'change-set-not-here',
        `expected the surveyed bytes of ${path} (sha256:${sha256}) in this worker’s data directory, got ${cause.code === 'not-found' ? 'none' : 'others'}; let survey, reconcile, test and artifact be taken by the same machine, and start the run again`,
        { cause },
      );
    });
  }
}
