import { z } from 'zod';
import { parseJunit } from './test-formats/junit.ts';
import { parsePytest } from './test-formats/pytest.ts';
import type { TestResults } from './test-formats/tally.ts';
import { parseNodeTest, parseTap } from './test-formats/tap.ts';
import { parseVitestJson } from './test-formats/vitest-json.ts';

export type { TestCounts, TestFailure, TestResults, UnreadableCode } from './test-formats/tally.ts';

export const TestFormat = z.enum(['tap', 'node-test', 'junit', 'vitest-json', 'pytest']);
export type TestFormat = z.infer<typeof TestFormat>;

const PARSERS: Readonly<Record<TestFormat, (text: string) => TestResults>> = {
  tap: parseTap,
  'node-test': parseNodeTest,
  junit: parseJunit,
  'vitest-json': parseVitestJson,
  pytest: parsePytest,
};

/**
 * Reads a test report. A report with no test, one that is cut off, and one that contradicts itself are never
 * `ok`. Never throws.
 */
export function parseTestResults(format: TestFormat, text: string): TestResults {
  return PARSERS[format](text.replaceAll('\r\n', '\n'));
}

/** What a plan expects of a test run. No test may fail; counts not named are expected to be 0. */
export const TestExpectation = z.strictObject({
  passed: z.int().positive(),
  skipped: z.int().nonnegative().optional(),
  todo: z.int().nonnegative().optional(),
  /**
   * With it, `passed` is the least, and `skipped` and `todo` are the most; without it the counts are exact.
   */
  atLeast: z.boolean().optional(),
});
export type TestExpectation = z.infer<typeof TestExpectation>;

export type TestJudgement = { readonly verdict: 'pass' | 'fail' | 'inconclusive'; readonly reason: string };

/**
 * Judges a test run. Counts are part of the criterion: fewer tests than before is no pass, and more is none
 * either unless `atLeast`, since then the plan describes another suite. A report that cannot be read is
 * inconclusive, an empty one fails.
 */
export function judgeTests(results: TestResults, expected: TestExpectation): TestJudgement {
  if (!results.ok)
    return { verdict: results.code === 'no-tests' ? 'fail' : 'inconclusive', reason: results.reason };
  const fault = findFault(results, expected);
  if (fault !== null) return { verdict: 'fail', reason: fault };
  const limit = expected.atLeast === true ? `at least ${expected.passed}` : `${expected.passed}`;
  return { verdict: 'pass', reason: `${results.passed}/${results.total} passed, ${limit} expected` };
}

function findFault(results: TestResults & { ok: true }, expected: TestExpectation): string | null {
  if (results.failed > 0) return `expected no failed test, got ${results.failed} of ${results.total}`;
  const { passed, skipped = 0, todo = 0, atLeast = false } = expected;
  if (results.passed < passed) return `expected ${passed} passed tests, got ${results.passed}`;
  if (results.passed > passed && !atLeast)
    return `expected exactly ${passed} passed tests, got ${results.passed}`;
  for (const [word, got, want] of [
    ['skipped', results.skipped, skipped],
    ['todo', results.todo, todo],
  ] as const) {
    if (atLeast ? got > want : got !== want) return `expected ${want} ${word} tests, got ${got}`;
  }
  return null;
}
