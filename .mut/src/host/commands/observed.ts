/** Something that a host may lack altogether, which is an observation too. */
export type Observed<T> =
  | { readonly state: 'present'; readonly value: T }
  | {
      readonly state: 'absent';
      /** `no-tool`: its program is not installed; `not-running`: its daemon is not there; `no-path`: nothing is at the path. */
      readonly reason: AbsenceReason;
    };

export const ABSENCE_REASONS = ['no-tool', 'not-running', 'no-path'] as const;
export type AbsenceReason = (typeof ABSENCE_REASONS)[number];

/** The absence that a script reports in its first field, if it does. */
export function absence(field: string | undefined): { state: 'absent'; reason: AbsenceReason } | undefined {
  const reason = ABSENCE_REASONS.find((each) => each === field);
  return reason === undefined ? undefined : { state: 'absent', reason };
}
