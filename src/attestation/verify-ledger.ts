// The bundle against the ledger that it names: what was signed must be what the events say. Pure, but for the verifier it is given.
import canonicalize from 'canonicalize';
import { z } from 'zod';
import { quorumReached } from '../approval/policy.ts';
import { planDigest } from '../plan/digest.ts';
import { approvalSubject, digestOfSubject } from '../run/approval-subject.ts';
import { parseRunEvent, type RunEvent } from '../run/events.ts';
import { foldRun, type RunState } from '../run/state.ts';
import { AttestationError } from './attestation-error.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';
import { describeDeployment } from './describe-deployment.ts';
import type { ReadBundle } from './read-bundle.ts';

/** Verifies the hash chain of an exported ledger; src/ledger/verify-lines.ts is one. */
export type LedgerVerifier = (
  text: string,
) => { readonly ok: true } | { readonly ok: false; readonly message: string };

const lineSchema = z.object({
  stream: z.string(),
  seq: z.int(),
  at: z.string(),
  type: z.string(),
  data: z.unknown(),
  hash: z.string(),
});

/** Everything that a verifier can rebuild. Words of evidence may change from version to version, so they are not compared. */
const rebuilt = [
  'run',
  'plan',
  'mode',
  'operation',
  'gates',
  'approval',
  'approvals',
  'voided',
  'freezeOverrides',
  'lockBroken',
  'verdict',
  'outcome',
  'reason',
  'probes',
  'delivered',
  'rollbackAnchor',
  'restored',
] as const;

export function verifyAgainstLedger(
  { deployment }: ReadBundle,
  text: string,
  verify: LedgerVerifier,
): string[] {
  const { predicate } = deployment;
  const chain = verify(text);
  if (!chain.ok)
    throw new AttestationError('ledger-chain', `expected an unbroken ledger, got: ${chain.message}`);
  const lines = ledgerLinesOf(text);
  const end = lines.findIndex(({ hash }) => hash === predicate.ledgerHead);
  if (end === -1)
    throw new AttestationError(
      'ledger-head',
      `expected a ledger that holds the head ${predicate.ledgerHead}, got one of ${lines.length} events that ends in ${lines.at(-1)?.hash}; it is cut off, or of another run`,
    );
  const stream = lines[0]?.stream ?? '';
  if (stream !== predicate.run.id)
    throw new AttestationError(
      'ledger-mismatch',
      `expected the ledger of the run ${predicate.run.id}, got that of ${stream}`,
    );
  const events = lines.map(readEvent);
  const run = fold(predicate.run.id, events.slice(0, end + 1));
  const approved = verifyApprovalDigest(run, events.slice(0, end + 1));
  verifyRebuilt(predicate, run);
  verifyAfterwards(predicate, events.slice(end + 1));
  return [
    `the ledger ${stream} is an unbroken chain of ${lines.length} events, and holds the signed head ${predicate.ledgerHead} as event ${end + 1}`,
    ...approved,
    `what was signed is what the ledger says: ${rebuilt.join(', ')}, how each claim was judged, and the gaps of the lineage`,
  ];
}

/** Lines of a ledger whose chain was verified, each with its hash. */
export function ledgerLinesOf(text: string): z.infer<typeof lineSchema>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => lineSchema.parse(JSON.parse(line)));
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

function readEvent(line: z.infer<typeof lineSchema>): RunEvent {
  try {
    return parseRunEvent(line);
  } catch (cause) {
    throw new AttestationError(
      'ledger-mismatch',
      `expected event ${line.seq} to be a run event of this version, got one of type ${line.type} that is not`,
      { cause },
    );
  }
}

function fold(runId: string, events: readonly RunEvent[]): RunState {
  try {
    return foldRun(runId, events);
  } catch (cause) {
    throw new AttestationError(
      'ledger-mismatch',
      'expected the events of one run from its request on, got others',
      { cause },
    );
  }
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

function verifyRebuilt(signed: DeploymentPredicate, run: RunState): void {
  if (planDigest(run.plan) !== run.planDigest)
    throw new AttestationError(
      'ledger-mismatch',
      `expected the plan in the ledger to have the digest ${run.planDigest}, got ${planDigest(run.plan)}`,
    );
  const expected = describeDeployment(run, signed);
  const claims = ({ passCriteria, forbiddenActions }: DeploymentPredicate) => ({
    passCriteria: passCriteria.map(({ id, title, holds }) => ({ id, title, holds })),
    forbiddenActions: forbiddenActions.map(({ id, title, claim }) => ({ id, title, claim })),
  });
  const gaps = (predicate: DeploymentPredicate) =>
    predicate.gaps.map(({ id, title, status, scope, carried, changes }) => ({
      ...{ id, title, status, scope, carried },
      changes: changes.map(({ from, to, by, at }) => ({ from, to, by, at })),
    }));
  const pairs = [
    ...rebuilt.map((field) => [field, signed[field], expected[field]] as const),
    ['claims', claims(signed), claims(expected)] as const,
    ['gaps', gaps(signed), gaps(expected)] as const,
  ];
  for (const [field, said, found] of pairs) {
    if (canonicalize(said) !== canonicalize(found)) {
      throw new AttestationError(
        'ledger-mismatch',
        `expected ${field} as the ledger has it (${brief(found)}), got ${brief(said)}`,
      );
    }
  }
}

/** Events after the signing may only close the run, with the verdict that was signed; then it may be ruled on. */
function verifyAfterwards({ verdict }: DeploymentPredicate, events: readonly RunEvent[]): void {
  let hasEnded = false;
  for (const event of events) {
    // What people say of it afterwards is theirs; verify-ruling.ts holds a signed ruling against it.
    if (hasEnded && event.type === 'run.ruled') continue;
    if (event.type === 'approval.voted' || (event.type === 'gate.finished' && event.data.gate === 'report'))
      continue;
    if (!hasEnded && event.type === 'run.finished' && event.data.verdict === verdict) {
      hasEnded = true;
      continue;
    }
    const what = event.type === 'run.finished' ? `run.finished with ${event.data.verdict}` : event.type;
    throw new AttestationError(
      'ledger-mismatch',
      `expected the run to end with ${verdict} after it was signed, got ${what}; ask for the bundle that was signed after event ${event.seq}`,
    );
  }
}

function brief(value: unknown): string {
  const text = canonicalize(value) ?? '';
  return text.length > 200 ? `${text.slice(0, 199)}…` : text;
}
