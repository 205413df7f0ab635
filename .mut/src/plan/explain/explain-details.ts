// What one gate reads, runs and changes, with the plan's own paths, commands and counts. Pure.

import { isKnownMutation } from '../mutation-kinds.ts';
import type { Plan } from '../schema.ts';
import type { EvidenceRef } from '../schema-evidence.ts';
import type { GateOf, PlanGate } from '../schema-gates.ts';
import { targetOf } from '../sections.ts';
import { commandLine, counted, hostWords, listed, short } from './words.ts';

/** Lines for the gate's own part of the plan; none for what `decides` has said already. */
export function explainDetails(plan: Plan, gate: PlanGate): string[] {
  const { source, changeSet, commit, proofs } = plan;
  const target = targetOf(plan, gate);
  const live = target ? `${target.livePath} on ${hostWords(plan, target.host)}` : 'the live path';
  const probes = plan.probes.map(({ title }) => title);
  const full = plan.tests['full'];
  switch (gate.kind) {
    case 'precheck':
      return [
        ...(source
          ? [
              `Reads: the repository ${source.repository}, which must be clean, on ${source.branch}, at ${short(source.baseline)}.`,
            ]
          : []),
        `Reaches: ${listed(
          Object.keys(plan.hosts).map((name) => hostWords(plan, name)),
          'no host',
        )}.`,
        ...(probes.length > 0 ? [`Observes for the first time: ${listed(probes)}.`] : []),
      ];
    case 'survey':
      return changeSet ? explainChangeSet(changeSet) : [];
    case 'reconcile':
      return source ? [`Reads: the repository ${source.repository}; works in a copy.`] : [];
    case 'test':
      return [
        ...Object.entries(plan.tests).map(
          ([name, { command, expect }]) =>
            `Runs: suite ${name}, ${commandLine(command)}: exactly ${counted(expect.passed, 'test')} must pass.`,
        ),
        ...(proofs
          ? [`Runs: ${commandLine(proofs.command)}: ${counted(proofs.expect, 'proof')} must hold.`]
          : []),
        ...plan.forbiddenPatterns.map(
          ({ pattern, reason }) => `Forbids: ${JSON.stringify(pattern)} anywhere in the tree (${reason}).`,
        ),
      ];
    case 'artifact':
      if (isSecondArtifact(plan, gate))
        return ['Builds: another artifact of the same commit; the branch is not moved again.'];
      return source && commit
        ? [
            `Changes: the branch ${source.branch} of ${source.repository}, forward by one commit from ${short(source.baseline)}: "${commit.message.split('\n')[0]}", by ${commit.author.name}.`,
          ]
        : [];
    case 'stage':
      return [
        `Changes: uploads and unpacks beside ${live}; what is live is only read.`,
        ...(full
          ? [
              `Runs there: suite full, ${commandLine(full.command)}: exactly ${counted(full.expect.passed, 'test')} must pass.`,
            ]
          : []),
      ];
    case 'promote':
      return target?.first
        ? [`Changes: ${live}, which does not exist yet, becomes the staged tree.`]
        : [
            `Changes: ${live} becomes the staged tree, in one exchange with no moment in between; the tree that was live is kept beside it.`,
          ];
    case 'prove':
      return [
        `Reads: ${live}, file by file.`,
        ...(full ? [`Runs there: suite full, ${commandLine(full.command)}.`] : []),
        ...(proofs
          ? [`Runs there: ${commandLine(proofs.command)}: ${counted(proofs.expect, 'proof')} must hold.`]
          : []),
        ...observesAgain(probes),
      ];
    case 'probes':
      return observesAgain(probes);
    case 'rollback-readiness':
      return [`Changes: makes copies beside ${live}, rehearses the way back on them, and removes them.`];
    case 'rollback':
      return [
        `Changes: ${live} becomes again what was live before, in one exchange; the tree that it replaces is kept beside it.`,
      ];
    case 'host-survey':
      return explainSurvey(plan, gate);
    case 'command-proof':
      return explainCommand(plan, gate);
    case 'database-proof':
      return explainProofs(plan, gate);
    case 'decide':
      return explainDecision(gate);
    case 'gap-review':
      return [
        `Must be closed by now: ${listed(gate.with.mustBeClosed)}.`,
        `May be open, which makes the ending partial: ${listed(gate.with.partialWhileOpen)}.`,
      ];
    default:
      return [];
  }
}

