// Whether the reports of a plan would stand among others: those of a plan beside it, or of a run that there was.
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type PlanInFile, sharedFault, sharedPlaceFaults } from '../plan/check-shared-places.ts';
import type { PlanFault } from '../plan/faults.ts';
import { listPlanFiles, loadPlan } from '../plan/load.ts';
import { lineOfPath } from '../plan/parse.ts';
import { runOf } from '../report/front-matter.ts';
import { currentDocuments } from '../report/publish-directory.ts';
import { runPlaceholder } from '../report/run-folder.ts';

/** Plans that can be run, of these files and of those that lie beside them. */
export async function knownBeside(files: readonly string[]): Promise<PlanInFile[]> {
  const directories = [...new Set(files.map((file) => dirname(resolve(file))))];
  const lists = await Promise.all(directories.map((each) => listPlanFiles([each]).catch(() => [])));
  const all = [...new Set([...files.map((file) => resolve(file)), ...lists.flat()])];
  const loaded = await Promise.all(
    all.map((file) =>
      loadPlan(file).then(
        (plan) => [{ file, plan }],
        () => [],
      ),
    ),
  );
  return loaded.flat();
}

/** Whether its reports would stand among those of another plan, or of an earlier run in a directory of this machine. */
export async function placeFaults(file: string, known: readonly PlanInFile[]): Promise<PlanFault[]> {
  const own = known.find((each) => each.file === resolve(file));
  if (!own) return [];
  const line = lineOfPath(await readFile(file, 'utf8'), ['reports', 'path']);
  const shared = sharedPlaceFaults([own], known).map((fault) => ({ ...fault, file, line }));
  const { publisher, path } = own.plan.reports;
  if (shared.length > 0 || publisher.kind !== 'directory' || path.includes(runPlaceholder)) return shared;
  const current = await currentDocuments(join(publisher.directory, path)).catch(() => []);
  const [run] = current.flatMap((text) => runOf(text) ?? []);
  return run === undefined
    ? []
    : [{ ...sharedFault(file, path, `the documents of the run ${run} stand there`), line }];
}
