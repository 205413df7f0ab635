// in-toto test-result v0.1 statements: one for each run of a suite, one for each run of the proofs. Pure.
import { keyOf } from '../plan/schema-gates.ts';
import { type FactsKind, readFacts } from '../run/facts.ts';
import type { ProofReading, SuiteCounts } from '../run/readings.ts';
import type { GateState, RunState } from '../run/state.ts';
import {
  countsField,
  type Descriptor,
  predicateTypes,
  type Subject,
  statementType,
  type TestResultStatement,
} from './statement.ts';

const testingKinds = ['test', 'stage', 'prove', 'verify'] as const satisfies readonly FactsKind[];

/** In the order of the gates. Wherever a suite ran, it ran on other bytes or another machine, so it is its own statement. */
export function testResultsOf(run: RunState, subjects: readonly Subject[]): TestResultStatement[] {
  return run.gates.flatMap((state) => {
    const kind = testingKinds.find((each) => each === state.gate.kind);
    if (!kind) return [];
    const { suites = [] } = readFacts(kind === 'stage' ? 'stage' : 'test', state.result?.facts);
    const { proofs } = readFacts('test', kind === 'stage' ? undefined : state.result?.facts);
    return [
      ...suites.map((suite) => suiteStatement(run, state, suite, subjects)),
      ...(proofs && proofs.length > 0 ? [proofsStatement(run, state, proofs, subjects)] : []),
    ];
  });
}

function suiteStatement(
  run: RunState,
  state: GateState,
  suite: SuiteCounts,
  subjects: readonly Subject[],
): TestResultStatement {
  const { name, passed, failed, skipped, total } = suite;
  const planned = run.plan.tests[name];
  // Counts are part of the criterion; zero tests never pass, and a suite that the plan does not know has no criterion to meet.
  const holds = planned !== undefined && failed === 0 && passed === planned.expect.passed;
  return statement(subjects, {
    result: holds ? 'PASSED' : 'FAILED',
    configuration: [configuration(run, state, name, planned?.command)],
    [countsField]: { passed, failed, skipped, total },
  });
}

function proofsStatement(
  run: RunState,
  state: GateState,
  proofs: readonly ProofReading[],
  subjects: readonly Subject[],
): TestResultStatement {
  const { command, expect } = run.plan.proofs ?? {};
  const passedTests = proofs.filter(({ holds }) => holds).map(({ id }) => id);
  const failedTests = proofs.filter(({ holds }) => !holds).map(({ id }) => id);
  return statement(subjects, {
    result: failedTests.length === 0 && passedTests.length === expect ? 'PASSED' : 'FAILED',
    configuration: [configuration(run, state, 'proofs', command)],
    passedTests,
    failedTests,
  });
}

function configuration(
  run: RunState,
  { gate, result }: GateState,
  suite: string,
  command: readonly string[] | undefined,
): Descriptor {
  return {
    name: `plan ${run.plan.name}`,
    digest: { sha256: run.planDigest.replace(/^sha256:/, '') },
    annotations: {
      suite,
      gate: keyOf(gate),
      machine: result?.machine ?? null,
      command: command ? [...command] : null,
    },
  };
}

function statement(
  subjects: readonly Subject[],
  predicate: TestResultStatement['predicate'],
): TestResultStatement {
  return {
    _type: statementType,
    subject: [...subjects],
    predicateType: predicateTypes.testResult,
    predicate,
  };
}
