// How commits get to the other side and back: over SSH by git's own protocol, which runs there as the account that logs in;
// to a directory of this machine without it, since that protocol starts a second git here that obeys what is configured there.
import { access, constants } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bringCommit } from '../artifact/bring-objects.ts';
import { isCheckedOut } from '../artifact/git.ts';
import { GitError } from '../artifact/git-error.ts';
import { locateRepository } from '../artifact/locate-repository.ts';
import { askGit, type GitCall, gitFailed, listSettings, runGit } from '../artifact/run-git.ts';

/** Each function throws GitError, but for a refusal of the other side: that is what it gives back. */
export interface GitTransport {
  /** Commit that the branch is at there; null when there is no such branch. */
  head(): Promise<string | null>;
  /** Brings it here, under a name of ours. */
  fetch(commit: string, name: string): Promise<void>;
  /** Moves the branch there from one commit (null: it is made) to one that follows it. */
  push(commit: string, from: string | null): Promise<string | null>;
  tryPush(commit: string, name: string): Promise<string | null>;
}

export function transportOverSsh(repository: string, ref: string, clone: GitCall): GitTransport {
  const call = { ...clone, env: { ...clone.env, GIT_ALLOW_PROTOCOL: 'ssh' } };

  async function attempt(args: readonly string[]): Promise<string | null> {
    const answer = await runGit(args, call);
    if (answer.code === 0) return null;
    return (answer.stderr.trim() || answer.stdout.toString().trim()).slice(0, 1000);
  }

  return {
    async head() {
      const answer = await runGit(['ls-remote', '--refs', repository, ref], call);
      if (answer.code !== 0) throw gitFailed(['ls-remote'], answer);
      return /^([0-9a-f]{40})\t/.exec(answer.stdout.toString())?.[1] ?? null;
    },
    async fetch(_, name) {
      const args = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--no-recurse-submodules'];
      const said = await attempt([...args, repository, `+${ref}:${name}`]);
      if (said !== null) throw new GitError('git-failed', `expected git fetch to exit with 0, got: ${said}`);
    },
    push: (commit) => attempt(['push', '--quiet', '--no-verify', repository, `${commit}:${ref}`]),
    tryPush: (commit, name) =>
      attempt(['push', '--quiet', '--no-verify', '--dry-run', repository, `${commit}:${name}`]),
  };
}

export function transportHere(repository: string, ref: string, clone: GitCall): GitTransport {
  const there: GitCall = { cwd: repository, signal: clone.signal };

  async function head(): Promise<string | null> {
    placesOf(repository);
    const answer = await runGit(['rev-parse', '--verify', '--quiet', `${ref}^{commit}`], there);
    return answer.code === 0 ? answer.stdout.toString().trim() : null;
  }

  /** What would have kept a push from being taken. */
  async function obstacle(): Promise<string | null> {
    const hooks = await hooksThatRefuse(repository);
    if (hooks.length > 0)
      return `it has ${hooks.join(', ')}, and no program of a repository is started; take it away, or name the repository by ssh://`;
    if (await isCheckedOut(ref, there)) return `${ref} is checked out there; name a bare repository`;
    const objects = join(placesOf(repository).commonDirectory, 'objects');
    return access(objects, constants.W_OK).then(
      () => null,
      (cause: Error) => cause.message,
    );
  }

  return {
    head,
    async fetch(commit, name) {
      const known = await runGit(['rev-parse', '--verify', '--quiet', 'refs/interlock/known'], clone);
      const without = known.code === 0 ? known.stdout.toString().trim() : null;
      await bringCommit({ from: repository, to: clone.cwd, commit, without, signal: clone.signal });
      await askGit(['update-ref', name, commit], clone);
    },
    async push(commit, from) {
      const refused = await obstacle();
      if (refused !== null) return refused;
      await bringCommit({ from: clone.cwd, to: repository, commit, without: from, signal: clone.signal });
      const args = ['update-ref', '-m', 'interlock: publish', ref, commit, from ?? '0'.repeat(40)];
      const answer = await runGit(args, there);
      return answer.code === 0 ? null : answer.stderr.trim().slice(0, 1000);
    },
    tryPush: obstacle,
  };
}

/** The repository itself, as `git push` takes it; not a folder somewhere in one. Throws GitError `not-a-repository`. */
function placesOf(repository: string) {
  const places = locateRepository(repository);
  const path = resolve(repository);
  if (places.workTree === path || places.gitDirectory === path) return places;
  throw new GitError('not-a-repository', `expected a git repository at ${repository}, got a folder in one`);
}

/** Not starting these would pass over what the owner wants to be asked; those that run afterwards only react. */
async function hooksThatRefuse(repository: string): Promise<string[]> {
  const { commonDirectory } = placesOf(repository);
  const settings = listSettings(join(commonDirectory, 'config'));
  const [, configured] = settings.findLast((each) => each.startsWith('core.hookspath\n'))?.split('\n') ?? [];
  const directory = resolve(commonDirectory, configured ?? 'hooks');
  const names = ['pre-receive', 'update', 'proc-receive', 'reference-transaction'];
  const found = await Promise.all(
    names.map((name) =>
      access(join(directory, name), constants.X_OK).then(
        () => [`a hook ${name}`],
        () => [],
      ),
    ),
  );
  // Since git 2.54 a hook can be a setting as well.
  const byName = settings.flatMap((each) => {
    const [name = '', event = ''] = each.split('\n');
    return /^hook\..*\.event$/.test(name) && names.includes(event) ? [`${name} for ${event}`] : [];
  });
  return [...found.flat(), ...byName];
}
