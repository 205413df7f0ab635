// From a run's state to the deployment predicate. Pure, and without a clock: a verifier rebuilds it from the ledger.
import { assignGroups } from '../approval/policy.ts';
import { matrixOf } from '../gaps/matrix.ts';
import { type ConcludedGate, concludeRun } from '../report/conclude-run.ts';
import { forbiddenWords, judgeForbiddenActions, judgePassCriteria } from '../report/judge-claim.ts';
import { readFacts } from '../run/facts.ts';
import { factsFor } from '../run/facts-for.ts';
import { observationsOf } from '../run/observation.ts';
import { secondReadings } from '../run/second-readings.ts';
import { standingsOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import type { DeploymentPredicate } from './deployment-predicate.ts';

/** What the run's state does not hold. */
export interface DeploymentContext
  extends Pick<DeploymentPredicate, 'ledgerHead' | 'statements' | 'anchored'> {
  /** The report's documents, as rendered or as published. */
  readonly documents: readonly DeploymentPredicate['documents'][number][];
}

export function describeDeployment(run: RunState, context: DeploymentContext): DeploymentPredicate {
  const { verdict, outcome, reason, gates } = concludeRun(run);
  const { runId: id, requester, requestedAt, subjectRun, previous, plan, planDigest, mode, operation } = run;
  return {
    run: { id, requester, requestedAt, subjectRun, previous },
    plan: { name: plan.name, title: plan.title, digest: planDigest },
    mode,
    operation,
    verdict,
    outcome,
    reason,
    gates: gates.map(describeGate),
    passCriteria: judgePassCriteria(run).map((claim) => ({
      id: claim.id,
      title: claim.title,
      holds: claim.status === 'holds',
      evidence: [...claim.restsOn],
    })),
    forbiddenActions: judgeForbiddenActions(run).map((claim) => ({
      id: claim.id,
      title: claim.title,
      claim: forbiddenWords[claim.status],
      restsOn: [...claim.restsOn],
    })),
    ...describeApproval(run),
    voided: run.voided.flatMap(({ digest, voided }) =>
      voided ? [{ digest, reason: voided.reason, at: voided.at, drift: [...voided.drift] }] : [],
    ),
    freezeOverrides: run.freezeOverrides.map(({ by, reason: why, at, freezes }) => ({
      by,
      reason: why,
      at,
      freezes,
    })),
    lockBroken: run.lockBroken && {
      by: run.lockBroken.by,
      reason: run.lockBroken.reason,
      at: run.lockBroken.at,
    },
    probes: describeProbes(run),
    gaps: describeGaps(run),
    ...describeLive(run),
    ...describeSeen(run),
    documents: context.documents.map(({ name, title, digest }) => ({ name, title, digest })),
    ledgerHead: context.ledgerHead,
    ...(context.anchored && { anchored: context.anchored }),
    statements: context.statements,
  };
}

function describeGaps(run: RunState): DeploymentPredicate['gaps'] {
  return matrixOf(run).map(({ id, title, status, scope, carried, evidence, changes, note }) => ({
    id,
    title,
    status,
    scope,
    carried,
    evidence,
    changes: changes.map(({ from, to, by, why, at }) => ({ from, to, by, why, at })),
    note,
  }));
}

function describeGate({ state, status, reason }: ConcludedGate): DeploymentPredicate['gates'][number] {
  const { gate, attempt, result, queuedAt } = state;
  const { id, kind, title, supplementary } = gate;
  // The report gate has no result yet when its own attestation is made.
  if (kind === 'report')
    return {
      ...{ id, kind, title, supplementary, status, reason, attempt },
      ...{ machine: null, startedAt: queuedAt, finishedAt: null },
    };
  return {
    id,
    kind,
    title,
    supplementary,
    status,
    reason,
    attempt,
    machine: result?.machine ?? null,
    startedAt: result?.startedAt ?? null,
    finishedAt: result?.finishedAt ?? null,
  };
}

function describeApproval({
  approval,
  plan,
  pointOfNoReturn,
}: RunState): Pick<DeploymentPredicate, 'approval' | 'approvals'> {
  if (!approval) return { approval: null, approvals: [] };
  const { digest, status, requestedAt, expiresAt, decidedAt, rejectedBy, approvals } = approval;
  return {
    approval: { digest, status, requestedAt, expiresAt, decidedAt, rejectedBy, pointOfNoReturn },
    approvals: assignGroups(plan.approval, approvals).map((each) => ({ ...each, approvedDigest: digest })),
  };
}

function describeProbes(run: RunState): DeploymentPredicate['probes'] {
  const own = (kind: string) => run.gates.find(({ gate }) => gate.kind === kind)?.result?.facts;
  const probes = secondReadings(run);
  if (probes)
    return probes.map(({ id, title, before, after, status, reason }) => ({
      id,
      title,
      before,
      after,
      status,
      reason,
    }));
  const { probes: readings = [] } = readFacts('precheck', own('precheck'));
  return readings.map(({ id, title, shown }) => ({
    id,
    title,
    before: shown,
    after: null,
    status: 'inconclusive' as const,
    reason: 'not read a second time',
  }));
}

function describeSeen(run: RunState): Pick<DeploymentPredicate, 'seen'> {
  const seen = observationsOf(run);
  if (seen.length === 0) return {};
  return {
    seen: {
      afterFailure: run.plan.onFailureAfterPromote,
      paths: seen.map(({ target, host, livePath, live, at, tree, promotes, known }) => ({
        ...{ target, host, livePath, live, at, tree, promotes },
        ...(known && { known }),
      })),
    },
  };
}

function describeLive(run: RunState): Pick<DeploymentPredicate, 'delivered' | 'rollbackAnchor' | 'restored'> {
  const standings = standingsOf(run);
  const candidates = standings.filter(({ live }) => run.operation === 'deploy' && live === 'candidate');
  return {
    delivered: candidates.flatMap(({ name, target, promoted, seen, built }) => {
      const liveTree = promoted.liveTree?.digest ?? seen?.tree;
      return liveTree
        ? [
            {
              target: name,
              host: target.host,
              livePath: target.livePath,
              liveTree,
              commit: built.commit ?? null,
              artifact: built.artifact ? `sha256:${built.artifact.sha256}` : null,
              manifest: built.manifest ? `sha256:${built.manifest.sha256}` : null,
            },
          ]
        : [];
    }),
    rollbackAnchor: candidates.flatMap(({ name, target, promoted: { backupPath, backupTree } }) =>
      backupPath === undefined
        ? []
        : [{ target: name, host: target.host, path: backupPath, digest: backupTree?.digest ?? null }],
    ),
    restored: standings.flatMap(({ live, name, target, rollback, restored: { restoredTree, badPath } }) => {
      if (live !== 'restored' || restoredTree === undefined || !rollback) return [];
      const ready = factsFor(run, rollback.gate)['rollback-readiness'];
      const { ofRun, why } = readFacts('rollback-readiness', ready);
      return [
        {
          target: name,
          host: target.host,
          livePath: target.livePath,
          liveTree: restoredTree?.digest ?? null,
          ofRun: ofRun ?? null,
          why: why ?? null,
          takenOut: badPath ?? null,
        },
      ];
    }),
  };
}
