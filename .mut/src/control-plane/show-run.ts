// What the control plane does whenever a run has moved: shows it in its thread, and keeps what belongs beside its bundle.
import type { RunState } from '../run/state.ts';
import type { HeadAnchors } from './anchor-heads.ts';
import { keepLedger } from './keep-ledger.ts';
import { keepRulings, type RulingParts } from './keep-rulings.ts';

/** Idempotent. A full disk must not silence the thread, so nothing that is kept there holds the thread up. */
export function showRun(
  parts: RulingParts & { readonly anchors: Pick<HeadAnchors, 'keep'> },
  project: (run: RunState) => Promise<void>,
  log: { error(details: object, message: string): void },
): (run: RunState) => Promise<void> {
  return async (run) => {
    const shown = run.rulings.length === 0 ? project(run) : undefined;
    // The thread says of a ruling where its statement is, so that has to be there first.
    await keepRulings(run, parts).catch((error: unknown) =>
      log.error({ runId: run.runId, error: String(error) }, 'what belongs to a ruling was not kept'),
    );
    parts.anchors.keep(run);
    await Promise.all([shown ?? project(run), keepLedger(parts.ledger, parts.packages, run)]);
  };
}
