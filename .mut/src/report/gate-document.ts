// The document of one gate label: every gate under it that has a result. Pure.
import type { GateKind } from '../plan/schema-gates.ts';
import type { GateResult } from '../run/gate-result.ts';
import type { GateState } from '../run/state.ts';
import {
  describeArtifact,
  describeDrift,
  describePromote,
  describeRollback,
  describeRollbackReadiness,
  describeStage,
} from './gates/describe-delivery.ts';
import {
  describeCommandProof,
  describeDatabaseProof,
  describeDecide,
  describeGapReview,
  describeHostSurvey,
} from './gates/describe-findings.ts';
import { describePrecheck, describeReconcile, describeSurvey } from './gates/describe-sources.ts';
import { describeProve, describeTest } from './gates/describe-tests.ts';
import { describeTidy } from './gates/describe-tidy.ts';
import { bullets, code, duration, prose, sentence, shortDigest, table } from './markdown.ts';

const describeFacts: { [K in GateKind]: (state: GateState) => string[] } = {
  precheck: describePrecheck,
  survey: describeSurvey,
  reconcile: describeReconcile,
  test: describeTest,
  artifact: describeArtifact,
  stage: describeStage,
  drift: describeDrift,
  promote: describePromote,
  prove: describeProve,
  verify: describeProve,
  probes: describeProve,
  'host-survey': describeHostSurvey,
  'command-proof': describeCommandProof,
  'database-proof': describeDatabaseProof,
  decide: describeDecide,
  'gap-review': describeGapReview,
  'rollback-readiness': describeRollbackReadiness,
  rollback: describeRollback,
  'observe-live': () => [],
  tidy: describeTidy,
  report: () => [],
};

/** One section a gate, in Markdown. A gate without a result says why it has none. */
export function gateBody(gates: readonly GateState[]): string {
  return gates
    .flatMap((state) => [heading(state), ...(state.result ? decided(state, state.result) : undecided(state))])
    .join('\n\n');
}

function heading({ gate, status }: GateState): string {
  return `## ${prose(gate.id)} ${prose(gate.title)} — ${status}`;
}

function undecided({ reason }: GateState): string[] {
  return [reason ? sentence(prose(reason.text)) : 'This gate has no result.'];
}

function decided(state: GateState, result: GateResult): string[] {
  const ms = Date.parse(result.finishedAt) - Date.parse(result.startedAt);
  return [
    bullets([
      `kind: ${code(state.gate.kind)}, attempt ${result.attempt}`,
      `decided on: ${prose(result.machine)}`,
      `time: ${result.startedAt} to ${result.finishedAt} (${duration(ms)})`,
    ]),
    ...cutOffBefore(state),
    ...(result.reason
      ? [
          `**Why it is ${result.status}:** ${sentence(prose(result.reason.text))} (${code(result.reason.code)})`,
        ]
      : []),
    ...criteria(result),
    ...describeFacts[state.gate.kind](state),
    ...changes(result),
    ...evidence(result),
  ];
}

/** Attempts that a short fault cut off, and after which the gate was tried again. */
function cutOffBefore({ earlier }: GateState): string[] {
  if (earlier.length === 0) return [];
  const rows = earlier.map(({ attempt, status, reason, queuedAt, finishedAt, result }) => [
    String(attempt),
    status,
    prose(reason?.text ?? ''),
    `${queuedAt ?? '?'} to ${finishedAt ?? '?'}`,
    String(result?.mutations.length ?? 0),
  ]);
  return [
    '### Attempts that were cut off before',
    table(['Attempt', 'Ended as', 'Why', 'From queue to end', 'Changes in its journal'], rows),
  ];
}

function criteria({ checks }: GateResult): string[] {
  if (checks.length === 0) return ['No criterion was decided.'];
  const rows = checks.map(({ id, title, status, expected, actual, evidence: digests }) => [
    `${prose(title)} (${code(id)})`,
    status,
    prose(expected ?? ''),
    prose(actual),
    digests.map((digest) => code(shortDigest(digest))).join(' '),
  ]);
  return ['### Criteria', table(['Criterion', 'Status', 'Expected', 'Seen', 'Evidence'], rows)];
}

function changes({ mutations }: GateResult): string[] {
  if (mutations.length === 0) return ['### Changes', 'The journal of this gate holds no change.'];
  const rows = mutations.map(({ at, kind, machine, target, detail, simulated }) => [
    at,
    code(kind),
    prose(machine),
    code(target),
    prose(simulated ? `simulated, not done: ${detail}` : detail),
  ]);
  return ['### Changes, from the journal', table(['At', 'Change', 'Machine', 'Target', 'Detail'], rows)];
}

function evidence({ evidence: kept }: GateResult): string[] {
  if (kept.length === 0) return [];
  return [
    '### Evidence',
    table(
      ['What', 'Bytes', 'Digest'],
      kept.map(({ title, bytes, digest }) => [prose(title), String(bytes), code(digest)]),
    ),
  ];
}
