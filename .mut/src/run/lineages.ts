// Reads what the finished runs of every lineage have said of gaps, and how they were ruled on. A finished run is read once,
// and again when a ruling has followed.
import { registerOf, requiredRulingsOf } from '../gaps/register.ts';
import type { GapRow, RequiredRuling } from '../gaps/schema.ts';
import { type Contribution, contributionOf } from '../gaps/steps.ts';
import { restsOn } from '../gaps/take-out.ts';
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
  /** Gaps of all lineages but this one that rest on evidence of these runs. */
  restingOn(runs: readonly string[], but: string): Promise<{ lineage: string; gaps: GapRow[] }[]>;
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

  async function all(): Promise<LineageView[]> {
    const every = await contributions();
    return [...Map.groupBy(every, ({ lineage }) => lineage)]
      .map(([lineage, runs]) => ({ lineage, runs: runs.length, gaps: registerOf(lineage, every) }))
      .toSorted((a, b) => (a.lineage < b.lineage ? -1 : 1));
  }

  return {
    all,
    async carriedInto(plan) {
      const every = await contributions();
      const own = every.filter(({ lineage }) => lineage === plan.lineage);
      return { gaps: [...registerOf(plan.lineage, every)], requiredRulings: requiredRulingsOf(plan, own) };
    },
    async restingOn(runs, but) {
      return (await all()).flatMap(({ lineage, gaps }) => {
        const found = gaps.filter((row) => runs.some((run) => restsOn(row, run)));
        return lineage === but || found.length === 0 ? [] : [{ lineage, gaps: found }];
      });
    },
  };
}
