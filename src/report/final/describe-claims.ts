// Sections 4 and 7: the plan's claims, each with what it rests on. Pure.
import type { RunState } from '../../run/state.ts';
import {
  forbiddenWords,
  type JudgedClaim,
  judgeForbiddenActions,
  judgePassCriteria,
} from '../judge-claim.ts';
import { code, prose, table } from '../markdown.ts';

export function describePassCriteria(run: RunState): string {
  const judged = judgePassCriteria(run);
  if (judged.length === 0) return 'The plan names no criteria beyond its gates.';
  const words = {
    holds: 'holds',
    'does-not-hold': 'does not hold',
    'not-evidenced': 'not evidenced',
  } as const;
  const met = judged.filter(({ status }) => status === 'holds').length;
  const rolledBack = run.rollback
    ? ' They were judged on what the gates saw, before the rollback; section 1 says what is live now.'
    : '';
  return `${met} of ${judged.length} hold.${rolledBack}\n\n${claimTable('Criterion', judged, words)}`;
}

/** "not done" only where something supports it; what it rests on stands beside it. */
export function describeForbiddenActions(run: RunState): string {
  const judged = judgeForbiddenActions(run);
  if (judged.length === 0) return 'The plan forbids nothing by name.';
  return claimTable('Forbidden', judged, forbiddenWords);
}

function claimTable(
  name: string,
  judged: readonly JudgedClaim[],
  words: Record<JudgedClaim['status'], string>,
): string {
  const rows = judged.map((claim) => [
    `${prose(claim.title)} (${code(claim.id)})`,
    words[claim.status],
    grounds(claim),
  ]);
  return table([name, 'Status', 'Rests on'], rows);
}

function grounds({ status, restsOn, missing, supports = [] }: JudgedClaim): string {
  if (status === 'not-evidenced') return `nothing yet: ${missing.map(prose).join('; ')}`;
  const against = restsOn.map(prose).join('; ');
  return supports.length === 0 ? against : `${against}. In its favour: ${supports.map(prose).join('; ')}`;
}
