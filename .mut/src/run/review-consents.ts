// Before anything becomes irrevocable: whether everybody who consented may still consent.
import { authorize, type Scene } from '../approval/authorize.ts';
import { type Actor, isOneOf } from '../approval/identity.ts';
import type { Consent } from './approval-state.ts';
import type { Coordinator } from './coordinator.ts';
import type { NewEvent } from './events.ts';
import type { Reason } from './gate-result.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { PendingDecisionError } from './pending-decision.ts';
import type { RunState } from './state.ts';

/**
 * Looks up everybody whose consent stands, and the channel, anew; takes back the consents of those who may not give one any
 * more. Throws when that cannot be known now: then nothing may go on.
 */
export async function reviewConsents(
  runId: string,
  { coordinator, gatekeeper }: { coordinator: Pick<Coordinator, 'state' | 'record'>; gatekeeper: Gatekeeper },
): Promise<void> {
  const run = await coordinator.state(runId);
  for (const { approver, factor } of run?.approval?.approvals ?? []) {
    if (!run) return;
    const { actor, scene } = await gatekeeper.facts({ ...approver, channel: run.channel }, run.plan);
    await coordinator.record(runId, (fresh) => judgeConsent(fresh, { approver, factor }, actor, scene));
  }
}

/**
 * What becomes of one consent by what is known of its giver now. Pure. Throws a PendingDecisionError when something has to be
 * known that could not be read.
 */
export function judgeConsent(
  run: RunState,
  { approver, factor }: Pick<Consent, 'approver' | 'factor'>,
  actor: Actor,
  scene: Omit<Scene, 'run'>,
): NewEvent[] {
  const { approval } = run;
  const consent = approval?.approvals.find((each) => each.approver.id === approver.id);
  if (!approval || !consent || run.pointOfNoReturn !== null) return [];
  const authority = authorize(actor, 'approve', {
    ...scene,
    run,
    // Its code was used up when the consent was given.
    ...(factor === null ? {} : { secondFactor: 'valid' as const }),
  });
  const groups = authority.allowed ? consent.groups.filter((each) => authority.groups.includes(each)) : [];
  if (groups.length === consent.groups.length) return [];
  const refusal = authority.allowed ? leftGroups(consent, groups, actor, run) : authority.refusal;
  if (refusal.code === 'user-group-unreadable' || refusal.code === 'unknown-channel')
    throw new PendingDecisionError(refusal.text);
  return [{ type: 'approval.lapsed', data: { digest: approval.digest, voter: approver, groups, refusal } }];
}

function leftGroups(
  { approver, groups }: Consent,
  still: readonly string[],
  actor: Actor,
  { plan }: RunState,
): Reason {
  const left = groups.filter((each) => !still.includes(each));
  const isUnread = (group: string) =>
    actor.kind === 'person' && isOneOf(plan.approval.groups[group]?.members ?? [], actor.identity) === null;
  if (left.some(isUnread))
    return {
      code: 'user-group-unreadable',
      text: `Whether ${approver.name} is still in ${left.join(', ')} could not be read from Slack.`,
    };
  return {
    code: 'left-group',
    text: `${approver.name} is no longer in ${left.join(', ')}, and the consent no longer counts there.`,
  };
}
