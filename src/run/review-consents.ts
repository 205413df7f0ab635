// Before anything becomes irrevocable: whether everybody who consented may still consent.
import { authorize } from '../approval/authorize.ts';
import type { Coordinator } from './coordinator.ts';
import type { NewEvent } from './events.ts';
import type { Gatekeeper } from './gatekeeper.ts';
import { PendingDecisionError } from './pending-decision.ts';

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
    await coordinator.record(runId, (fresh): NewEvent[] => {
      const { approval } = fresh;
      const stands = approval?.approvals.some((each) => each.approver.id === approver.id);
      if (!approval || !stands || fresh.pointOfNoReturn !== null) return [];
      const authority = authorize(actor, 'approve', {
        ...scene,
        run: fresh,
        // Its code was used up when the consent was given.
        ...(factor === null ? {} : { secondFactor: 'valid' as const }),
      });
      if (authority.allowed) return [];
      const { refusal } = authority;
      if (refusal.code === 'user-group-unreadable' || refusal.code === 'unknown-channel')
        throw new PendingDecisionError(refusal.text);
      return [{ type: 'approval.lapsed', data: { digest: approval.digest, voter: approver, refusal } }];
    });
  }
}
