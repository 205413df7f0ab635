/** A gate's check in the making: same words, no evidence yet. */
export interface Assertion {
  /** Letters, digits and "-", as the plan's claims name it. */
  readonly id: string;
  readonly title: string;
  readonly status: Status;
  readonly expected: string;
  readonly actual: string;
}
export type Status = 'pass' | 'fail' | 'inconclusive';

export function assertion(
  id: string,
  title: string,
  status: Status,
  expected: string,
  actual: string,
): Assertion {
  return { id: id.replaceAll(/[^a-z0-9-]/gi, '-'), title, status, expected, actual };
}
