import { countRows } from '../cut/cut-plan.ts';
import type { CutOrder, Phase, PhaseMethods, PhaseOutcome } from './phase.ts';
import { VERIFY_CLAIMS } from './verify-claims.ts';

/** Counts what the phases would write. It holds no connection and is reached from DRYRUN only. */
export class PhaseSimulator implements PhaseMethods {
  /** The mark by which a simulator is told from an adapter that writes. */
  readonly simulated = true;

  async preWriteBackup(_order: CutOrder): Promise<PhaseOutcome> {
    return outcome('preWriteBackup', { revert_record: 1 });
  }

  async cutLegA({ plan }: CutOrder): Promise<PhaseOutcome> {
    const created = countRows(plan, 'create');
    return outcome('cutLegA', {
      information_unit: created,
      unit_version: created + countRows(plan, 'revise'),
    });
  }

  async legBRecord(_order: CutOrder): Promise<PhaseOutcome> {
    return outcome('legBRecord', { cut_manifest: 1 });
  }

  async writeVerify(_order: CutOrder): Promise<PhaseOutcome> {
    return outcome('writeVerify', { verify_record: VERIFY_CLAIMS.length });
  }

  async lifecycleEnact({ plan }: CutOrder): Promise<PhaseOutcome> {
    return outcome('lifecycleEnact', { iu_lifecycle_log: plan.rows.length - countRows(plan, 'keep') });
  }
}

function outcome(phase: Phase, rows: Record<string, number>): PhaseOutcome {
  return { phase, simulated: true, rows };
}
