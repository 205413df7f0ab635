// The report package: one document a gate label, also of one that did not run, and the final one. Pure: the same run, the same bytes.
import { keyOf } from '../plan/schema-gates.ts';
import { allTargets, machineOf } from '../plan/sections.ts';
import type { GateState, RunState } from '../run/state.ts';
import { adviseNext } from './advise-next.ts';
import { type Conclusion, concludeRun } from './conclude-run.ts';
import { adviceLine, reasonOf } from './final/describe-next.ts';
import { finalBody, type PackageContext } from './final-document.ts';
import { documentDigest, withFrontMatter } from './front-matter.ts';
import { gateBody } from './gate-document.ts';
import { bullets, prose } from './markdown.ts';

export interface ReportDocument {
  /** File name, such as `06-stage-promote.md`: the same for every run of the plan, so that a later run makes a new revision. */
  readonly name: string;
  readonly id: string;
  readonly title: string;
  /** With front matter, as revision 0. */
  readonly markdown: string;
  /** `documentDigest` of it: what the attestation names. */
  readonly digest: string;
}

/**
 * Renders the package from the run alone. No clock: a report gate that runs twice renders the same bytes, and publishing them
 * again changes nothing.
 */
export function renderDocuments(run: RunState, context: PackageContext = {}): ReportDocument[] {
  const conclusion = concludeRun(run);
  const labels = labelsOf(run);
  const gates = labels.map(({ number, gates: group }) => gateDocument(run, conclusion, number, group));
  return [...gates, finalDocument(run, conclusion, gates, context)];
}

interface Label {
  readonly number: string;
  readonly gates: readonly GateState[];
}

/** Numbers go by the plan's labels. A rollback that a failure added takes the number before it with "b", and moves none. */
function labelsOf(run: RunState): Label[] {
  const byLabel = Map.groupBy(
    run.gates.filter(({ gate }) => gate.kind !== 'report'),
    ({ gate }) => gate.id,
  );
  const planned = new Set(run.plan.gates.map(({ id }) => id));
  let number = 0;
  return [...byLabel].map(([id, gates]) => {
    const added = run.operation === 'deploy' && !planned.has(id);
    if (!added) number += 1;
    return { number: `${String(number).padStart(2, '0')}${added ? 'b' : ''}`, gates };
  });
}

function gateDocument(
  run: RunState,
  conclusion: Conclusion,
  number: string,
  gates: readonly GateState[],
): ReportDocument {
  const title = gates.map(({ gate }) => gate.title).join(', ');
  const tags = [...new Set(gates.map(({ status }) => status))];
  return render(
    run,
    number,
    // A dry run has no drift gate; the name stays the same.
    slugOf(gates.flatMap(({ gate }) => (gate.kind === 'drift' ? [] : [keyOf(gate)]))),
    `${gates[0]?.gate.id ?? ''} ${title}`,
    tags,
    [
      gateBody(gates),
      ...(gates.every(({ result }) => result === null) ? [whatThen(run, conclusion)] : []),
    ].join('\n\n'),
  );
}

/** Under a label of which nothing ran: what makes it run. */
function whatThen(run: RunState, conclusion: Conclusion): string {
  const { mend, advice } = adviseNext(run, conclusion.verdict);
  const lines = [
    ...(mend ? [`mend the reason of the stop: ${reasonOf(conclusion)}`] : []),
    ...advice.map(adviceLine),
  ];
  return `### What to do then\n\n${lines.length > 0 ? bullets(lines) : 'Nothing: the run goes on without it.'}`;
}

/** Names of gates may hold what a file name of the package may not. */
function slugOf(keys: readonly string[]): string {
  return keys
    .join('-')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 120);
}

function finalDocument(
  run: RunState,
  conclusion: Conclusion,
  others: readonly ReportDocument[],
  context: PackageContext,
): ReportDocument {
  const number = String(labelsOf(run).filter((label) => !label.number.endsWith('b')).length + 1).padStart(
    2,
    '0',
  );
  const machine = machineOf(run.plan);
  const tags = [
    conclusion.verdict.toLowerCase(),
    ...(machine ? [machine] : []),
    ...new Set(allTargets(run.plan).map(({ host }) => host)),
  ];
  return render(run, number, 'final', 'final report', tags, finalBody(run, conclusion, others, context));
}

function render(
  run: RunState,
  number: string,
  subject: string,
  about: string,
  tags: readonly string[],
  body: string,
): ReportDocument {
  const scope = run.operation === 'deploy' ? '' : `${run.operation}-`;
  const { idPrefix, tags: planTags } = run.plan.reports;
  const title = `${run.plan.title} — ${number} ${about}`;
  const id = `${idPrefix}-${scope}${number}`;
  const front = {
    id,
    title,
    tags: [...new Set([...planTags, run.operation, ...tags])],
    run: run.runId,
    date: lastMoment(run).slice(0, 10),
  };
  const markdown = withFrontMatter(front, `# ${prose(title)}\n\n${body}`);
  return { name: `${scope}${number}-${subject}.md`, id, title, markdown, digest: documentDigest(markdown) };
}

/** Of the ledger, not of the clock. */
function lastMoment({ requestedAt, gates, approval }: RunState): string {
  const moments = [
    requestedAt,
    ...gates.flatMap(({ gate, finishedAt }) => (finishedAt && gate.kind !== 'report' ? [finishedAt] : [])),
    approval?.decidedAt ?? requestedAt,
  ];
  return moments.sort().at(-1) ?? requestedAt;
}
