// A decision, by the plan's rule or by people: what it is, why, and what it rests on. Runs in the control plane, on the run's
// own ledger. It changes nothing: what follows from a decision is another gate, another plan, or a person's work.
import { assignGroups, quorumReached } from '../src/approval/policy.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { requireControl } from '../src/gate/control-tools.ts';
import { parametersOf } from '../src/gate/parameters.ts';
import { type Finding, sayReference, weighEvidence } from '../src/report/weigh-evidence.ts';
import type { DecideFacts } from '../src/run/facts-of-findings.ts';
import type { RunState } from '../src/run/state.ts';

export const decide: Gate = {
  kind: 'decide',
  async run(context): Promise<DecideFacts> {
    const { question, decision, reason: why, by, when } = parametersOf(context, 'decide');
    const run = await requireControl(context).run();
    const findings = when.map((ref) => ({ ref: sayReference(ref), ...weighEvidence(ref, run) }));
    const restsOn =
      by === 'rule'
        ? byRule(context, findings)
        : [...byPeople(context, run), ...findings.map(({ text }) => text)];
    conclude(context, question, decision);
    return { question, decision, why, by, restsOn };
  },
};

/** All of it must support the decision. What is silent proves nothing, so a rule without evidence decides nothing. */
function byRule({ record }: GateContext, findings: readonly (Finding & { ref: string })[]): string[] {
  for (const [index, { ref, bearing, text }] of findings.entries())
    record.check(`when-${index + 1}`, `the rule’s evidence: ${ref}`, bearing === 'supports', {
      expected: 'evidence that supports the decision',
      actual: text,
      otherwise: bearing === 'contradicts' ? 'fail' : 'inconclusive',
    });
  if (findings.length === 0)
    record.check('when', 'the rule rests on evidence', false, {
      expected: 'at least one reference in `when`',
      actual: 'none: a rule without evidence decides nothing',
      otherwise: 'inconclusive',
    });
  return findings.map(({ text }) => text);
}

/** One criterion for the decision itself, by which claims and later rules can name it. */
function conclude({ record }: GateContext, question: string, decision: string): void {
  const gravest = (['fail', 'inconclusive', 'blocked'] as const).find((status) =>
    record.checks.some((check) => check.status === status),
  );
  record.check('decision', question, gravest === undefined, {
    expected: decision,
    actual: gravest === undefined ? decision : 'not decided: not all that it rests on holds',
    ...(gravest === undefined ? {} : { otherwise: gravest }),
  });
}

/** The run has asked for it before this gate began; here it is said who gave it. */
function byPeople({ job, record }: GateContext, { approval, plan, pointOfNoReturn }: RunState): string[] {
  if (job.mode === 'DRYRUN')
    throw new GateStop('not-run', 'dryrun', 'DRYRUN: would have asked the approvers for their decision');
  const given = approval?.status === 'granted' ? approval.approvals : [];
  const said = assignGroups(plan.approval, given).map(
    ({ approver, group, votedAt, via, messageTs }) =>
      `${approver.name} (${group}) consented by ${via} at ${votedAt}, on message ${messageTs}`,
  );
  const holds = pointOfNoReturn !== null && quorumReached(plan.approval, given);
  record.check('consent', 'the approvers of the plan consent to it', holds, {
    expected: 'the quorum of every group',
    actual: said.join('; ') || 'nobody has consented',
    otherwise: 'blocked',
  });
  return said;
}
