// Publishes into a git repository: the layout of a directory publisher, as one commit pushed to a branch. There is no work
// tree: what the branch holds (links, attributes, hooks) can neither redirect a write nor start a program.
import { GitError } from '../artifact/git-error.ts';
import { documentDigest } from './front-matter.ts';
import { compareWithTree, currentDocuments, type TreeChange } from './publish-git-compare.ts';
import { openGitRemote, type PublishGitRemote } from './publish-git-remote.ts';
import { type PlaceState, PublishError, type Publisher } from './publisher.ts';
import { stemOf } from './revision-names.ts';
import { apartFromOthers, namedFolder } from './run-folder.ts';

export interface GitPlace {
  /** A path, or what `git push` takes for SSH. */
  readonly repository: string;
  readonly branch: string;
  /** Folder in the repository; may hold `{run}`. */
  readonly folder: string;
  /** A directory of this machine for a bare clone; made when it is missing, and safe to remove. */
  readonly workDirectory: string;
  /** How to start SSH; never asks, and trusts known host keys alone, without it. */
  readonly sshCommand?: string | undefined;
}

/** More publishers at once than this do not happen; beyond it something else is wrong. */
const maxRaces = 20;
/** A push that fails although the branch did not move is a refusal; once, it may be another's lock on it. */
const maxRefusals = 3;
/** ms for everything that one call does over the network. */
const timeoutMs = 120_000;

export function createGitPublisher(place: GitPlace): Publisher {
  const { repository, branch } = place;
  return {
    async publish(documents, signal) {
      const named = documents.map((document) => ({ ...document, stem: stemOf(document.name) }));
      return bounded(place, signal, async (remote) => {
        let refusals = 0;
        for (let race = 0; race < maxRaces; race += 1) {
          const head = await remote.fetch();
          const wanted = namedFolder(place.folder, documents);
          const folder = apartFromOthers(wanted, documents, await currentDocuments(remote, head, wanted));
          const { kept, changes } = await compareWithTree(remote, head, folder, named);
          const published = kept.map((each, index) => ({
            name: documents[index]?.name ?? '',
            title: documents[index]?.title ?? '',
            ...each,
            digest: documentDigest(documents[index]?.markdown ?? ''),
            location: `${repository} ${branch}:${folder}/${documents[index]?.name ?? ''}`,
          }));
          if (changes.length === 0) return published;
          const refused = await remote.push(
            await remote.commit(head, changes, messageOf(folder, changes)),
            head,
          );
          if (refused === null) return published;
          refusals = (await remote.head()) === head ? refusals + 1 : 0;
          if (refusals >= maxRefusals) throw unwritable(place, refused);
        }
        throw new PublishError(
          'contended',
          `expected to push to ${branch} of ${repository}, but another writer was faster ${maxRaces} times; publish again`,
        );
      });
    },

    async examine(signal): Promise<PlaceState> {
      const where = `${branch} of ${repository}`;
      try {
        return await bounded(place, signal, async (remote) => {
          const head = await remote.head();
          const refused = await remote.tryPush();
          const state = head === null ? 'to be made by the first publication' : `at ${head.slice(0, 7)}`;
          return refused === null
            ? { readable: true, writable: true, detail: `${where}, ${state}; a trial push was accepted` }
            : { readable: true, writable: false, detail: unwritable(place, refused).message };
        });
      } catch (error) {
        if (!(error instanceof PublishError)) throw error;
        return { readable: false, writable: false, detail: error.message };
      }
    },
  };
}

function messageOf(folder: string, changes: readonly TreeChange[]): string {
  const paths = changes.filter(({ current }) => current).map(({ path }) => path.slice(folder.length + 1));
  return `Publish reports: ${folder}\n\n${paths.map((path) => `- ${path}\n`).join('')}`;
}

async function bounded<T>(
  place: GitPlace,
  signal: AbortSignal | undefined,
  act: (remote: PublishGitRemote) => Promise<T>,
): Promise<T> {
  const late = AbortSignal.timeout(timeoutMs);
  try {
    await using remote = await openGitRemote(place, signal ? AbortSignal.any([signal, late]) : late);
    return await act(remote);
  } catch (cause) {
    // A PublishError is final, and anything that is neither git's nor the system's is a fault of ours.
    if (!(cause instanceof GitError || isSystemError(cause)) || signal?.aborted) throw cause;
    const said = late.aborted ? `no end within ${timeoutMs / 1000} s` : cause.message;
    throw new PublishError(
      'unreachable',
      `expected to reach the git repository ${place.repository}, got: ${said}; mend it and publish again`,
      { cause },
    );
  }
}

function isSystemError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error;
}

function unwritable({ repository, branch }: GitPlace, said: string): PublishError {
  return new PublishError(
    'unwritable',
    `expected ${branch} of ${repository} to take a push, got: ${said}; mend it and publish again`,
  );
}
