// Whose tree a look has seen that is none of its own run's: by what the ledger knows of that live path then. It is written down
// with the look, so that whoever has this run's ledger alone comes to the same words.
import { targetOf } from '../plan/sections.ts';
import type { GateResult } from './gate-result.ts';
import { approvedAnchor, placeOf, stagedFor } from './live-history.ts';
import { observationOf } from './observation.ts';
import type { LedgerPort } from './ports.ts';
import type { GateState, RunState } from './state.ts';
import { controlStream } from './switch.ts';

type SeenTree = NonNullable<GateState['seenTree']>;

/** The ledger is asked only where the run knows the tree by nothing of its own. */
export async function nameSeenTree(
  run: RunState,
  look: GateState,
  result: GateResult,
  {
    ledger,
    state,
  }: {
    readonly ledger: Pick<LedgerPort, 'streams'>;
    readonly state: (runId: string) => Promise<RunState | null>;
  },
): Promise<{ seenTree?: SeenTree }> {
  if (look.gate.kind !== 'observe-live' || result.status !== 'pass') return {};
  const after: GateState = { ...look, status: 'pass', result, seq: run.seq + 1 };
  const looks = run.looks.map((each) => (each.gate.target === look.gate.target ? after : each));
  const seen = observationOf({ ...run, looks }, look.gate);
  if (seen?.live !== 'neither' || seen.tree === null) return {};
  const streams = (await ledger.streams({ limit: 200 })).filter(({ stream }) => stream !== controlStream);
  const others = await Promise.all(streams.map(({ stream }) => state(stream)));
  const seenTree = ownerOf(run, look, seen.tree, others);
  return seenTree ? { seenTree } : {};
}

/** The newest that brought it; else the newest that replaced it. Pure. */
export function ownerOf(
  run: Pick<RunState, 'runId' | 'plan'>,
  { gate: look }: Pick<GateState, 'gate'>,
  tree: string,
  others: readonly (RunState | null)[],
): SeenTree | null {
  const own = targetOf(run.plan, look);
  const place = own && placeOf(run.plan, own);
  const met = others
    .filter((each) => each !== null && each.runId !== run.runId && each.mode === 'LIVE')
    .flatMap((other) =>
      (other?.gates ?? []).flatMap(({ gate, attempt }) => {
        const target = other && targetOf(other.plan, gate);
        if (!other || !target || gate.kind !== 'promote' || attempt === 0) return [];
        return placeOf(other.plan, target) === place
          ? [
              {
                run: other.runId,
                at: other.requestedAt,
                candidate: stagedFor(other, gate)?.stagedTree.digest,
                before: approvedAnchor(other, gate)?.digest,
              },
            ]
          : [];
      }),
    )
    .toSorted((a, b) => (a.at < b.at ? 1 : -1));
  for (const as of ['candidate', 'before'] as const) {
    const found = met.find((each) => each[as] === tree);
    if (found) return { run: found.run, as };
  }
  return null;
}
