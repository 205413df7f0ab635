/** What `write verify` claims of a cut, each measured in the database and recorded as held or not. */
export const VERIFY_CLAIMS = ['units-present', 'digests-equal', 'nothing-else-changed'] as const;
export type VerifyClaim = (typeof VERIFY_CLAIMS)[number];
