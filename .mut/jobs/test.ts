// G3: tests, secret scan, forbidden patterns and behavioural proofs on the reconciled tree.
import { eachBlob } from '../src/artifact/read-blobs.ts';
import { listTracked } from '../src/artifact/tracked-files.ts';
import type { ScannedFile } from '../src/evidence/scanned-file.ts';
import { scanForPatterns, scanForSecrets } from '../src/evidence/secret-scan.ts';
import type { Gate, GateContext } from '../src/gate/context.ts';
import { runProofs, runSuite } from '../src/gate/run-suite.ts';
import { layOut, makeWorkTree } from '../src/gate/work-tree.ts';
import { requireFacts, type TestFacts } from '../src/run/facts.ts';
import type { SuiteCounts } from '../src/run/readings.ts';

export const test: Gate = {
  kind: 'test',
  async run(context) {
    const { plan, job, record, signal } = context;
    const { files } = requireFacts('survey', job.facts['survey']);
    const { tree: reconciled } = requireFacts('reconcile', job.facts['reconcile']);
    const work = await makeWorkTree(context, 'test', files);
    const { directory, tree } = work;
    record.check('tree', 'the tree under test is the reconciled one', tree === reconciled, {
      expected: reconciled,
      actual: tree,
    });

    const scanned = await scan(context, directory, tree);
    await layOut(work, context);
    const where = { observer: context.local, directory, record, signal };
    const suites: SuiteCounts[] = [];
    for (const [name, suite] of Object.entries(plan.tests)) {
      await context.progress(`${name} tests`);
      suites.push(await runSuite(name, suite, where));
    }
    await context.progress('behavioural proofs');
    const proofs = await runProofs(plan, where);
    return { suites, proofs, ...scanned };
  },
};

/** Of the very blobs that are going to be committed, whatever a checkout or a test would make of them. */
async function scan(
  { plan, record, signal }: GateContext,
  repository: string,
  tree: string,
): Promise<Pick<TestFacts, 'forbiddenPatterns' | 'secrets'>> {
  const call = { cwd: repository, signal };
  const files: ScannedFile[] = [];
  for await (const [{ path }, content] of eachBlob(await listTracked(tree, call), call))
    files.push({ path, content });
  const found = await scanForSecrets(files);
  const matches = scanForPatterns(files, plan.forbiddenPatterns);
  const evidence = [
    record.keep(
      'secret scan of the tree',
      JSON.stringify({ files: files.length, found, matches }, null, 2),
      'application/json',
    ),
  ];
  record.check('secrets', 'no secret in the tree', found.length === 0, {
    expected: found.length === 0 ? `none in ${files.length} files` : 'none',
    actual:
      found.length === 0
        ? `none in ${files.length} files`
        : found.map(({ path, line, rule }) => `${path}:${line} (${rule})`).join(', '),
    evidence,
  });
  const forbiddenPatterns = plan.forbiddenPatterns.map(({ pattern }) => ({
    pattern,
    matches: matches.filter((match) => match.pattern === pattern).length,
  }));
  const none = `none of ${plan.forbiddenPatterns.map(({ pattern }) => pattern).join(', ') || 'no patterns'}`;
  record.check('forbidden-patterns', 'forbidden patterns absent', matches.length === 0, {
    expected: none,
    actual: matches.length === 0 ? none : matches.map(({ path, line }) => `${path}:${line}`).join(', '),
    evidence,
  });
  return { forbiddenPatterns, secrets: { findings: found.length } };
}
