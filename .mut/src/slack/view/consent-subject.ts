// What a consent stands for, read from the very subject whose digest is approved: later gates never change what was shown.
import { z } from 'zod';
import { sayExpectedChange } from '../../plan/expected-now.ts';
import { type GateKind, keyOf } from '../../plan/schema-gates.ts';
import { type Json, json } from '../../plan/schema-scalars.ts';
import { namedTargets } from '../../plan/sections.ts';
import { sayReference } from '../../report/weigh-evidence.ts';
import type { ApprovalState } from '../../run/approval-state.ts';
import { decisionAskedFor } from '../../run/asked-for.ts';
import { countChanges, modeNotes } from '../../run/count-changes.ts';
import { readFacts, type SurveyFacts } from '../../run/facts.ts';
import { subjectGatesOf } from '../../run/facts-for.ts';
import { gateStatuses } from '../../run/gate-result.ts';
import { labelOf } from '../../run/standing.ts';
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

/** Facts of one kind, by target or artifact, as they were shown. */
type Shown = { readonly key: string | null; readonly facts: Json };

/** The parts of the message that the approval digest covers, as lines of mrkdwn. */
export function consentSubject(run: RunState, { subject }: ApprovalState) {
  const parsed = subjectSchema.safeParse(subject);
  const { gates, subjectFacts } = parsed.success ? parsed.data : { gates: [], subjectFacts: {} };
  const shown = { ...subjectFacts, ...Object.fromEntries(gates.map((each) => [each.gate, each.facts])) };
  const of = (kind: GateKind, by: 'target' | 'artifact'): Shown[] =>
    [...subjectGatesOf(run), ...run.gates.map(({ gate }) => gate)].flatMap((gate) => {
      const facts = shown[keyOf(gate)];
      return gate.kind === kind && facts !== undefined ? [{ key: gate[by] ?? null, facts }] : [];
    });
  return {
    what: whatLines(run, of),
    gates: gates.map(({ gate, status, checks }) => {
      const verdict = statusWord[status].split(':')[0];
      return `${statusEmoji[status]} ${gateTitle(run, gate)}: ${verdict}, ${howManyHold(checks)}`;
    }),
    wayBack: namedTargets(run.plan).flatMap(({ name }) => wayBackLines(run, name, of)),
  };
}

type Of = (kind: GateKind, by: 'target' | 'artifact') => Shown[];

function whatLines(run: RunState, of: Of): string[] {
  const { plan, planDigest } = run;
  const built = of('artifact', 'artifact').map(({ facts }) => readFacts('artifact', facts));
  const { files, changeSetDigest } = readFacts('survey', of('survey', 'target').at(-1)?.facts);
  const commit = built.find((each) => each.commit)?.commit;
  return [
    ...decisionLines(run),
    ...comesBack(run, of),
    ...built.flatMap(({ artifact, manifest }) => [
      ...(artifact ? [`Artifact ${code(artifact.name)} sha256 ${code(artifact.sha256)}`] : []),
      ...(manifest ? [`Manifest ${code(manifest.name)} sha256 ${code(manifest.sha256)}`] : []),
    ]),
    ...(files
      ? [`Change set: ${countChanges(files)}${changeSetDigest ? ` ${code(changeSetDigest)}` : ''}`]
      : []),
    ...changeLines(files ?? []),
    ...(commit ? [`Commit ${code(commit)}`] : []),
    ...namedTargets(plan).flatMap(({ name, target }) => [
      `Host ${code(target.host)}, live path ${code(target.livePath)}${ofTarget(run, name)}`,
      ...backupLine(run, name, of),
    ]),
    ...plan.probes.flatMap(({ title, expect }) => {
      const change = sayExpectedChange(expect);
      return change === null ? [] : [`Expected to change: ${plain(title)}, ${code(change)}`];
    }),
    `Plan ${code(plan.name)} ${code(planDigest)}`,
  ];
}

/** More than this are counted: what stands in the thread, file by file, is the survey's own message. */
const maxNamed = 10;

