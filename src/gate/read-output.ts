// What a suite or a proof harness printed, as a report: only where all of it was kept. What was cut off may say otherwise, and
// what stands before it may have been printed by the code under test.
import { type ParsedProofs, parseProofs } from '../evidence/proofs.ts';
import { parseTestResults, type TestFormat, type TestResults } from '../evidence/test-results.ts';
import type { CommandResult } from '../host/host.ts';

/** Bytes of output that are kept of one run. */
export const maxOutputBytes = 16 * 1024 * 1024;

type Printed = Pick<CommandResult, 'stdout' | 'stdoutTruncated' | 'stdoutBytes'>;

export function testResultsOf(format: TestFormat, printed: Printed): TestResults {
  const cut = cutOff(printed);
  return cut === null
    ? parseTestResults(format, printed.stdout)
    : { ok: false, code: 'incomplete', reason: cut };
}

export function proofsOf(printed: Printed): ParsedProofs {
  const cut = cutOff(printed);
  return cut === null ? parseProofs(printed.stdout) : { ok: false, code: 'incomplete', reason: cut };
}

function cutOff({ stdoutTruncated, stdoutBytes }: Printed): string | null {
  return stdoutTruncated
    ? `expected an output of at most ${maxOutputBytes} bytes, got ${stdoutBytes}; let it print less`
    : null;
}
