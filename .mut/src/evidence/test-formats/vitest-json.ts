import { z } from 'zod';
import { Tally, type TestOutcome, type TestResults, unreadable } from './tally.ts';

const OUTCOMES: Readonly<Record<string, TestOutcome>> = {
  passed: 'passed',
  failed: 'failed',
  skipped: 'skipped',
  pending: 'skipped',
  disabled: 'skipped',
  todo: 'todo',
};

const Report = z.object({
  success: z.boolean(),
  numTotalTests: z.int().nonnegative(),
  numFailedTests: z.int().nonnegative(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.enum(['passed', 'failed', 'skipped', 'pending', 'disabled', 'todo']),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/**
 * Reads vitest's `--reporter=json`, which is Jest's format. A file that failed to load, and a run that failed
 * outside of any test (an unhandled rejection), count as one failed test each.
 */
export function parseVitestJson(text: string): TestResults {
  const report = findReport(text);
  if (report === null)
    return unreadable('unreadable', 'expected the JSON of vitest’s json reporter, got something else');
  const tally = new Tally();
  for (const file of report.testResults) {
    for (const { fullName, status, failureMessages } of file.assertionResults) {
      tally.add(fullName, OUTCOMES[status] ?? 'failed', failureMessages?.join('\n'));
    }
  }
  if (tally.total !== report.numTotalTests || tally.count('failed') !== report.numFailedTests) {
    return unreadable(
      'inconsistent',
      `expected ${report.numTotalTests} tests, ${report.numFailedTests} failed, as summed up, got ${tally.total}, ${tally.count('failed')} listed`,
    );
  }
  for (const file of report.testResults) {
    const listed = file.assertionResults.some(({ status }) => status === 'failed');
    if (file.status === 'failed' && !listed)
      tally.add(file.name, 'failed', file.message ?? 'the file did not load');
  }
  if (!report.success && tally.count('failed') === 0) {
    tally.add('the run', 'failed', 'the run failed outside of its tests');
  }
  return tally.results();
}

/** The report is the whole text, or the last line that is one: other output may stand before it. */
function findReport(text: string): z.infer<typeof Report> | null {
  for (const candidate of [text, ...text.split('\n').reverse()]) {
    if (!candidate.trimStart().startsWith('{')) continue;
    try {
      const parsed = Report.safeParse(JSON.parse(candidate));
      if (parsed.success) return parsed.data;
    } catch {
      // Not JSON: look on.
    }
  }
  return null;
}
