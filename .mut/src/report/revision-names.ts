// Names of documents and of their kept revisions, the same in every kind of knowledge base.
import { PublishError } from './publisher.ts';

/** Folder beside the current documents that keeps every revision. */
export const archiveFolder = 'revisions';

/** `NAME` of `NAME.md`. Throws PublishError `bad-name`: a name from a run must not lead out of the folder. */
export function stemOf(name: string): string {
  const found = /^([a-z0-9][a-z0-9-]*)\.md$/.exec(name)?.[1];
  if (found === undefined)
    throw new PublishError(
      'bad-name',
      `expected a document name such as 01-precheck.md, got ${JSON.stringify(name)}`,
    );
  return found;
}

/** File of one revision, below the archive folder. */
export function revisionFile(stem: string, revision: number): string {
  return `${stem}.r${revision}.md`;
}

/** The highest number among the files of the archive that are revisions of this document; 0 when there is none. */
export function latestRevision(files: readonly string[], stem: string): number {
  const numbers = files.flatMap((file) => {
    const match = /^(.+)\.r([1-9]\d*)\.md$/.exec(file);
    return match?.[1] === stem ? [Number(match[2])] : [];
  });
  return Math.max(0, ...numbers);
}
