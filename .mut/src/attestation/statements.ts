// The statements of a run, in the order of the bundle's lines. Pure.
import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import { allTargets } from '../plan/sections.ts';
import { builtOf } from '../run/standing.ts';
import type { RunState } from '../run/state.ts';
import { type DeploymentContext, describeDeployment } from './describe-deployment.ts';
import { provenanceOf } from './provenance.ts';
import {
  type DeploymentStatement,
  type ProvenanceStatement,
  predicateTypes,
  type Statement,
  type Subject,
  type SummaryStatement,
  statementType,
} from './statement.ts';
import { testResultsOf } from './test-results.ts';

export interface StatementContext extends Pick<DeploymentContext, 'documents' | 'ledgerHead' | 'anchored'> {
  /** Time of signing. */
  readonly now: Date;
}

/**
 * Provenance (when this run built an artifact), test results, the deployment, and the summary over all of them. The deployment
 * names every line before it and the summary every line before that, so that a line that is dropped, added or moved shows.
 */
export function statementsOf(run: RunState, context: StatementContext): Statement[] {
  const subjects = subjectsOf(run);
  const provenance = provenanceOf(run, subjects);
  const basis: Statement[] = [...(provenance ? [provenance] : []), ...testResultsOf(run, subjects)];
  const statements = basis.map((each) => ({
    predicateType: each.predicateType,
    digest: digestOfStatement(each),
  }));
  const deployment: DeploymentStatement = {
    _type: statementType,
    subject: subjects,
    predicateType: predicateTypes.deployment,
    predicate: describeDeployment(run, { ...context, statements }),
  };
  return [...basis, deployment, summaryOf(run, deployment, provenance, [...basis, deployment], context.now)];
}

/** The bytes that are signed: RFC 8785, so that the same statement is the same payload. */
export function payloadOf(statement: Statement): string {
  return canonicalize(statement) ?? '';
}

export function digestOfStatement(statement: Statement): string {
  return digestOfPayload(payloadOf(statement));
}

export function digestOfPayload(payload: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(payload).digest('hex')}`;
}

/** The artifacts that were built or verified; the plan when there is none, and for a rollback, which takes an artifact out. */
function subjectsOf(run: RunState): Subject[] {
  const built = run.operation === 'rollback' ? [] : builtOf(run);
  if (built.length > 0)
    return built.map(({ artifact }) => ({ name: artifact.name, digest: { sha256: artifact.sha256 } }));
  return [{ name: `plan ${run.plan.name}`, digest: { sha256: run.planDigest.replace(/^sha256:/, '') } }];
}

/** The live path that the run is about; its plan when there is none, or more than one. */
function resourceOf(plan: RunState['plan']): string {
  const [target, second] = allTargets(plan);
  if (!target || second) return `https://interlock.dev/plan/v1#${plan.name}`;
  const host = plan.hosts[target.host];
  return `ssh://${host?.user ?? 'unknown'}@${host?.address ?? target.host}:${host?.port ?? 22}${encodeURI(target.livePath)}`;
}

function summaryOf(
  run: RunState,
  { predicate }: DeploymentStatement,
  provenance: ProvenanceStatement | null,
  inputs: readonly Statement[],
  now: Date,
): SummaryStatement {
  const passed = predicate.verdict === 'PASS';
  return {
    _type: statementType,
    subject: subjectsOf(run),
    predicateType: predicateTypes.summary,
    predicate: {
      verifier: { id: 'https://interlock.dev/verifier/v1' },
      timeVerified: now.toISOString(),
      resourceUri: resourceOf(run.plan),
      policy: {
        uri: `https://interlock.dev/plan/v1#${run.plan.name}`,
        digest: { sha256: run.planDigest.replace(/^sha256:/, '') },
      },
      inputAttestations: inputs.map((each) => ({
        digest: { sha256: digestOfStatement(each).replace(/^sha256:/, '') },
      })),
      verificationResult: passed ? 'PASSED' : 'FAILED',
      // Level 1 is that provenance exists and says how; a worker of one's own is no hosted build platform (level 2).
      verifiedLevels: passed
        ? [...(provenance ? ['SLSA_BUILD_LEVEL_1'] : []), 'INTERLOCK_GATES_PASSED']
        : ['FAILED'],
      slsaVersion: '1.0',
    },
  };
}
