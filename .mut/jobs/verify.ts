// `/verify`: holds what is live against the last attestation. Mutates nothing.
import { probesBefore } from '../src/gate/anchor.ts';
import type { Gate } from '../src/gate/context.ts';
import { proveLive } from '../src/gate/prove-live.ts';

export const verify: Gate = {
  kind: 'verify',
  run: (context) => proveLive(context, probesBefore(context.job.facts)),
};