function explainChangeSet({
  directory,
  files,
  modified,
  added,
  modes,
  removed,
}: NonNullable<Plan['changeSet']>): string[] {
  const count = counted(Object.keys(files).length, 'file');
  const programs = Object.entries(modes ?? {}).flatMap(([path, mode]) => (mode === '755' ? [path] : []));
  const gone = Object.keys(removed ?? {});
  return [
    `Reads: ${directory}, which must hold exactly ${count} (${modified} changed, ${added} new), each with the sha256 of the plan.`,
    ...(programs.length > 0 ? [`New and executable: ${listed(programs)}.`] : []),
    ...(gone.length > 0
      ? [`Removes: ${listed(gone)}, which must be in the baseline with the sha256 of the plan.`]
      : []),
  ];
}

/** All artifacts of a run are of the one commit that the first of them has made. */
export function isSecondArtifact({ gates }: Pick<Plan, 'gates'>, gate: PlanGate): boolean {
  return gate.kind === 'artifact' && gates.find(({ kind }) => kind === 'artifact') !== gate;
}

function observesAgain(probes: readonly string[]): string[] {
  return probes.length > 0 ? [`Observes for the second time: ${listed(probes)}.`] : [];
}

function explainSurvey(plan: Plan, { with: asked }: GateOf<'host-survey'>): string[] {
  const { system, freeBytes, tools, writable, notWritable, services } = asked;
  const wishes = [
    ...(system === undefined ? [] : [`its system matches ${system}`]),
    ...(freeBytes ? [`at least ${freeBytes.atLeast} bytes are free at ${freeBytes.path}`] : []),
    ...wish('it has', tools.present),
    ...wish('it does not have', tools.absent),
    ...wish('the login may write to', writable),
    ...wish('the login may not write to', notWritable),
    ...wish('these services run:', services.running),
    ...wish('these do not:', services.notRunning),
  ];
  return [`Looks at: ${hostWords(plan, asked.host)}. Expects that ${wishes.join('; ') || 'it answers'}.`];
}

function wish(words: string, items: readonly string[]): string[] {
  return items.length > 0 ? [`${words} ${listed(items)}`] : [];
}

function explainCommand(plan: Plan, { with: asked }: GateOf<'command-proof'>): string[] {
  const { exitCode, stdout, proofs, tests } = asked.expect;
  const wishes = [
    `it exits with ${exitCode}`,
    ...(stdout === undefined ? [] : [`its output matches ${stdout}`]),
    ...(proofs === undefined ? [] : [`${counted(proofs, 'proof')} ${proofs === 1 ? 'holds' : 'hold'}`]),
    ...(tests ? [`exactly ${counted(tests.passed, 'test')} ${tests.passed === 1 ? 'passes' : 'pass'}`] : []),
  ];
  const on = asked.on === undefined ? 'on the worker’s machine' : `on ${hostWords(plan, asked.on)}`;
  return [
    `Runs: ${commandLine(asked.command)} in ${asked.directory} ${on}. Expects that ${wishes.join('; ')}.`,
  ];
}

function explainProofs({ databases }: Plan, { with: { proofs } }: GateOf<'database-proof'>): string[] {
  return proofs.map(({ title, database, readOnly, steps, allow }) => {
    const via = Object.hasOwn(databases, database) ? databases[database]?.via : undefined;
    const how = readOnly
      ? 'PostgreSQL refuses every write in it'
      : 'it may write inside, and all of it is rolled back';
    const superuser = allow.superuser ? ' The login may be a superuser: reviewers have accepted that.' : '';
    return `Shows: ${title}. ${counted(steps.length, 'statement')} on the database ${database}${via === undefined ? '' : ` (through ${via})`}, in a transaction that is always rolled back; ${how}.${superuser}`;
  });
}

function explainDecision({ with: { question, decision, reason, by, when } }: GateOf<'decide'>): string[] {
  const rule =
    when.length === 0
      ? 'A rule decides, and it rests on nothing but this plan.'
      : `A rule decides: it holds if ${listed(when.map(refWords))}.`;
  return [
    `Asks: ${question} The answer of the plan: ${decision}. Why: ${reason}`,
    by === 'people' ? 'People decide: the approvers below must consent to it.' : rule,
  ];
}

/** What a claim or a rule rests on, as half a sentence. */
export function refWords(ref: EvidenceRef): string {
  if ('check' in ref) return `${ref.check} holds`;
  if ('probe' in ref) return `the probe ${ref.probe} reads as expected`;
  if ('proof' in ref) return `the proof ${ref.proof} holds`;
  if ('journal' in ref)
    return `the journal holds no change of kind ${ref.journal}${isKnownMutation(ref.journal) ? '' : ' (no such change exists in Interlock)'}`;
  return `by construction: ${ref.construction}`;
}
