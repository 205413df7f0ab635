import { guardMode } from '../live/live-seam.ts';
import { Mode } from './mode.ts';
import { type CutOrder, PHASES, type PhaseMethods, type PhaseOutcome } from './phase.ts';
import { Refusal } from './refusal.ts';
import { PhaseSimulator } from './simulator.ts';

export interface PhaseRun {
  readonly mode: Mode;
  readonly order: CutOrder;
}

/**
 * Runs the five phases in order and stops at the first that refuses or fails.
 * @throws Refusal `live-not-wired` in LIVE, `empty-plan` when there is nothing to cut, `unknown-mode`
 */
export async function runPhases(run: PhaseRun): Promise<PhaseOutcome[]> {
  guardMode(run.mode);
  if (run.order.plan.rows.length === 0) {
    throw new Refusal(
      'empty-plan',
      'expected a plan with at least one row, got none. Cut a document that has text.',
    );
  }
  const executor = chooseExecutor(run);
  const outcomes: PhaseOutcome[] = [];
  for (const phase of PHASES) {
    guardMode(run.mode);
    outcomes.push(await executor[phase](run.order));
  }
  return outcomes;
}

function chooseExecutor({ mode }: PhaseRun): PhaseMethods {
  switch (mode) {
    case Mode.DRYRUN:
      return new PhaseSimulator();
    default:
      throw new Refusal('unknown-mode', `expected DRYRUN, got ${JSON.stringify(mode)}.`);
  }
}
