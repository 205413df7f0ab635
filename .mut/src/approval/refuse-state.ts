// Why an act comes too early, too late or for nothing, by the state of the run. Pure.
import type { Reason } from '../run/gate-result.ts';
import type { RunState } from '../run/state.ts';
import type { Act, Scene } from './authorize.ts';

/** Null when the state permits it. */
export function refusalOfState(
  act: Act,
  actor: { readonly id: string; readonly name: string },
  { run, notStarted = null }: Scene,
): Reason | null {
  switch (act) {
    case 'request':
    case 'rollback':
    case 'tidy':
      return notStarted;
    case 'request-dry-run':
    case 'verify':
    case 'tidy-dry-run':
    case 'disable':
    case 'enable':
      return null;
    case 'approve':
    case 'reject':
      return run ? refusalOfVote(run) : noRun;
    case 'withdraw':
      return run ? refusalOfWithdrawal(run, actor.id) : noRun;
    case 'abort':
      return run ? (finished(run) ?? signing(run)) : noRun;
    // Also while it is signed: a run that hangs there must not hold its target.
    case 'unlock':
      return run ? finished(run) : noRun;
    case 'override-freeze':
      return run
        ? (finished(run) ??
            signing(run) ??
            (run.pointOfNoReturn
              ? { code: 'closed', text: 'Promote has begun; no freeze holds it up.' }
              : null))
        : noRun;
    case 'publish':
    case 'rule':
      if (!run) return noRun;
      return run.finished
        ? null
        : {
            code: 'not-finished',
            text: `Run ${run.runId} is not finished; its report is made when it ends.`,
          };
  }
}

const noRun: Reason = { code: 'unknown-run', text: 'There is no such run; /runs lists them.' };

function finished({ runId, finished: end }: RunState): Reason | null {
  return end ? { code: 'finished', text: `Run ${runId} is finished (${end.verdict}).` } : null;
}

/** What is signed must not be followed by another word on the run: nothing but its end may come once the report is made. */
function signing({ runId, gates }: RunState): Reason | null {
  return gates.some(({ gate, attempt }) => gate.kind === 'report' && attempt > 0)
    ? { code: 'closed', text: `Run ${runId} is being signed; it ends in a moment.` }
    : null;
}

function refusalOfVote(run: RunState): Reason | null {
  const closed = (text: string): Reason => ({ code: 'closed', text });
  const { approval, aborted, lockBroken, pointOfNoReturn } = run;
  if (!approval) return { code: 'no-approval', text: 'This run asks for no approval.' };
  if (run.finished || aborted || lockBroken) return closed('This run waits for no votes any more.');
  if (pointOfNoReturn) return closed('It is decided: what was approved has begun.');
  const late = signing(run);
  if (late) return late;
  if (approval.status === 'waiting' || approval.status === 'granted') return null;
  return closed(
    approval.status === 'voided'
      ? 'What this asked for is void; look at the newest request in the thread.'
      : `This approval is ${approval.status}; start the run anew.`,
  );
}

function refusalOfWithdrawal(run: RunState, id: string): Reason | null {
  const { approval, finished: end } = run;
  if (!approval || end || signing(run))
    return { code: 'closed', text: 'This run waits for no votes any more.' };
  return approval.approvals.some(({ approver }) => approver.id === id)
    ? null
    : { code: 'closed', text: 'There is no consent of yours to withdraw.' };
}
