import { executionEnabled } from '../kill-switch/execution-enabled.ts';
import { Mode } from '../phases/mode.ts';
import { PHASES } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';
import { runPhases } from '../phases/run-phases.ts';
import type { Proof } from './proof.ts';
import { proofOrder } from './proof-order.ts';

/** What can be shown of a tree without live wiring. */
export const PROOFS: readonly Proof[] = [
  {
    id: 'PROOF-1',
    claim: 'kill switch is off',
    examine: async () => {
      const enabled = executionEnabled();
      return { holds: !enabled, detail: `executionEnabled() is ${enabled}` };
    },
  },
  {
    id: 'PROOF-2',
    claim: 'LIVE is refused before any phase',
    examine: async () => {
      const refusal = await runPhases({ mode: Mode.LIVE, order: proofOrder() }).catch(
        (error: unknown) => error,
      );
      const code = refusal instanceof Refusal ? refusal.code : 'none';
      return { holds: code === 'live-not-wired', detail: `refusal ${code}` };
    },
  },
  {
    id: 'PROOF-3',
    claim: 'the DRYRUN guard is a no-op',
    examine: async () => {
      const outcomes = await runPhases({ mode: Mode.DRYRUN, order: proofOrder() });
      const simulated = outcomes.filter((outcome) => outcome.simulated).length;
      return {
        holds: simulated === PHASES.length,
        detail: `${simulated} of ${PHASES.length} phases simulated`,
      };
    },
  },
];
