// Reads what the finished runs of every lineage have said of gaps, and how they were ruled on. A finished run is read once,
// and again when a ruling has followed.
import { registerOf, requiredRulingsOf } from '../gaps/register.ts';
import type { GapRow, RequiredRuling } from '../gaps/schema.ts';
import { type Contribution, contributionOf } from '../gaps/steps.ts';
import type { Plan } from '../plan/schema.ts';
import { parseRunEvent } from './events.ts';
import type { LedgerPort } from './ports.ts';
import { foldRun } from './state.ts';
import { controlStream } from './switch.ts';

export interface LineageView {
  readonly lineage: string;
  /** Finished runs that it has. */
  readonly runs: number;
  readonly gaps: readonly GapRow[];
}

export interface Lineages {
  /** Every lineage that has a finished run, by name. */
  all(): Promise<LineageView[]>;
  /** What a run of this plan carries in when it is asked for now. */
  carriedInto(plan: Plan): Promise<{ gaps: GapRow[]; requiredRulings: RequiredRuling[] }>;
}

/** More than any ledger has. */
const everyStream = 1_000_000_000;

export function openLineages(ledger: Pick<LedgerPort, 'read' | 'streams'>): Lineages {
  const known = new Map<string, { readonly seq: number; readonly contribution: Contribution | null }>();

  async function read(stream: string, seq: number): Promise<Contribution | null> {
    const before = known.get(stream);
    if (before?.seq === seq) return before.contribution;
    const run = foldRun(stream, (await ledger.read(stream)).map(parseRunEvent));
    const contribution = contributionOf(run);
    known.set(stream, { seq: run.seq, contribution });
    return contribution;
  }

  async function contributions(): Promise<Contribution[]> {
    const found: Contribution[] = [];
    for (const { stream, head } of await ledger.streams({ limit: everyStream })) {
      const contribution = stream === controlStream ? null : await read(stream, head.seq);
      if (contribution) found.push(contribution);
    }
    return found;
  }

  return {
    async all() {
      const byLineage = Map.groupBy(await contributions(), ({ lineage }) => lineage);
      return [...byLineage]
        .map(([lineage, runs]) => ({ lineage, runs: runs.length, gaps: registerOf(runs) }))
        .toSorted((a, b) => (a.lineage < b.lineage ? -1 : 1));
    },
    async carriedInto(plan) {
      const own = (await contributions()).filter(({ lineage }) => lineage === plan.lineage);
      return { gaps: [...registerOf(own)], requiredRulings: requiredRulingsOf(plan, own) };
    },
  };
}