/** What is deleted, and what ships in another mode than one would think: neither shows in a count. */
function changeLines(files: SurveyFacts['files']): string[] {
  const removed = files
    .filter(({ change }) => change === 'removed')
    .map(({ path }) => `Removes ${code(path)}`);
  const modes = modeNotes(files).map(({ path, note }) => `Mode: ${code(path)} ${note}`);
  return [removed, modes].flatMap((lines) => [
    ...lines.slice(0, maxNamed),
    ...(lines.length > maxNamed
      ? [`and ${count(lines.length - maxNamed, 'file')} more, named in the report of the survey`]
      : []),
  ]);
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

/** What a rollback makes live, on which run's word it lies there, and why it was chosen. */
function comesBack(run: RunState, of: Of): string[] {
  if (run.operation !== 'rollback') return [];
  return of('rollback-readiness', 'target').flatMap(({ key, facts }) => {
    const { anchor, position, ofRun, why } = readFacts('rollback-readiness', facts);
    if (anchor === undefined) return [];
    const where = ofTarget(run, key);
    const because = ofRun && why ? `, kept by run ${code(ofRun)}: ${plain(why)}` : '';
    if (position === 'before') return [`Nothing is exchanged${where}: ${plain(why ?? 'nothing went live')}`];
    return [
      anchor
        ? `Goes live again${where}: ${code(anchor.path)} ${code(anchor.digest)}${because}`
        : `Is absent again${where}: nothing was live before that run, so what is live is taken out`,
    ];
  });
}

function backupLine({ operation, plan }: RunState, name: string | null, of: Of): string[] {
  if (operation !== 'deploy') return [];
  const { backupPath } = readFacts('stage', of('stage', 'target').find(({ key }) => key === name)?.facts);
  if (backupPath === null) return ['Nothing is live there yet, so there is no backup'];
  return backupPath ? [`Backup will be ${code(shortPaths(plan, backupPath))} beside it`] : [];
}

/** In words; the commands themselves are long, and uploaded as the evidence "rollback commands". */
function wayBackLines(run: RunState, name: string | null, of: Of): string[] {
  const { operation, subjectRun, runId, plan } = run;
  const factsOn = (kind: GateKind) => of(kind, 'target').findLast(({ key }) => key === name)?.facts;
  const { livePath, backupPath, exchangeWay, rollbackCommands } = readFacts('stage', factsOn('stage'));
  const ready = readFacts('rollback-readiness', factsOn('rollback-readiness'));
  const commands = ready.commands ?? rollbackCommands ?? [];
  if (commands.length === 0 || !livePath || backupPath === undefined) return [];
  const anchor = ready.anchor === undefined ? backupPath : (ready.anchor?.path ?? null);
  const ofRun = operation === 'rollback' ? (subjectRun ?? runId) : runId;
  const beside = (path: string) => code(shortPaths(plan, path));
  const bad = beside(`${livePath}.bad-${ofRun}`);
  const by = exchangeWay ? ` (${code(exchangeWay)})` : '';
  const label = labelOf(run, name);
  return [
    ...(label ? [`*${plain(label)}*`] : []),
    ...(anchor === null
      ? [`1. rename ${beside(livePath)} to ${bad} in one atomic step${by}: nothing was live before`]
      : [
          `1. exchange ${beside(livePath)} and ${beside(anchor)} in one atomic step${by}`,
          `2. keep what was live aside as ${bad}`,
        ]),
    `${count(commands.length, 'command')}, exactly as they would be typed, in the file “rollback commands” of this thread; ${code(`/rollback ${ofRun}`)} runs them`,
  ];
}

function ofTarget(run: RunState, name: string | null): string {
  const label = labelOf(run, name);
  return label ? ` (${plain(label)})` : '';
}

function gateTitle(run: RunState, key: string): string {
  const gate = run.gates.find((each) => keyOf(each.gate) === key)?.gate;
  return gate ? gateName(run, gate) : plain(key);
}
