// `/verify`: holds what is live against the last attestation. Mutates nothing.
import type { Gate } from '../src/gate/context.ts';
import { proveLive } from '../src/gate/prove-live.ts';
import { requireFacts } from '../src/run/facts.ts';

export const verify: Gate = {
  kind: 'verify',
  run: (context) => proveLive(context, requireFacts('precheck', context.job.facts['precheck']).probes),
};
