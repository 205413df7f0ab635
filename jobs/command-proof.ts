// A claim that anyone can check by running one command, here or on a host. The command must only read.
import { EvidenceError } from '../src/evidence/evidence-error.ts';
import { matchesPattern } from '../src/evidence/pattern.ts';
import { judgeProofs } from '../src/evidence/proofs.ts';
import { judgeTests } from '../src/evidence/test-results.ts';
import type { Gate, GateContext } from '../src/gate/context.ts';
import { parametersOf } from '../src/gate/parameters.ts';
import { maxOutputBytes, proofsOf, testResultsOf } from '../src/gate/read-output.ts';
import type { CommandResult } from '../src/host/host.ts';
import type { GateOf } from '../src/plan/schema-gates.ts';
import type { CommandProofFacts } from '../src/run/facts-of-findings.ts';
import type { ProofReading, SuiteCounts } from '../src/run/readings.ts';

type Expected = GateOf<'command-proof'>['with']['expect'];

export const commandProof: Gate = {
  kind: 'command-proof',
  async run(context): Promise<CommandProofFacts> {
    const { command, on, directory, timeoutSeconds, expect } = parametersOf(context, 'command-proof');
    const { gate, record, signal } = context;
    const observer = on === undefined ? context.local : await context.host(on);
    await context.progress(gate.title);
    const ran = await observer.run(
      {
        effect: 'observe',
        title: gate.title,
        argv: command,
        cwd: directory,
        timeoutMs: timeoutSeconds * 1000,
        maxOutputBytes,
      },
      { signal },
    );
    const evidence = [record.keepCommand(`${gate.title} on ${observer.name}`, ran)];
    record.check('exit-code', 'the command exits as expected', ran.exitCode === expect.exitCode, {
      expected: String(expect.exitCode),
      actual: String(ran.exitCode),
      evidence,
    });
    decideOutput(context, ran, expect, evidence);
    return {
      machine: observer.name,
      command,
      exitCode: ran.exitCode,
      suites: decideTests(context, ran, expect, evidence),
      proofs: decideProofs(context, ran, expect, evidence),
    };
  },
};

function decideOutput(
  { record }: GateContext,
  { stdout, stdoutTruncated }: CommandResult,
  { stdout: pattern }: Expected,
  evidence: readonly string[],
): void {
  if (pattern === undefined) return;
  const found = lookFor(pattern, stdout);
  record.check('output', 'its output is as expected', found === true, {
    expected: pattern,
    actual:
      typeof found === 'string'
        ? found
        : stdoutTruncated
          ? 'an output too long to be kept whole'
          : stdout.trim().slice(0, 300) || 'nothing',
    evidence,
    otherwise: typeof found === 'string' || stdoutTruncated ? 'inconclusive' : 'fail',
  });
}

/** Why it cannot be said, where it cannot. */
function lookFor(pattern: string, stdout: string): boolean | string {
  try {
    return matchesPattern(pattern, stdout, { lines: true });
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

function decideTests(
  { record }: GateContext,
  printed: CommandResult,
  { tests }: Expected,
  evidence: readonly string[],
): SuiteCounts[] {
  if (!tests) return [];
  const results = testResultsOf(tests.format, printed);
  const { verdict, reason } = judgeTests(results, { passed: tests.passed });
  record.check('tests', 'exactly the expected tests pass', verdict === 'pass', {
    expected: `${tests.passed} passed, 0 failed`,
    actual: reason,
    evidence,
    otherwise: verdict === 'inconclusive' ? 'inconclusive' : 'fail',
  });
  if (!results.ok) return [];
  const { passed, failed, skipped, total } = results;
  return [{ name: 'command', passed, failed, skipped, total }];
}

function decideProofs(
  { record }: GateContext,
  printed: CommandResult,
  { proofs }: Expected,
  evidence: readonly string[],
): ProofReading[] {
  if (proofs === undefined) return [];
  const parsed = proofsOf(printed);
  const { verdict, reason } = judgeProofs(parsed, proofs);
  record.check('proofs', 'the proofs hold', verdict === 'pass', {
    expected: `${proofs}/${proofs} proofs hold`,
    actual: reason,
    evidence,
    otherwise: verdict === 'inconclusive' ? 'inconclusive' : 'fail',
  });
  return parsed.ok
    ? parsed.proofs.map(({ detail, ...proof }) => ({ ...proof, ...(detail === undefined ? {} : { detail }) }))
    : [];
}
