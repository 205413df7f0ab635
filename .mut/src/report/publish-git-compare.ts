// Which files of a branch have to change so that it holds these documents.
import { askGit } from '../artifact/run-git.ts';
import { withRevision } from './front-matter.ts';
import type { PublishGitRemote } from './publish-git-remote.ts';
import { archiveFolder, latestRevision, revisionFile } from './revision-names.ts';

export interface TreeChange {
  readonly path: string;
  /** Id of the blob that it should be; it is in the clone. */
  readonly blob: string;
  /** Whether it is the current document and not a kept revision. */
  readonly current: boolean;
}

interface Compared {
  /** In the order of the documents. */
  readonly kept: readonly { readonly revision: number; readonly changed: boolean }[];
  readonly changes: readonly TreeChange[];
}

/** What stands in the folder now, as text. Throws GitError. */
export async function currentDocuments(
  { call }: Pick<PublishGitRemote, 'call'>,
  head: string | null,
  folder: string,
): Promise<string[]> {
  const listed = head === null ? '' : await askGit(['ls-tree', '-z', head, '--', `${folder}/`], call);
  const blobs = listed
    .split('\0')
    .flatMap((record) => /^100644 blob ([0-9a-f]{40})\t.+\.md$/s.exec(record)?.[1] ?? []);
  const texts: string[] = [];
  for (const blob of blobs) texts.push(await askGit(['cat-file', 'blob', blob], call));
  return texts;
}

/** `head` is the commit of the branch, or null when it does not exist yet. Throws GitError. */
export async function compareWithTree(
  { call }: Pick<PublishGitRemote, 'call'>,
  head: string | null,
  folder: string,
  documents: readonly { readonly name: string; readonly stem: string; readonly markdown: string }[],
): Promise<Compared> {
  const listed = head === null ? '' : await askGit(['ls-tree', '-r', '-z', head, '--', `${folder}/`], call);
  const blobs = new Map<string, string>();
  for (const record of listed.split('\0')) {
    const [, blob, path] = /^100644 blob ([0-9a-f]{40})\t(.+)$/s.exec(record) ?? [];
    if (blob !== undefined && path !== undefined) blobs.set(path, blob);
  }
  const archive = `${folder}/${archiveFolder}`;
  const archived = [...blobs.keys()].flatMap((path) =>
    path.startsWith(`${archive}/`) ? [path.slice(archive.length + 1)] : [],
  );

  const kept: { revision: number; changed: boolean }[] = [];
  const changes: TreeChange[] = [];
  for (const { name, stem, markdown } of documents) {
    const latest = latestRevision(archived, stem);
    const write = (revision: number) =>
      askGit(['hash-object', '-w', '--no-filters', '--stdin'], {
        ...call,
        input: withRevision(markdown, revision),
      });
    const same =
      latest > 0 && blobs.get(`${archive}/${revisionFile(stem, latest)}`) === (await write(latest));
    const revision = same ? latest : latest + 1;
    const blob = await write(revision);
    const wanted = [
      { path: `${archive}/${revisionFile(stem, revision)}`, blob, current: false },
      { path: `${folder}/${name}`, blob, current: true },
    ];
    kept.push({ revision, changed: !same });
    changes.push(...wanted.filter(({ path }) => blobs.get(path) !== blob));
  }
  return { kept, changes };
}
