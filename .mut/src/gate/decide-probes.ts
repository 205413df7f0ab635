// The second snapshot, held against the first: one criterion a probe.
import { momentOf } from '../plan/expected-now.ts';
import { compareSnapshots, takeSnapshot } from '../probe/take-snapshot.ts';
import type { ProbeDifference, ProbeReading } from '../run/readings.ts';
import type { GateContext } from './context.ts';

/** Decides the criteria `probe-<id>`. */
export async function decideProbes(
  context: GateContext,
  before: readonly ProbeReading[],
): Promise<ProbeDifference[]> {
  const { plan, job, gate, record } = context;
  const moment = momentOf(job.plan.gates, gate, job.mode);
  const probes = compareSnapshots(plan.probes, before, await takeSnapshot(context, moment), moment);
  for (const { id, title, before: was, after: is, status, reason, unseen } of probes) {
    record.check(`probe-${id.replaceAll('.', '-')}`, title, status === 'pass', {
      expected: status === 'pass' ? (was ?? 'not readable') : 'as before the run, or as the plan says',
      actual: status === 'pass' ? (unseen ?? is ?? 'not readable') : (reason ?? 'not as expected'),
      otherwise: status === 'fail' ? 'fail' : 'inconclusive',
    });
  }
  return probes;
}
