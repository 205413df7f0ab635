// What came of trying several ways to do one thing on a host.
import { readFields } from './commands/read-fields.ts';
import type { CommandResult } from './host.ts';
import { HostError } from './host-error.ts';
import { unreadable } from './run-ok.ts';

/** The outcome of one way on one host. */
export interface Trial<Way extends string> {
  readonly way: Way;
  readonly outcome: 'works' | 'absent' | 'fails';
  /** What the program said, when it failed. */
  readonly why: string;
}

/**
 * Reads three fields a trial: way, outcome, and what the program said. Gives the first of `ways`, in their order, that works.
 * Throws `exchange-unavailable` when none does; `needed` says then what is missing and what to do.
 */
export function parseTrials<Way extends string>(
  result: CommandResult,
  ways: readonly Way[],
  needed: { readonly what: string; readonly next: string },
): { way: Way; trials: Trial<Way>[] } {
  const trials = readFields(result, 3).map(([name = '', outcome = '', why = '']): Trial<Way> => {
    const way = ways.find((each) => each === name);
    const known = (['works', 'absent', 'fails'] as const).find((each) => each === outcome);
    if (way === undefined || known === undefined) throw unreadable(result, 'a trial', `${name} ${outcome}`);
    return { way, outcome: known, why: why.trim() };
  });
  const works = trials.find(({ outcome }) => outcome === 'works');
  if (works) return { way: works.way, trials };
  const each = trials
    .map(({ way, outcome, why }) => `${way}: ${outcome}${why === '' ? '' : ` (${why})`}`)
    .join('; ');
  throw new HostError('exchange-unavailable', `expected ${needed.what}, got none: ${each}. ${needed.next}`, {
    host: result.host,
    result,
  });
}
