// The bundle against the ledger that it names: what was signed must be what the events say. Pure, but for the verifier it is given.
import { z } from 'zod';
import { quorumReached } from '../approval/policy.ts';
import { approvalSubject, digestOfSubject } from '../run/approval-subject.ts';
import type { RunEvent } from '../run/events.ts';
import type { RunState } from '../run/state.ts';
import { AttestationError } from './attestation-error.ts';
import type { ReadBundle } from './read-bundle.ts';
import { fold, ledgerLinesOf, type SignedLedger } from './signed-ledger.ts';
import { verifyAfterwards } from './verify-afterwards.ts';
import { verifyRebuilt } from './verify-rebuilt.ts';
import { verifySigningTime } from './verify-times.ts';

export function verifyAgainstLedger(bundle: ReadBundle, bundleText: string, ledger: SignedLedger): string[] {
  const { run, signed, afterwards } = ledger;
  const { ledgerHead } = bundle.deployment.predicate;
  return [
    `the ledger ${run.runId} is an unbroken chain of ${signed.length + afterwards.length} events, and holds the signed head ${ledgerHead} as event ${signed.length}`,
    ...verifyApprovalDigest(run, signed),
    verifyRebuilt(bundle, ledger),
    verifySigningTime(bundle, ledger),
    ...verifyAfterwards(bundle, bundleText, ledger),
  ];
}

const requestedSchema = z.object({
  plan: z.object({
    target: z.unknown().optional(),
    targets: z.record(z.string(), z.unknown()).default({}),
  }),
});

/** Whether the plan of a run has a live path at all, by the first event of its ledger. */
export function hasTarget(text: string): boolean {
  const requested = requestedSchema.safeParse(ledgerLinesOf(text)[0]?.data);
  if (!requested.success) return true;
  const { target, targets } = requested.data.plan;
  return target !== undefined || Object.keys(targets).length > 0;
}

/** Of a ledger whose chain was verified: whose it is, and the hash of each event. */
export function ledgerHashes(text: string): { stream: string; hashes: string[] } {
  const lines = ledgerLinesOf(text);
  return { stream: lines[0]?.stream ?? '', hashes: lines.map(({ hash }) => hash) };
}

/** The digest that people approved, recomputed from the events before they were asked. */
function verifyApprovalDigest(run: RunState, events: readonly RunEvent[]): string[] {
  if (!run.approval) return [];
  const asked = events.findLastIndex(({ type }) => type === 'approval.requested');
  const recomputed = digestOfSubject(approvalSubject(fold(run.runId, events.slice(0, asked))));
  const shown = digestOfSubject(run.approval.subject);
  for (const digest of [shown, recomputed]) {
    if (digest !== run.approval.digest)
      throw new AttestationError(
        'approval-digest',
        `expected the approval to be of ${digest}, recomputed from the ledger, got ${run.approval.digest}`,
      );
  }
  if (run.pointOfNoReturn !== null && !quorumReached(run.plan.approval, run.approval.approvals)) {
    throw new AttestationError(
      'approval-missing',
      'expected the quorum of every group before the point of no return, got fewer approvals',
    );
  }
  const asksForCodes = run.plan.approval.secondFactor !== 'none';
  const without = run.approval.approvals.find(({ factor }) => factor === null);
  if (asksForCodes && without)
    throw new AttestationError(
      'approval-missing',
      `expected every consent to come with a second factor, as the plan asks, got none with that of ${without.approver.name}`,
    );
  const quorum = run.pointOfNoReturn === null ? '' : ', and every group had its quorum';
  const factors = asksForCodes ? ', each consent with a second factor' : '';
  return [
    `the approved digest ${recomputed} is that of the gates’ results before the request${quorum}${factors}`,
  ];
}
