// Reads every probe a second time and holds it against the first reading. Changes nothing.
import { probesBefore } from '../src/gate/anchor.ts';
import type { Gate } from '../src/gate/context.ts';
import { decideProbes } from '../src/gate/decide-probes.ts';
import type { ProbesFacts } from '../src/run/facts-of-findings.ts';

export const probes: Gate = {
  kind: 'probes',
  async run(context): Promise<ProbesFacts> {
    return { probes: await decideProbes(context, probesBefore(context.job.facts)) };
  },
};
