// How far a run is and what it waits for now.
import { missingApprovals } from '../../approval/policy.ts';
import type { RunState } from '../../run/state.ts';
import type { ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { gateName } from './gate-name.ts';
import { clock, utc } from './measures.ts';

/** `▓▓▓▓▓░░░░░ 5 of 10 gates`. */
export function progressBar(run: RunState): string {
  const done = run.gates.filter(({ status }) => status !== 'pending' && status !== 'queued').length;
  const width = 20;
  const filled = run.gates.length === 0 ? 0 : Math.round((done / run.gates.length) * width);
  return `${'▓'.repeat(filled)}${'░'.repeat(width - filled)} ${done} of ${run.gates.length} gates`;
}

/** One line of mrkdwn. It may mention approvers, so it is for the root message only. */
export function waitsFor(run: RunState, { unservedRoles, progress, held }: ViewContext): string {
  if (run.finished) return 'nothing; the run is finished';
  const queued = run.gates.find(({ status }) => status === 'queued');
  if (queued) {
    const { gate, queuedAt } = queued;
    const since = queuedAt === null ? '' : `, since ${clock(queuedAt)}`;
    const said = progress ? `: ${plain(progress)}` : '';
    const unserved = unservedRoles.has(gate.role)
      ? `. :warning: No worker serves the role ${code(gate.role)}; start one`
      : '';
    return `${gateName(run, gate)} on a ${code(gate.role)} worker${since}${said}${unserved}`;
  }
  if (run.aborted) return 'its end; it was aborted';
  if (held) return plain(held);
  const { approval } = run;
  if (approval?.status === 'waiting') {
    const missing = missingApprovals(run.plan.approval, approval.approvals);
    return `approval in the thread, until ${utc(approval.expiresAt)}: ${missing.join('; ')}`;
  }
  return 'the next gate';
}
