// Runs a plan's suites and proofs on a tree, here or on a host, and decides them by their counts.
import { judgeProofs } from '../evidence/proofs.ts';
import { judgeTests, type TestResults } from '../evidence/test-results.ts';
import type { Command } from '../host/command.ts';
import type { Plan, PlanSuite } from '../plan/schema.ts';
import type { ProofReading, SuiteCounts } from '../run/readings.ts';
import type { Observer } from './context.ts';
import { maxOutputBytes, proofsOf, testResultsOf } from './read-output.ts';
import type { Recorder } from './recorder.ts';

interface Where {
  readonly observer: Observer;
  /** Root of the tree under test. */
  readonly directory: string;
  readonly record: Recorder;
  readonly signal: AbortSignal;
}

/** Runs one suite; decides the criterion `suite-<name>`. */
export async function runSuite(
  name: string,
  suite: PlanSuite,
  { observer, directory, record, signal }: Where,
): Promise<SuiteCounts> {
  const command = inTree(`${name} tests`, suite.command, directory, suite.timeoutSeconds);
  const ran = await observer.run(command, { signal });
  const evidence = [record.keepCommand(`${name} tests on ${observer.name}`, ran)];
  const results = testResultsOf(suite.format, ran);
  const counts = results.ok
    ? { name, passed: results.passed, failed: results.failed, skipped: results.skipped, total: results.total }
    : { name, passed: 0, failed: 0, skipped: 0, total: 0 };
  const judged = judgeTests(results, { passed: suite.expect.passed });
  // A runner that says "all passed" and then exits with an error did not pass.
  const honest = judged.verdict !== 'pass' || ran.exitCode === 0;
  record.check(`suite-${name}`, `${name} tests`, judged.verdict === 'pass' && honest, {
    expected: `${suite.expect.passed} passed, 0 failed`,
    actual: honest ? describeResults(results) : `${describeResults(results)}, but exit code ${ran.exitCode}`,
    evidence,
    otherwise: judged.verdict === 'inconclusive' ? 'inconclusive' : 'fail',
  });
  return counts;
}

function describeResults(results: TestResults): string {
  if (!results.ok) return results.reason;
  const { passed, failed, skipped, failures } = results;
  const names = failures.slice(0, 5).map(({ name }) => `"${name}"`);
  const more = failures.length > names.length ? ` and ${failures.length - names.length} more` : '';
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}${names.length > 0 ? `: ${names.join(', ')}${more}` : ''}`;
}

/** Runs the plan's proofs; decides the criterion `proofs`. */
export async function runProofs(
  plan: Pick<Plan, 'proofs'>,
  { observer, directory, record, signal }: Where,
): Promise<ProofReading[]> {
  if (!plan.proofs) return [];
  const { command, expect, timeoutSeconds } = plan.proofs;
  const ran = await observer.run(inTree('behavioural proofs', command, directory, timeoutSeconds), {
    signal,
  });
  const evidence = [record.keepCommand(`behavioural proofs on ${observer.name}`, ran)];
  const parsed = proofsOf(ran);
  const judged = judgeProofs(parsed, expect);
  record.check('proofs', 'behavioural proofs', judged.verdict === 'pass' && ran.exitCode === 0, {
    expected: `${expect}/${expect} proofs hold`,
    actual:
      judged.failed.length > 0
        ? `${judged.holding}/${expect} hold; not holding: ${judged.failed.join(', ')}`
        : ran.exitCode === 0
          ? judged.reason
          : `${judged.reason}, but exit code ${ran.exitCode}`,
    evidence,
    otherwise: judged.verdict === 'inconclusive' ? 'inconclusive' : 'fail',
  });
  return parsed.ok
    ? parsed.proofs.map(({ detail, ...proof }) => ({ ...proof, ...(detail === undefined ? {} : { detail }) }))
    : [];
}

function inTree(title: string, argv: readonly string[], directory: string, timeoutSeconds: number): Command {
  return { effect: 'observe', title, argv, cwd: directory, timeoutMs: timeoutSeconds * 1000, maxOutputBytes };
}
