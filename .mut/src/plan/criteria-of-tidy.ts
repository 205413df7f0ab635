// What a tidy decides; see src/plan/criteria.ts.
import type { Criterion } from './criterion.ts';

const whenItRemoves: NonNullable<Criterion['only']> = { when: 'it removes', by: () => true };

export const criteriaOfTidy: readonly Criterion[] = [
  { id: 'listed', holds: 'everything that lies beside the live path under a name of ours was looked at' },
  {
    id: 'live-known',
    holds: 'what is live is what the last look or the last exchange says',
    only: whenItRemoves,
  },
  { id: 'removed', holds: 'what was provably no way back is gone', only: whenItRemoves },
  {
    id: 'way-back',
    holds: 'what is live, and all that is kept, is there as before',
    only: whenItRemoves,
  },
];
