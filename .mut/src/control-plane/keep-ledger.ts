// The package's ledger, once its run has ended: up to the last event, whose hash the thread shows. The one that was there
// since the signing is a beginning of it.
import { access, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Ledger } from '../ledger/ledger.ts';
import type { RunState } from '../run/state.ts';

/** Idempotent, and whole at every instant. Does nothing for a run that goes on, or that left no package. */
export async function keepLedger(
  ledger: Pick<Ledger, 'exportLines'>,
  packages: string,
  run: Pick<RunState, 'runId' | 'finished'>,
): Promise<void> {
  if (!run.finished) return;
  const directory = join(packages, run.runId);
  const isThere = await access(directory).then(
    () => true,
    () => false,
  );
  if (!isThere) return;
  const file = join(directory, 'ledger.jsonl');
  await writeFile(`${file}.part`, await ledger.exportLines(run.runId));
  await rename(`${file}.part`, file);
}
