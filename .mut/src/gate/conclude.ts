// From a gate's criteria to its status. Pure.
import type { Check, GateStatus, Reason } from '../run/gate-result.ts';

const gravest = ['fail', 'inconclusive', 'blocked', 'partial'] as const;

/** The gravest criterion decides; a gate that decided no criterion proved nothing. */
export function concludeGate(checks: readonly Check[]): { status: GateStatus; reason: Reason | null } {
  if (checks.length === 0)
    return {
      status: 'inconclusive',
      reason: { code: 'no-criteria', text: 'The gate decided no criterion.' },
    };
  for (const status of gravest) {
    const found = checks.filter((check) => check.status === status);
    const [first] = found;
    if (!first) continue;
    const more =
      found.length > 1
        ? ` (and ${found.length - 1} more: ${found
            .slice(1)
            .map(({ title }) => title)
            .join('; ')})`
        : '';
    const expected = first.expected === undefined ? '' : `expected ${first.expected}, got `;
    return {
      status,
      reason: {
        code: first.id.toLowerCase(),
        text: `${first.title}: ${expected}${first.actual}${first.gap === undefined ? '' : ` (known gap ${first.gap})`}${more}`,
      },
    };
  }
  return { status: 'pass', reason: null };
}

/** Criteria whose failing the plan has disclosed as a part of a gap do not hold, but fail nothing. */
export function tolerate(
  checks: readonly Check[],
  tolerates: readonly { readonly check: string; readonly gap: string }[],
): Check[] {
  return checks.map((check) => {
    const known = tolerates.find(({ check: id }) => id === check.id);
    return known && check.status === 'fail' ? { ...check, status: 'partial', gap: known.gap } : check;
  });
}

/** Criteria of a precondition: what does not hold was not tried, so nothing has failed. */
export function requireBefore(checks: readonly Check[]): Check[] {
  return checks.map((check) => (check.status === 'fail' ? { ...check, status: 'blocked' } : check));
}
