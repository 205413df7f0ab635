// G6: what is live is what was approved, it behaves, and nothing else has changed since G0.
import { probesBefore } from '../src/gate/anchor.ts';
import { type Gate, GateStop } from '../src/gate/context.ts';
import { proveLive } from '../src/gate/prove-live.ts';

export const prove: Gate = {
  kind: 'prove',
  async run(context) {
    if (context.job.mode === 'DRYRUN')
      throw new GateStop('not-run', 'dryrun', 'DRYRUN: nothing was promoted, so there is nothing to prove.');
    return proveLive(context, probesBefore(context.job.facts));
  },
};
