// Looks at the gaps of the lineage: those that must be closed by now, and those under which a run may go on as partial.
// Runs in the control plane, on the run's own ledger.
import { type MatrixRow, matrixIfPassed, openAmong } from '../src/gaps/matrix.ts';
import type { Gate } from '../src/gate/context.ts';
import { requireControl } from '../src/gate/control-tools.ts';
import { parametersOf } from '../src/gate/parameters.ts';
import { wordOf } from '../src/plan/criteria-of.ts';
import type { GapReviewFacts } from '../src/run/facts-of-findings.ts';

export const gapReview: Gate = {
  kind: 'gap-review',
  async run(context): Promise<GapReviewFacts> {
    const { record, job } = context;
    const { mustBeClosed, partialWhileOpen } = parametersOf(context, 'gap-review');
    const rows = matrixIfPassed(await requireControl(context).run());
    const seen = (id: string) => rows.find((row) => row.id === id);
    for (const id of mustBeClosed)
      record.check(`closed-${wordOf(id)}`, `the gap ${id} is closed`, isClosed(seen(id)), {
        expected: 'closed',
        actual: describe(seen(id)),
      });
    for (const gap of partialWhileOpen)
      record.check(`open-${wordOf(gap)}`, `the gap ${gap} is not in the way`, isClosed(seen(gap)), {
        expected: 'closed, or the run is partial',
        actual: describe(seen(gap)),
        otherwise: 'partial',
        gap,
      });
    record.check('register', `the gap register of the lineage ${job.plan.lineage} was read`, true, {
      actual: `${rows.length} gaps, ${openAmong(rows).length} of them not closed`,
    });
    return {
      gaps: rows.map((row) => ({ id: row.id, title: row.title, status: statusOf(row), scope: row.scope })),
    };
  },
};

function isClosed(row: MatrixRow | undefined): boolean {
  return row?.status === 'closed';
}

/** What this run has evidence for is closed only once it has ended well. */
function statusOf({ status, changes }: MatrixRow): string {
  return changes.some(({ by }) => by === 'evidence') ? `${status}, if this run ends PASS or PARTIAL` : status;
}

function describe(row: MatrixRow | undefined): string {
  if (!row) return 'no run of the lineage has disclosed a gap of that id';
  const why = row.evidence.length > 0 ? `: ${row.evidence.join('; ')}` : '';
  return `${statusOf(row)} (${row.title})${why}`;
}
