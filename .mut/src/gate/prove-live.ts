// What is live, held against the manifest, the tests, the proofs and the probes. Changes nothing.
import { type ProveFacts, requireFacts } from '../run/facts.ts';
import type { ProbeReading } from '../run/readings.ts';
import type { GateContext } from './context.ts';
import { decideProbes } from './decide-probes.ts';
import { checkManifest, manifestOf, observeTree } from './observe-tree.ts';
import { runProofs, runSuite } from './run-suite.ts';

/** Decides the criteria of `prove` and `verify`; `before` is the snapshot that probes are compared with. */
export async function proveLive(context: GateContext, before: readonly ProbeReading[]): Promise<ProveFacts> {
  const { plan, job, record, signal } = context;
  const host = await context.host(plan.target.host);
  const { livePath } = plan.target;
  const manifest = manifestOf(requireFacts('artifact', job.facts['artifact']));
  const tree = await observeTree(host, livePath, signal);
  checkManifest(record, 'live-tree', 'the live tree equals the manifest', manifest, tree);

  const where = { observer: host, directory: livePath, record, signal };
  const full = plan.tests['full'];
  const suites = [];
  if (full) {
    await context.progress('full tests on the live tree');
    suites.push(await runSuite('full', full, where));
  }
  await context.progress('behavioural proofs on the live tree');
  const proofs = await runProofs(plan, where);
  const after = await observeTree(host, livePath, signal);
  record.check('tree-after', 'tests and proofs left the live tree as it was', after.digest === tree.digest, {
    expected: tree.digest,
    actual: after.digest,
  });

  const probes = await decideProbes(context, before);
  return { suites, proofs, liveTree: { digest: tree.digest, files: tree.files }, probes };
}
