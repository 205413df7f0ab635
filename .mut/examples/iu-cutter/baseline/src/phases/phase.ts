import type { CutPlan } from '../cut/cut-plan.ts';

/** The mutating phases, in the order in which they run. */
export const PHASES = ['preWriteBackup', 'cutLegA', 'legBRecord', 'writeVerify', 'lifecycleEnact'] as const;
export type Phase = (typeof PHASES)[number];

/** A cut that somebody has asked for. */
export interface CutOrder {
  readonly cutId: string;
  readonly actor: string;
  readonly plan: CutPlan;
}

export interface PhaseOutcome {
  readonly phase: Phase;
  readonly simulated: boolean;
  /** Rows written, or that would be, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** One method a phase. Whoever implements it decides what a phase does; the order is not theirs. */
export type PhaseMethods = Readonly<Record<Phase, (order: CutOrder) => Promise<PhaseOutcome>>>;
