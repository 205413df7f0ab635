import { XMLParser } from 'fast-xml-parser';
import { z } from 'zod';
import { Tally, type TestResults, unreadable } from './tally.ts';

const Attribute = z.string().optional();
const Count = z.coerce.number().int().nonnegative().optional();
const Verdict = z.object({ '@message': Attribute, '@type': Attribute, '#text': z.string().default('') });

const TestCase = z.object({
  '@name': z.string(),
  '@classname': Attribute,
  failure: z.array(Verdict).default([]),
  error: z.array(Verdict).default([]),
  skipped: z.array(Verdict).default([]),
});
type TestCase = z.infer<typeof TestCase>;

const Suite = z.object({
  '@tests': Count,
  '@failures': Count,
  '@errors': Count,
  testcase: z.array(TestCase).default([]),
  get testsuite(): z.ZodDefault<z.ZodArray<typeof Suite>> {
    return z.array(Suite).default([]);
  },
});
type Suite = z.infer<typeof Suite>;

const Report = z.union([z.object({ testsuites: z.array(Suite) }), z.object({ testsuite: z.array(Suite) })]);

const LISTS = new Set(['testsuites', 'testsuite', 'testcase', 'failure', 'error', 'skipped']);

/**
 * Reads JUnit XML as surefire, pytest, vitest and Node write it. A suite's own `tests`, `failures` and
 * `errors` must not exceed what its cases show (a suite that broke outside of a case says so only there).
 * `xfail` and `todo` are counted as todo. Node's writer leaves a failing `after` hook out and counts a suite
 * without tests as a test: with Node use `node-test`.
 */
export function parseJunit(text: string): TestResults {
  // A document type declares entities, which a report has no use for and an attacker has.
  if (/<!DOCTYPE/i.test(text))
    return unreadable('unreadable', 'expected JUnit XML without a document type, got one');
  let parsed: unknown;
  try {
    parsed = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '@',
      alwaysCreateTextNode: true,
      parseTagValue: false,
      parseAttributeValue: false,
      ignoreDeclaration: true,
      ignorePiTags: true,
      isArray: (name, _path, _leaf, isAttribute) => !isAttribute && LISTS.has(name),
    }).parse(text, true);
  } catch {
    return unreadable('unreadable', 'expected well-formed JUnit XML, got a document that does not parse');
  }
  const { success, data } = Report.safeParse(parsed);
  if (!success)
    return unreadable('unreadable', 'expected <testsuites> or <testsuite> as the root, got another document');
  const tally = new Tally();
  const roots = 'testsuites' in data ? data.testsuites : data.testsuite;
  const fault = roots.map((root) => countSuite(root, tally)).find((found) => found !== null);
  return fault === undefined || fault === null ? tally.results() : unreadable('inconsistent', fault);
}

/** Counts a suite's cases; returns what contradicts its own numbers, or null. */
function countSuite(suite: Suite, tally: Tally): string | null {
  const before = { total: tally.total, failed: tally.count('failed') };
  for (const testCase of suite.testcase) countCase(testCase, tally);
  for (const inner of suite.testsuite) {
    const fault = countSuite(inner, tally);
    if (fault !== null) return fault;
  }
  const statedFailed = (suite['@failures'] ?? 0) + (suite['@errors'] ?? 0);
  if (statedFailed > 0 && tally.count('failed') === before.failed) {
    return `expected ${statedFailed} failures as the suite states, got none among its cases`;
  }
  // Writers disagree on whether a suite of suites counts the inner ones or their cases.
  const total = tally.total - before.total;
  const stated = suite.testsuite.length === 0 ? suite['@tests'] : undefined;
  if (stated === undefined || stated === total) return null;
  return `expected ${stated} tests as the suite states, got ${total} cases`;
}

function countCase(testCase: TestCase, tally: Tally): void {
  const name = [testCase['@classname'], testCase['@name']].filter(Boolean).join(' > ');
  const [skipped] = testCase.skipped;
  const [broken] = [...testCase.failure, ...testCase.error];
  if (skipped !== undefined) tally.add(name, /todo|xfail/.test(skipped['@type'] ?? '') ? 'todo' : 'skipped');
  else if (broken !== undefined) tally.add(name, 'failed', broken['@message'] ?? broken['#text']);
  else tally.add(name, 'passed');
}
