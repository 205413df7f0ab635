// The last document: nine sections, the ones that a reviewer rules on. Pure.
import type { RunState } from '../run/state.ts';
import type { ConcludedGate, Conclusion } from './conclude-run.ts';
import { describeForbiddenActions, describePassCriteria } from './final/describe-claims.ts';
import { describeDelivered } from './final/describe-delivered.ts';
import { describeGaps } from './final/describe-gaps.ts';
import { describeNext, describeStop } from './final/describe-next.ts';
import { describeUntouched } from './final/describe-untouched.ts';
import { summarise } from './final/summarise.ts';
import { gateLine } from './gate-line.ts';
import { bullets, code, counted, duration, prose, table } from './markdown.ts';

export interface PackageContext {
  /** The ledger's last event when the package was made. */
  readonly ledgerHead?: { readonly seq: number; readonly hash: string } | undefined;
  /** What a time stamp authority said of that head. */
  readonly anchored?:
    | { readonly authority: string; readonly at: string | null; readonly reason: string | null }
    | undefined;
  /** How to verify the signed bundle, as one command line. */
  readonly verifyCommand?: string | undefined;
  /** Fingerprint of the key that signs it. */
  readonly keyId?: string | undefined;
}

export interface PackageEntry {
  readonly name: string;
  readonly title: string;
}

/** Everything below the title. */
export function finalBody(
  run: RunState,
  conclusion: Conclusion,
  entries: readonly PackageEntry[],
  context: PackageContext,
): string {
  return [
    head(run, conclusion, context),
    '## 1. Summary',
    summarise(run, conclusion),
    '## 2. Gate roll-up',
    rollUp(run, conclusion),
    '## 3. What was delivered',
    describeDelivered(run),
    '## 4. Pass criteria',
    describePassCriteria(run),
    '## 5. Disclosed gaps',
    describeGaps(run),
    '## 6. Non-mutation attestation',
    describeUntouched(run),
    '## 7. Forbidden-action attestation',
    describeForbiddenActions(run),
    '## 8. Next',
    describeNext(run, conclusion),
    ...(entries.length > 0
      ? [
          'The other documents of this package:',
          bullets(entries.map(({ name, title }) => `${code(name)}: ${prose(title)}`)),
        ]
      : []),
    '## 9. Stop',
    describeStop(run, conclusion),
  ].join('\n\n');
}

function head(run: RunState, { verdict, outcome }: Conclusion, context: PackageContext): string {
  const { ledgerHead, anchored, keyId, verifyCommand } = context;
  const effort = run.plan.effort ? `, effort: ${prose(run.plan.effort)}` : '';
  const verify = verifyCommand ? ` Verify it with ${code(verifyCommand)}.` : '';
  return [
    bullets([
      `run: ${code(run.runId)} (${run.operation}, ${run.mode})`,
      `plan: ${code(run.plan.name)}, ${code(run.planDigest)}`,
      `requested: ${run.requestedAt}${effort}`,
      ...(ledgerHead
        ? [`ledger: ${counted(ledgerHead.seq, 'event')} when this was written, head ${code(ledgerHead.hash)}`]
        : []),
      ...(anchored ? [anchorLine(anchored)] : []),
      ...(run.previous
        ? [
            `goes on from: the run ${code(run.previous.run)} on the same target, ledger head ${code(run.previous.head)}`,
          ]
        : []),
      `**Result: ${verdict}** — ${prose(outcome)}`,
    ]),
    ...(keyId
      ? [
          `The signed form of this report is the evidence bundle of the run, by the key ${code(keyId)}.${verify}`,
        ]
      : []),
  ].join('\n\n');
}

/** An outside time that is missing is a gap, and is said where the head is. */
function anchorLine({ authority, at, reason }: NonNullable<PackageContext['anchored']>): string {
  return at === null
    ? `anchored outside: **no**; ${code(authority)} gave no time for that head: ${prose(reason ?? 'no reason is known')}. It is asked again when the run has ended`
    : `anchored outside: ${code(authority)} stamped that head at ${at}`;
}

function rollUp(run: RunState, { gates, stop }: Conclusion): string {
  const rows = gates.map((each) => {
    const { gate, result } = each.state;
    const ms = result ? Date.parse(result.finishedAt) - Date.parse(result.startedAt) : null;
    const found = skippedAfter(each, stop) ?? gateLine(run, each);
    return [`${prose(gate.id)} ${prose(gate.title)}`, each.status, found, ms === null ? '' : duration(ms)];
  });
  return `${table(['Gate', 'Status', 'What was found', 'Took'], rows)}${wait(run)}`;
}

/** The reason of a stop stands at the gate that stopped, once. */
function skippedAfter({ status, reason }: ConcludedGate, stop: Conclusion['stop']): string | null {
  if (status !== 'not-run' || !stop?.gate || !reason?.code.startsWith('after-')) return null;
  const { id, title } = stop.gate.state.gate;
  return `not run, since ${prose(id)} ${prose(title)} is ${stop.gate.status}`;
}

function wait({ approval }: RunState): string {
  if (!approval?.decidedAt) return '';
  const ms = Date.parse(approval.decidedAt) - Date.parse(approval.requestedAt);
  return `\n\nThe run waited ${duration(ms)} for its approval.`;
}
