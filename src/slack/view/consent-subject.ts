// What a consent stands for, read from the very subject whose digest is approved: later gates never change what was shown.
import { z } from 'zod';
import { keyOf } from '../../plan/schema-gates.ts';
import { json } from '../../plan/schema-scalars.ts';
import { allTargets } from '../../plan/sections.ts';
import { sayReference } from '../../report/weigh-evidence.ts';
import type { ApprovalState } from '../../run/approval-state.ts';
import { decisionAskedFor } from '../../run/asked-for.ts';
import { type FactsKind, type FactsOf, readFacts } from '../../run/facts.ts';
import { gateStatuses } from '../../run/gate-result.ts';
import type { RunState } from '../../run/state.ts';
import { howManyHold } from './checks.ts';
import { code, plain } from './escape.ts';
import { gateName } from './gate-name.ts';
import { count } from './measures.ts';
import { shortPaths } from './paths.ts';
import { statusEmoji, statusWord } from './words.ts';

const subjectSchema = z.object({
  subjectFacts: z.record(z.string(), json).default({}),
  gates: z
    .array(
      z.object({
        gate: z.string(),
        status: z.enum(gateStatuses),
        facts: json,
        checks: z.array(z.object({ status: z.string() })),
      }),
    )
    .default([]),
});

type Read = <K extends FactsKind>(kind: K) => Partial<FactsOf<K>>;

/** The parts of the message that the approval digest covers, as lines of mrkdwn. */
export function consentSubject(run: RunState, { subject }: ApprovalState) {
  const parsed = subjectSchema.safeParse(subject);
  const { gates, subjectFacts } = parsed.success ? parsed.data : { gates: [], subjectFacts: {} };
  const facts = { ...subjectFacts, ...Object.fromEntries(gates.map((each) => [each.gate, each.facts])) };
  const read: Read = (kind) => readFacts(kind, facts[kind]);
  return {
    what: whatLines(run, read),
    gates: gates.map(({ gate, status, checks }) => {
      const verdict = statusWord[status].split(':')[0];
      return `${statusEmoji[status]} ${gateTitle(run, gate)}: ${verdict}, ${howManyHold(checks)}`;
    }),
    wayBack: wayBackLines(run, read),
  };
}

function whatLines(run: RunState, read: Read): string[] {
  const { plan, planDigest, operation } = run;
  const { artifact, manifest, commit } = read('artifact');
  const { files, changeSetDigest } = read('survey');
  const { backupPath } = read('stage');
  const { anchor } = read('rollback-readiness');
  const changed = (change: string) => (files ?? []).filter((file) => file.change === change).length;
  return [
    ...decisionLines(run),
    ...(operation === 'rollback' && anchor
      ? [`Goes live again: ${code(anchor.path)} ${code(anchor.digest)}`]
      : []),
    ...(artifact ? [`Artifact ${code(artifact.name)} sha256 ${code(artifact.sha256)}`] : []),
    ...(manifest ? [`Manifest ${code(manifest.name)} sha256 ${code(manifest.sha256)}`] : []),
    ...(files
      ? [
          `Change set: ${changed('modified')} modified, ${changed('added')} added${changeSetDigest ? ` ${code(changeSetDigest)}` : ''}`,
        ]
      : []),
    ...(commit ? [`Commit ${code(commit)}`] : []),
    ...allTargets(plan).map(({ host, livePath }) => `Host ${code(host)}, live path ${code(livePath)}`),
    ...(backupPath && operation === 'deploy'
      ? [`Backup will be ${code(shortPaths(plan, backupPath))} beside it`]
      : []),
    `Plan ${code(plan.name)} ${code(planDigest)}`,
  ];
}

/** Of the plan, which the digest names: the question, what consenting to it decides, why, and on what it rests. */
function decisionLines(run: RunState): string[] {
  const asked = decisionAskedFor(run);
  if (!asked) return [];
  const { question, decision, reason, when } = asked.with;
  return [
    `Question: ${plain(question)}`,
    `Decision: *${plain(decision)}*`,
    `Reason: ${plain(reason)}`,
    ...(when.length > 0 ? [`It rests on ${when.map((ref) => code(sayReference(ref))).join(', ')}`] : []),
  ];
}

/** In words; the commands themselves are long, and uploaded as the evidence "rollback commands". */
function wayBackLines({ operation, subjectRun, runId, plan }: RunState, read: Read): string[] {
  const { livePath, backupPath, exchangeWay, rollbackCommands } = read('stage');
  const commands = read('rollback-readiness').commands ?? rollbackCommands ?? [];
  if (commands.length === 0 || !livePath || !backupPath) return [];
  const run = operation === 'rollback' ? (subjectRun ?? runId) : runId;
  const beside = (path: string) => code(shortPaths(plan, path));
  return [
    `1. exchange ${beside(livePath)} and ${beside(backupPath)} in one atomic step${exchangeWay ? ` (${code(exchangeWay)})` : ''}`,
    `2. keep what was live aside as ${beside(`${livePath}.bad-${run}`)}`,
    `${count(commands.length, 'command')}, exactly as they would be typed, in the file “rollback commands” of this thread; ${code(`/rollback ${run}`)} runs them`,
  ];
}

function gateTitle(run: RunState, key: string): string {
  const gate = run.gates.find((each) => keyOf(each.gate) === key)?.gate;
  return gate ? gateName(run, gate) : plain(key);
}
