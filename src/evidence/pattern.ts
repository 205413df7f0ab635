// The regular expressions of plans. A plan gives the pattern and a server the text; RegExp tries every way through both, and a
// page of empty lines holds it for ever. RE2 takes one way (https://swtch.com/~rsc/regexp/regexp1.html): its time is the length
// of the text times the size of the pattern, more with many groups, and that product is bounded here.
import { RE2JS } from 're2js';
import { EvidenceError } from './evidence-error.ts';

/** Steps that one search may take; about a second. */
const budget = 2 ** 25;
/** Of a compiled pattern, in instructions: what is larger leaves too little text to look at. */
const largest = 1_000;
const longestSource = 1_000;
/** Each thread of the search carries where every group began and ended: so many cost as much again as the step itself. */
const groupsOfOneStep = 16;

export interface PatternOptions {
  /** `^` and `$` are at the ends of each line, and not of the text alone. */
  readonly lines: boolean;
}

/** What is wrong with a pattern of a plan, as "expected X, got Y; do Z"; null when nothing is. */
export function patternFault(source: string): string | null {
  try {
    compile(source, { lines: true });
    return null;
  } catch (error) {
    if (error instanceof EvidenceError) return error.message;
    throw error;
  }
}

/** How many groups a pattern has. Throws EvidenceError `bad-pattern`. */
export function groupsOf(source: string): number {
  return compile(source, { lines: true }).groupCount();
}

/**
 * The first match in a text: all of it, then its groups, null for one that took no part. A line ends as in JavaScript, at "\r\n"
 * too, unless the pattern speaks of "\r" itself. Throws EvidenceError `bad-pattern`, `text-too-long`.
 */
export function findPattern(
  source: string,
  text: string,
  options: PatternOptions,
): readonly [string, ...(string | null)[]] | null {
  const pattern = compile(source, options);
  const stepsEach = Math.max(pattern.programSize(), 16) * Math.max(1, pattern.groupCount() / groupsOfOneStep);
  const longest = Math.floor(budget / stepsEach);
  if (text.length > longest)
    throw new EvidenceError(
      'text-too-long',
      `expected a text of at most ${longest} characters for the pattern ${JSON.stringify(source)}, got ${text.length}; shorten the pattern, or what it looks at`,
    );
  const lines = source.includes('\\r')
    ? text
    : text.replaceAll('\r\n', '\n').replaceAll(/[\r\u2028\u2029]/g, '\n');
  const matcher = pattern.matcher(lines);
  if (!matcher.find()) return null;
  const groups = Array.from({ length: pattern.groupCount() }, (_, index) => matcher.group(index + 1) ?? null);
  return [matcher.group(0) ?? '', ...groups];
}

/** Whether a pattern is found in a text. Throws as `findPattern`. */
export function matchesPattern(source: string, text: string, options: PatternOptions): boolean {
  return findPattern(source, text, options) !== null;
}

function compile(source: string, { lines }: PatternOptions): RE2JS {
  assertWritten(source);
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(RE2JS.translateRegExp(source), lines ? RE2JS.MULTILINE : 0);
  } catch (cause) {
    throw refuse(
      source,
      `a regular expression of RE2 (no look-around, no back references, \\p{…} by short names, at most 1000 repeats)`,
      cause,
    );
  }
  if (pattern.programSize() > largest)
    throw refuse(
      source,
      `a regular expression of at most ${largest} instructions of RE2 (here: ${pattern.programSize()})`,
    );
  return pattern;
}

/** In JavaScript's own grammar as well, in which plans have always been written; its named back references are no error to RE2. */
function assertWritten(source: string): void {
  if (source.length > longestSource)
    throw refuse(source, `a regular expression of at most ${longestSource} characters`);
  try {
    new RegExp(source, 'u');
  } catch (cause) {
    throw refuse(source, 'a regular expression', cause);
  }
  if (/^(?:[^\\]|\\[^k])*\\k/s.test(source))
    throw refuse(source, 'a regular expression without back references');
}

function refuse(source: string, expected: string, cause?: unknown): EvidenceError {
  const said = cause instanceof Error ? ` (${cause.message.split('\n')[0]})` : '';
  return new EvidenceError(
    'bad-pattern',
    `expected ${expected}, got ${JSON.stringify(source.slice(0, 300))}${said}; write it without that`,
    { cause },
  );
}
