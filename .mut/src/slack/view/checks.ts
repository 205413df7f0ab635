// The checks of a gate: in the message how many hold and which do not, in a file all of them with what they saw.
import { sha256Hex } from '../../evidence/digest.ts';
import type { Check, GateResult } from '../../run/gate-result.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { atMost } from './blocks.ts';
import type { DesiredFile } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { gateFileName } from './file-name.ts';
import { gateLabel } from './gate-name.ts';
import { shortDigests } from './measures.ts';
import { statusEmoji } from './words.ts';

/** mrkdwn, a line for each check that does not hold. */
export function failingLines(checks: readonly Check[]): string[] {
  return atMost(30, checks.filter(fails).map(failingLine), 'all are in the file');
}

/** `13 of 13 checks hold`. */
export function howManyHold(checks: readonly { readonly status: string }[]): string {
  const noun = checks.length === 1 ? 'check holds' : 'checks hold';
  return `${checks.filter((each) => !fails(each)).length} of ${checks.length} ${noun}`;
}

/** Whether a gate's reason is one of its checks, which then says it with what was expected. */
export function isSaidByCheck({ reason }: GateState, { checks }: GateResult): boolean {
  return checks.some((each) => fails(each) && each.id.toLowerCase() === reason?.code);
}

/** All checks as a text file; null when the gate decided none. */
export function checksFile(
  run: RunState,
  state: GateState,
  { checks, machine, finishedAt }: GateResult,
): DesiredFile | null {
  if (checks.length === 0) return null;
  const label = gateLabel(run, state.gate);
  const text = [
    `${label} ${state.gate.title}: ${howManyHold(checks)}`,
    `run ${run.runId}, attempt ${state.attempt}, decided on ${machine} at ${finishedAt}`,
    ...checks.map(checkText),
    '',
  ].join('\n');
  return {
    name: gateFileName(state, ['checks'], '.txt'),
    title: `${label} checks: ${checks.length - checks.filter(fails).length} of ${checks.length} hold`,
    digest: `sha256:${sha256Hex(text)}`,
    text,
  };
}

function failingLine({ title, status, expected, actual }: Check): string {
  const got = code(shortDigests(actual));
  const seen = expected === undefined ? got : `expected ${code(shortDigests(expected))}, got ${got}`;
  return `${statusEmoji[status]} ${plain(title)}: ${seen}`;
}

function checkText({ id, title, status, expected, actual, evidence }: Check): string {
  // What was seen often repeats what was expected and goes on; then saying it once is enough.
  const isRepeated = expected === undefined || (status === 'pass' && actual.startsWith(expected));
  return [
    '',
    `${status}: ${title} (${id})`,
    ...(isRepeated ? [] : [`  expected: ${expected}`]),
    `  seen: ${actual}`,
    ...(evidence.length > 0 ? [`  evidence: ${evidence.join(' ')}`] : []),
  ].join('\n');
}

function fails({ status }: { readonly status: string }): boolean {
  return status !== 'pass';
}
