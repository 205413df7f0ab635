// How far a run is and what it waits for now.
import { missingApprovals } from '../../approval/policy.ts';
import { observationsOf, owedLook } from '../../run/observation.ts';
import type { RunState } from '../../run/state.ts';
import { cutOffGate } from '../../run/try-again.ts';
import type { ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { gateName } from './gate-name.ts';
import { clock, count, utc } from './measures.ts';

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
  const queued = [...run.gates, ...run.looks].find(({ status }) => status === 'queued');
  const blind = observationsOf(run).find(({ live }) => live === 'not-known');
  // Until the first answer a look is a gate like others; then people have to know what the run is held up by.
  if (blind && blind.inVain > 0)
    return `an answer of ${code(blind.host)}, which was asked ${count(blind.inVain, 'time')}. What ${code(blind.livePath)} holds is not known since ${utc(blind.at)}. It is asked again until it answers; ${code(`/runs abort ${run.runId}`)} ends the run without knowing. ${plain(blind.reason?.text ?? '')}`;
  const again = owedLook(run) ?? cutOffGate(run);
  if (!queued && again) return `another attempt of ${gateName(run, again.gate)}`;
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
