import { lockFiles } from '../artifact/lock-files.ts';
import type { GateContext } from './context.ts';

/** Decides `unlocked`: the commit that a later gate makes can become this branch. */
export async function checkUnlocked(
  { record, signal }: Pick<GateContext, 'record' | 'signal'>,
  repository: string,
  branch: string,
): Promise<void> {
  const locks = await lockFiles(repository, branch, { signal });
  record.check('unlocked', 'no lock file of git is in the way of the commit', locks.length === 0, {
    expected: 'no lock file',
    actual:
      locks.length === 0
        ? 'no lock file'
        : `${locks.join(', ')}: a git command is at work in this repository, or one has died; when none runs, remove the file`,
    otherwise: 'blocked',
  });
}
