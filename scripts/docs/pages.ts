// The pages that are written from the code, so that they cannot say anything else.
import { withSchema } from './attestation-schema.ts';
import { gateReference } from './gate-reference.ts';
import { planReference } from './plan-reference.ts';

export interface Page {
  readonly file: string;
  /** The page as it should be, from the page as it is. */
  readonly render: (now: string) => string;
}

export const pages: readonly Page[] = [
  { file: 'docs/plans.md', render: planReference },
  { file: 'docs/gates.md', render: gateReference },
  { file: 'docs/attestation.md', render: withSchema },
];
