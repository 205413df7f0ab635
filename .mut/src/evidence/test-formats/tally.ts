/** One test that did not pass. */
export type TestFailure = { readonly name: string; readonly message: string };

/** Why a report cannot be taken as a count of tests. */
export type UnreadableCode =
  /** Not the format that was announced. */
  | 'unreadable'
  /** It ends before its own summary or plan. */
  | 'incomplete'
  /** Its own numbers contradict what it lists. */
  | 'inconsistent'
  /** It is whole and lists no test. */
  | 'no-tests';

export type TestCounts = {
  readonly ok: true;
  /** passed + failed + skipped + todo. */
  readonly total: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly todo: number;
  /** Full names, in the report's order, where the format has them. */
  readonly names?: readonly string[];
  readonly failures: readonly TestFailure[];
};

export type TestResults =
  | TestCounts
  | { readonly ok: false; readonly code: UnreadableCode; readonly reason: string };

export function unreadable(code: UnreadableCode, reason: string): TestResults {
  return { ok: false, code, reason };
}

export type TestOutcome = 'passed' | 'failed' | 'skipped' | 'todo';

const LONGEST_MESSAGE = 2000;

/** Counts tests one by one; a test is a leaf, what groups tests is none. */
export class Tally {
  readonly #counts = { passed: 0, failed: 0, skipped: 0, todo: 0 };
  readonly #names: string[] = [];
  readonly #failures: TestFailure[] = [];

  add(name: string, outcome: TestOutcome, message = ''): void {
    this.#counts[outcome] += 1;
    this.#names.push(name);
    if (outcome === 'failed')
      this.#failures.push({ name, message: message.trim().slice(0, LONGEST_MESSAGE) });
  }

  count(outcome: TestOutcome): number {
    return this.#counts[outcome];
  }

  get total(): number {
    return this.#names.length;
  }

  /** The counts; `no-tests` when nothing was counted: an empty run proves nothing. */
  results(): TestResults {
    if (this.total === 0) return unreadable('no-tests', 'expected at least one test in the report, got none');
    return {
      ok: true,
      total: this.total,
      ...this.#counts,
      names: [...this.#names],
      failures: [...this.#failures],
    };
  }
}
