// What a bundle says, checked against itself. Each function returns the claim it verified, or throws AttestationError.
import { fitToHost } from '../run/ending.ts';
import { type Verdict, verdictOf } from '../run/verdict.ts';
import { AttestationError } from './attestation-error.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';
import type { ReadBundle } from './read-bundle.ts';
import { predicateTypes } from './statement.ts';

export function verifyKeyTime({ key, summary }: ReadBundle): string {
  const { keyId, validAfter, validBefore } = key;
  const at = new Date(summary.predicate.timeVerified);
  if ((validAfter && at < validAfter) || (validBefore && at >= validBefore)) {
    const bounds = `${validAfter?.toISOString() ?? 'ever'} to ${validBefore?.toISOString() ?? 'ever'}`;
    throw new AttestationError(
      'key-not-valid-then',
      `expected a signature within the time in which ${keyId} is trusted (${bounds}), got one of ${at.toISOString()}`,
    );
  }
  return `signed at ${at.toISOString()} (by the signer’s clock), within the time in which the key is trusted`;
}

/** Dropped, added, swapped and replaced lines show here: each signature alone would still hold. */
export function verifySiblings({ basis, deployment, summary }: ReadBundle): string {
  const named = deployment.predicate.statements.map(
    ({ predicateType, digest }) => `${predicateType} ${digest}`,
  );
  const found = basis.map(({ statement, digest }) => `${statement.predicateType} ${digest}`);
  requireSame('the deployment', named, found);
  const inputs = summary.predicate.inputAttestations.map(({ digest }) => `sha256:${digest.sha256}`);
  requireSame('the verification summary', inputs, [
    ...basis.map(({ digest }) => digest),
    deployment.payloadDigest,
  ]);
  return `the deployment names the ${basis.length} statements before it, and the summary names all ${basis.length + 1}, by digest and in order`;
}

function requireSame(who: string, named: readonly string[], found: readonly string[]): void {
  const length = Math.max(named.length, found.length);
  for (let index = 0; index < length; index += 1) {
    if (named[index] === found[index]) continue;
    throw new AttestationError(
      'sibling-digest',
      `line ${index + 1}: expected ${named[index] ?? 'no more statements'}, as ${who} names it, got ${found[index] ?? 'no such line'}; a line was dropped, added, moved or replaced`,
    );
  }
}

export function verifySubjects({ lines, deployment }: ReadBundle): string {
  const said = (subjects: typeof deployment.subject) =>
    subjects.map(({ name, digest }) => `${name}, sha256:${digest.sha256}`).join('; ');
  const expected = said(deployment.subject);
  const other = lines.findIndex(({ statement }) => said(statement.subject) !== expected);
  if (other !== -1)
    throw new AttestationError(
      'subject-mismatch',
      `line ${other + 1}: expected the subject ${expected}, got ${JSON.stringify(lines[other]?.statement.subject)}`,
    );
  return `every statement is about ${expected}`;
}

/** The rule that everything else serves: no PASS over a gate that is not `pass`. */
export function verifyVerdict({ deployment, basis }: ReadBundle): string {
  const { verdict, mode, operation, gates, seen } = deployment.predicate;
  const recomputed: Verdict = fitToHost(verdictOf(mode, gates), {
    operation,
    wentBack: gates.some(({ kind, attempt }) => kind === 'rollback' && attempt > 0),
    goesBack: seen?.afterFailure === 'rollback',
    seen: seen?.paths ?? [],
  }).verdict;
  if (verdict !== recomputed) {
    const against = gates.find(({ status }) => status !== 'pass');
    throw new AttestationError(
      'verdict-mismatch',
      `expected the verdict ${recomputed}, which follows from the gates and from what was seen live${against ? ` (${against.id} ${against.title} is ${against.status})` : ''}, got ${verdict}`,
    );
  }
  const failed = basis.find(
    ({ statement }) =>
      statement.predicateType === predicateTypes.testResult && statement.predicate.result !== 'PASSED',
  );
  if (verdict === 'PASS' && failed)
    throw new AttestationError(
      'verdict-mismatch',
      'expected every test result to be PASSED under the verdict PASS, got one that is not',
    );
  return `the verdict ${verdict} follows from the ${gates.length} gates (${countStatuses(gates)})`;
}

function countStatuses(gates: DeploymentPredicate['gates']): string {
  const counts = Map.groupBy(gates, ({ status }) => status);
  return [...counts].map(([status, each]) => `${each.length} ${status}`).join(', ');
}

export function verifySummary({ deployment, summary }: ReadBundle): string {
  const { verdict, plan } = deployment.predicate;
  const { verificationResult, verifiedLevels, policy } = summary.predicate;
  const expected = verdict === 'PASS' ? 'PASSED' : 'FAILED';
  if (verificationResult !== expected || (expected === 'FAILED') !== verifiedLevels.includes('FAILED')) {
    throw new AttestationError(
      'summary-mismatch',
      `expected a verification summary that says ${expected} for the verdict ${verdict}, got ${verificationResult} (${verifiedLevels.join(', ')})`,
    );
  }
  if (`sha256:${policy.digest.sha256}` !== plan.digest)
    throw new AttestationError(
      'summary-mismatch',
      `expected the policy ${plan.digest}, the plan of the run, got sha256:${policy.digest.sha256}`,
    );
  return `the verification summary says ${expected}, against the plan ${plan.name}, ${plan.digest}`;
}

/** What can be known without the ledger: that consents exist where they are needed, and that all name one digest. */
export function verifyApprovals({ deployment }: ReadBundle): string {
  const { approval, approvals, run } = deployment.predicate;
  const stray = approvals.find(({ approvedDigest }) => approvedDigest !== approval?.digest);
  if (stray)
    throw new AttestationError(
      'approval-digest',
      `expected every approval to be of ${approval?.digest ?? 'nothing, since none was asked for'}, got one by ${stray.approver.name} of ${stray.approvedDigest}`,
    );
  if (new Set(approvals.map(({ approver }) => approver.id)).size !== approvals.length)
    throw new AttestationError('approval-missing', 'expected each approver once, got one twice');
  if (approvals.some(({ approver }) => approver.id === run.requester.id))
    throw new AttestationError(
      'approval-missing',
      `expected approvals by others, got one by ${run.requester.name}, who asked for the run`,
    );
  if (!neededApproval(deployment.predicate))
    return approvals.length > 0
      ? `${approvals.length} approvals stand, all of ${approval?.digest}`
      : 'nothing was done that needs an approval';
  if (approval?.status !== 'granted' || approvals.length === 0)
    throw new AttestationError(
      'approval-missing',
      `expected a granted approval before anything went live, got ${approval?.status ?? 'none'}`,
    );
  const names = approvals.map(
    ({ approver, group, votedAt }) => `${approver.name} (${approver.id}, ${group}) at ${votedAt}`,
  );
  return `approved by ${names.join(', ')}: all of ${approval.digest}`;
}

/** A dry run changes nothing and can never be a PASS, so nobody is asked. */
function neededApproval({ mode, gates, operation }: DeploymentPredicate): boolean {
  if (mode === 'DRYRUN') return false;
  const needs = operation === 'rollback' ? 'rollback' : 'promote';
  return gates.some(({ kind, attempt }) => kind === needs && attempt > 0);
}
