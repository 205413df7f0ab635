// What `/rollback RUN` brings back: what was live before that run, unless that tree was itself rolled back from; then the
// next older backup that never was. A rollback that returns to a bad tree is worse than none. Pure.
import { targetOf } from '../plan/sections.ts';
import type { AnchorChoice } from './anchor-choice.ts';
import type { Reason } from './gate-result.ts';
import { resultsOf } from './gate-state.ts';
import { changedLive } from './live-change.ts';
import {
  approvedAnchor,
  changesAt,
  type KeptTree,
  type LiveChange,
  placeOf,
  removedAt,
  stagedFor,
} from './live-history.ts';
import { observationOf } from './observation.ts';
import type { GateState, RunState } from './state.ts';

export type Choice =
  | { readonly ok: true; readonly anchors: readonly AnchorChoice[] }
  | { readonly ok: false; readonly reason: Reason };

/**
 * The promotes of a run that a rollback may have to take back: those on whose live path something else was seen than what was
 * there before, or nobody could look. Without a look, as in ledgers of earlier versions: passed, cut off, or failed after a change.
 */
export function promotesToTakeBack(run: RunState): GateState[] {
  const { mode, gates, plan } = run;
  if (mode !== 'LIVE') return [];
  return gates.filter((state) => {
    const { gate, status, attempt } = state;
    if (gate.kind !== 'promote' || attempt === 0) return false;
    const seen = observationOf(run, gate);
    if (seen) return seen.live !== 'anchor';
    return (
      status === 'pass' ||
      status === 'inconclusive' ||
      resultsOf(state).some((result) => changedLive(plan, gate, result))
    );
  });
}

/** One anchor a live path of the run. `runs` are those that met it there, itself among them, in any order. */
export function chooseAnchors(subject: RunState, runs: readonly RunState[]): Choice {
  const anchors: AnchorChoice[] = [];
  for (const { gate } of promotesToTakeBack(subject)) {
    const staged = stagedFor(subject, gate);
    const target = targetOf(subject.plan, gate);
    if (!staged || !target) continue;
    const place = placeOf(subject.plan, target);
    const changes = changesAt(runs, place);
    const promoted = changes.find(({ runId, kind }) => runId === subject.runId && kind === 'promoted');
    const chosen = chooseOne(
      {
        runId: subject.runId,
        at: promoted?.at ?? subject.requestedAt,
        tree: promoted?.tree ?? staged.stagedTree.digest,
        // Of a promote that was cut off, the approved look before it says what it was to replace.
        own: promoted ? promoted.kept : approvedAnchor(subject, gate),
      },
      changes,
      removedAt(runs, place),
    );
    if ('code' in chosen) return { ok: false, reason: chosen };
    const { host, livePath } = target;
    anchors.push({ target: gate.target ?? null, host, livePath, ...chosen });
  }
  return { ok: true, anchors };
}

export interface ToTakeBack {
  readonly runId: string;
  /** When its tree went live (RFC 3339, UTC). */
  readonly at: string;
  /** Digest of that tree. */
  readonly tree: string;
  /** What it replaced and kept; null for nothing. */
  readonly own: KeptTree | null;
}

/**
 * The choice without its place, or why there is none. `changes` are those of the place, the oldest first; `removed` are trees
 * that were tidied away.
 */
export function chooseOne(
  { runId, at, tree, own }: ToTakeBack,
  changes: readonly LiveChange[],
  removed: readonly string[] = [],
): Pick<AnchorChoice, 'path' | 'digest' | 'ofRun' | 'why'> | Reason {
  if (own === null)
    return {
      path: null,
      digest: null,
      ofRun: runId,
      why: 'nothing was live before that run: the way back is removal',
    };
  const badBy = new Map(
    changes.flatMap(({ runId: by, takenOut }) => takenOut.map((digest) => [digest, by] as const)),
  );
  const gone = new Set([
    ...removed,
    ...changes.flatMap(({ used, pruned }) => [...pruned, ...(used === null ? [] : [used])]),
  ]);
  const wasBad = badBy.get(own.digest);
  if (wasBad === undefined && gone.has(own.path))
    return {
      code: 'anchor-gone',
      text: `What was live before run ${runId} (${own.digest}) lies at ${own.path} no more: a run has removed it or brought it back. Nothing is rolled back; deploy that version again instead.`,
    };
  if (wasBad === undefined) return { ...own, ofRun: runId, why: 'it was live before that run' };
  const older = changes
    .filter((each) => each.at < at)
    .toReversed()
    .flatMap(({ kept, runId: ofRun }) => (kept ? [{ ...kept, ofRun }] : []))
    .find(({ digest, path }) => !badBy.has(digest) && digest !== tree && !gone.has(path));
  if (older)
    return {
      ...older,
      why: `what was live before that run (${own.digest}) was itself rolled back from, by run ${wasBad}; this is the next older backup that never was`,
    };
  return {
    code: 'no-good-anchor',
    text: `What was live before run ${runId} (${own.digest}) was itself rolled back from, by run ${wasBad}, and no older backup that never was is left. Nothing is rolled back; deploy a good version instead.`,
  };
}
