import { admitLive, guardMode } from '../live/live-seam.ts';
import { Mode } from './mode.ts';
import { type CutOrder, PHASES, type PhaseMethods, type PhaseOutcome } from './phase.ts';
import { Refusal } from './refusal.ts';
import { PhaseSimulator } from './simulator.ts';

export interface PhaseRun {
  readonly mode: Mode;
  readonly order: CutOrder;
  /** What LIVE runs on. Unknown on purpose: the seam decides whether it is an adapter. */
  readonly adapter?: unknown;
  /** Folder of the tree whose kill switch counts; this tree, unless told otherwise. */
  readonly tree?: string;
}

/**
 * Runs the five phases in order and stops at the first that refuses or fails. The guard stands before every phase, so a kill switch
 * that goes off in between stops the run there.
 * @throws Refusal `execution-disabled` and `not-a-live-adapter` in LIVE, `empty-plan`, `unknown-mode`, and what the adapter refuses
 */
export async function runPhases(run: PhaseRun): Promise<PhaseOutcome[]> {
  guardMode(run.mode, run.adapter, run.tree);
  if (run.order.plan.rows.length === 0) {
    throw new Refusal(
      'empty-plan',
      'expected a plan with at least one row, got none. Cut a document that has text.',
    );
  }
  const executor = chooseExecutor(run);
  const outcomes: PhaseOutcome[] = [];
  for (const phase of PHASES) {
    guardMode(run.mode, run.adapter, run.tree);
    outcomes.push(await executor[phase](run.order));
  }
  return outcomes;
}

/** Chosen once, by mode alone: there is no way from LIVE to the simulator, and none from DRYRUN to an adapter. */
function chooseExecutor({ mode, adapter, tree }: PhaseRun): PhaseMethods {
  switch (mode) {
    case Mode.LIVE:
      return admitLive(adapter, tree);
    case Mode.DRYRUN:
      return new PhaseSimulator();
    default:
      throw new Refusal('unknown-mode', `expected LIVE or DRYRUN, got ${JSON.stringify(mode)}.`);
  }
}
