// The folder of one run at a place of publication: documents of two runs never stand side by side as if they were of one. Pure.
import { runOf } from './front-matter.ts';
import { PublishError } from './publisher.ts';

/** What a plan writes in `reports.path` for the id of the run. */
export const runPlaceholder = '{run}';

interface Document {
  readonly markdown: string;
}

/** The folder that the plan names for these documents. Throws PublishError `bad-name` where it is that of a run, and they name none. */
export function namedFolder(folder: string, documents: readonly Document[]): string {
  if (!folder.includes(runPlaceholder)) return folder;
  const run = runOfAll(documents);
  if (run === null)
    throw new PublishError(
      'bad-name',
      `expected documents of a run for the folder ${folder}, got some that name none`,
    );
  return folder.replaceAll(runPlaceholder, run);
}

/** That folder, or one below it where `current`, the documents that stand there, are of another run. */
export function apartFromOthers(
  folder: string,
  documents: readonly Document[],
  current: readonly string[],
): string {
  const run = runOfAll(documents);
  const others = current.some((text) => {
    const other = runOf(text);
    return other !== null && other !== run;
  });
  return run !== null && others ? `${folder}/${run}` : folder;
}

/** What of the folder is there for every run. */
export function fixedFolder(folder: string): string {
  const parts = folder.split('/');
  const at = parts.findIndex((part) => part.includes(runPlaceholder));
  return (at === -1 ? parts : parts.slice(0, at)).join('/');
}

function runOfAll(documents: readonly Document[]): string | null {
  const [first] = documents;
  return first ? runOf(first.markdown) : null;
}
