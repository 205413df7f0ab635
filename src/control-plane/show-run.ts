// What the control plane does whenever a run has moved: shows it in its thread, and keeps what belongs beside its bundle.
import type { Ledger } from '../ledger/ledger.ts';
import type { RunState } from '../run/state.ts';
import { keepLedger } from './keep-ledger.ts';
import { keepRulings, type RulingParts } from './keep-rulings.ts';

export interface ShowParts extends Omit<RulingParts, 'ledger'> {
  readonly ledger: Pick<Ledger, 'exportLines'>;
  readonly project: (run: RunState) => Promise<void>;
  readonly log: { error(details: object, message: string): void };
}

/** Idempotent. A full disk must not silence the thread, so nothing that is kept there holds the thread up. */
export function showRun(parts: ShowParts): (run: RunState) => Promise<void> {
  const { ledger, packages, project, log } = parts;
  return async (run) => {
    const shown = run.rulings.length === 0 ? project(run) : undefined;
    // The thread says of a ruling where its statement is, so that has to be there first.
    await keepRulings(run, parts).catch((error: unknown) =>
      log.error({ runId: run.runId, error: String(error) }, 'what belongs to a ruling was not kept'),
    );
    await Promise.all([shown ?? project(run), keepLedger(ledger, packages, run)]);
  };
}
