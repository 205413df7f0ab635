import { type TestFailure, type TestResults, unreadable } from './tally.ts';

/** `=== 1 failed, 393 passed, 2 skipped in 12.34s (0:00:12) ===`; with `-q` without the rules. */
const SUMMARY = /^(?:=+ )?((?:\d+ [a-z]+(?: [a-z]+)?(?:, )?)+) in [\d.]+s(?: \([\d:]+\))?(?: =+)?$/;
/** Colours and links of a terminal. Node's `stripVTControlCharacters` needs the square of the length of `\x1b];];];…`. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's sequences begin with one.
const TERMINAL = /\u001b(?:\[[0-9;:?]*[A-Za-z]|\][^\u0007\u001b\r\n]*(?:\u0007|\u001b\\))/g;
const NOT_TESTS = new Set(['deselected', 'warning', 'warnings', 'rerun', 'subtests']);

/**
 * Reads what pytest prints, by its last summary line. `xfailed` and `xpassed` count as todo, errors as
 * failed. There are no names: for them, and against code under test that prints such a line after the run,
 * use `--junitxml` and `junit`.
 */
export function parsePytest(text: string): TestResults {
  const lines = text
    .replaceAll(TERMINAL, '')
    .split(/\r?\n/)
    .map((line) => line.trim());
  const summary = lines.filter((line) => line !== '').at(-1);
  const counts = SUMMARY.exec(summary ?? '')?.[1];
  if (summary !== undefined && /^(?:=+ )?no tests (?:ran|collected)\b/.test(summary)) {
    return unreadable('no-tests', 'expected at least one test in the report, got none');
  }
  if (counts === undefined)
    return unreadable('incomplete', 'expected pytest’s summary as the last line, got another');
  const sum = { passed: 0, failed: 0, skipped: 0, todo: 0 };
  for (const part of counts.split(', ')) {
    const [number = '', word = ''] = part.split(' ');
    const outcome = OUTCOMES.get(word);
    if (outcome !== undefined) sum[outcome] += Number(number);
    else if (!NOT_TESTS.has(word))
      return unreadable('unreadable', `expected a count of pytest’s, got ${part}`);
  }
  const total = sum.passed + sum.failed + sum.skipped + sum.todo;
  if (total === 0) return unreadable('no-tests', 'expected at least one test in the report, got none');
  return { ok: true, total, ...sum, failures: lines.flatMap(readFailure) };
}

const OUTCOMES: ReadonlyMap<string, 'passed' | 'failed' | 'skipped' | 'todo'> = new Map([
  ['passed', 'passed'],
  ['failed', 'failed'],
  ['error', 'failed'],
  ['errors', 'failed'],
  ['skipped', 'skipped'],
  ['xfailed', 'todo'],
  ['xpassed', 'todo'],
]);

function readFailure(line: string): TestFailure[] {
  const [, name, message = ''] = /^(?:FAILED|ERROR) (\S+)(?: - (.*))?$/.exec(line) ?? [];
  return name === undefined ? [] : [{ name, message }];
}
