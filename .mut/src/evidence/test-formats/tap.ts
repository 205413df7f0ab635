import { Parser, type Result } from 'tap-parser';
import { z } from 'zod';
import { Tally, type TestOutcome, type TestResults, unreadable } from './tally.ts';

/**
 * What Node's reporter writes under a test point; other producers write what they like, so nothing is
 * required.
 */
const Diagnostics = z.object({
  type: z.string().optional().catch(undefined),
  error: z.string().optional().catch(undefined),
  message: z.string().optional().catch(undefined),
});

type Walk = {
  readonly leaves: Tally;
  /** Tests as Node counts them: leaves, and tests that hold subtests; not suites. */
  readonly points: Tally;
  readonly faults: string[];
};

/**
 * Reads TAP 13 or 14, and counts leaf tests: a suite or a test with subtests is not counted, except when it
 * failed by itself (a hook) and none of its subtests did. Anything that breaks the protocol, a missing plan
 * too, is not a result.
 */
export function parseTap(text: string): TestResults {
  const { walk, bailout } = walkTap(text, () => false);
  const [fault] = walk.faults;
  if (bailout !== null) return unreadable('incomplete', `expected a whole run, got a bail-out: ${bailout}`);
  if (fault !== undefined) return unreadable('inconsistent', `expected well-formed TAP, got: ${fault}`);
  return walk.leaves.results();
}

/**
 * Reads what `node --test --test-reporter=tap` writes. Two things differ from plain TAP: the plan stands next
 * to a summary, whose counts must agree with the test points (test numbers are repeated across files, so they
 * say nothing); and a file without any test is reported as a passing test with the file's name, which is not
 * counted.
 */
export function parseNodeTest(text: string): TestResults {
  // Output of the tests comes as comments and cannot look like a plan, so a summary behind a plan is the
  // runner's own.
  const summary = [...text.matchAll(NODE_SUMMARY)].at(-1);
  if (summary === undefined) {
    return unreadable('incomplete', 'expected the summary of Node’s TAP reporter behind its plan, got none');
  }
  const { walk, bailout } = walkTap(text, isFileWithoutTests);
  if (bailout !== null) return unreadable('incomplete', `expected a whole run, got a bail-out: ${bailout}`);
  const [tests = 0, passed = 0, failed = 0, cancelled = 0, skipped = 0, todo = 0] = summary
    .slice(1)
    .map(Number);
  const { points } = walk;
  const listed = [
    points.total,
    points.count('passed'),
    points.count('failed'),
    points.count('skipped'),
    points.count('todo'),
  ];
  const summed = [tests, passed, failed + cancelled, skipped, todo];
  if (listed.join() !== summed.join()) {
    return unreadable(
      'inconsistent',
      `expected tests, passed, failed, skipped, todo to be ${summed.join(', ')} as summed up, got ${listed.join(', ')} listed`,
    );
  }
  return walk.leaves.results();
}

const NODE_SUMMARY =
  /^1\.\.\d+\n# tests (\d+)\n# suites \d+\n# pass (\d+)\n# fail (\d+)\n# cancelled (\d+)\n# skipped (\d+)\n# todo (\d+)$/gm;

function isFileWithoutTests(point: Result, depth: number): boolean {
  return depth === 0 && point.ok && !point.skip && !point.todo && /^\S+\.[cm]?[jt]sx?$/.test(point.name);
}

function walkTap(text: string, ignored: (point: Result, depth: number) => boolean) {
  const walk: Walk = { leaves: new Tally(), points: new Tally(), faults: [] };
  const parser = new Parser();
  follow(parser, walk, 0, ignored);
  parser.end(text);
  const { bailedOut } = parser;
  return { walk, bailout: bailedOut === false ? null : String(bailedOut) };
}

/** Follows a parser and the parsers of its subtests; returns how many failures were seen below it. */
function follow(
  parser: Parser,
  walk: Walk,
  depth: number,
  ignored: (point: Result, depth: number) => boolean,
) {
  let failures = 0;
  let failuresOfChild: () => number = () => 0;
  parser.on('child', (child: Parser) => {
    failuresOfChild = follow(child, walk, depth + 1, ignored);
  });
  parser.on('assert', (point: Result) => {
    const outcome = outcomeOf(point);
    const diagnostics = Diagnostics.safeParse(point.diag).data ?? {};
    const isSuite = diagnostics.type === 'suite';
    const below = point.closingTestPoint ? failuresOfChild() : 0;
    const message = diagnostics.error ?? diagnostics.message ?? '';
    if (!isSuite) walk.points.add(point.fullname, outcome, message);
    const isLeaf = !point.closingTestPoint && !isSuite && !ignored(point, depth);
    const failedByItself = outcome === 'failed' && below === 0;
    if (isLeaf || failedByItself) walk.leaves.add(point.fullname, outcome, message);
    if (outcome === 'failed') failures += 1;
  });
  parser.on('complete', (results: { readonly failures: readonly Result[] }) => {
    for (const { tapError } of results.failures) if (typeof tapError === 'string') walk.faults.push(tapError);
  });
  return () => failures;
}

function outcomeOf(point: Result): TestOutcome {
  if (point.todo !== false) return 'todo';
  if (point.skip !== false) return 'skipped';
  return point.ok ? 'passed' : 'failed';
}
