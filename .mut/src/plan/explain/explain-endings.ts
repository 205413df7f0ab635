// What happens when something fails, how the run may end, and what is left behind for readers. Pure.
import { mayLeadToPartial } from '../check-lineage.ts';
import { sayExpectedChange } from '../expected-now.ts';
import { sayAct } from '../say-act.ts';
import type { Plan, PlanClaim, PlanForbidden, PlanGap } from '../schema.ts';
import type { PlanPublisher } from '../schema-reports.ts';
import { refWords } from './explain-details.ts';
import { needsConsent } from './explain-gates.ts';
import { counted, listed } from './words.ts';

export function explainFailure(plan: Plan): string[] {
  const { gates, onFailureAfterPromote, outcomes } = plan;
  const kinds = new Set(gates.map(({ kind }) => kind));
  const extra = gates.filter(({ supplementary }) => supplementary).map(({ id, title }) => `${id} ${title}`);
  const back =
    onFailureAfterPromote === 'rollback'
      ? 'what was live before is brought back at once, without asking. Only where something could not be measured does the run hold and ask a human.'
      : 'the run holds, leaves the candidate live, and asks a human.';
  return [
    'A gate that fails, is blocked or cannot be measured stops the run: the gates after it do not run, and are never taken for passed.',
    ...(extra.length > 0 ? [`These look all the same, to make a stopped run useful: ${listed(extra)}.`] : []),
    ...(kinds.has('artifact') && kinds.has('promote')
      ? [
          'Stopped before the commit, nothing has changed. Stopped after it and before promote, the commit is on the branch and nothing is live; the report says so.',
        ]
      : []),
    ...(kinds.has('promote') ? [`When a gate fails once the candidate is live, ${back}`] : []),
    ...(outcomes.partial === undefined || !gates.some(mayLeadToPartial)
      ? []
      : ['Where all that is missing is a known gap, the ending is partial.']),
    'Every run ends in a report, also one that was stopped.',
  ].map((line) => `  ${line}`);
}

export function explainEndings(plan: Plan): string[] {
  const { gates, outcomes, next, reports } = plan;
  const asks = plan.mode === 'LIVE' && gates.some(needsConsent);
  return [
    `- passed: "${outcomes.pass}". Next: ${next.next}`,
    ...(outcomes.partial === undefined || !gates.some(mayLeadToPartial)
      ? []
      : [`- passed but for known gaps: "${outcomes.partial}"`]),
    `- blocked, a precondition did not hold${asks ? ' or nobody consented' : ''}: "${outcomes.blocked}"`,
    `- failed, the evidence contradicts it: "${outcomes.failed}"`,
    `- inconclusive, something could not be measured: "${outcomes.inconclusive}"`,
    `A run that stops is handed to ${next.routeTo}.`,
    `Its documents go into ${publisherWords(reports.publisher)}, in the folder ${reports.path}, beside a signed evidence bundle that anybody can verify offline.`,
  ].map((line) => `  ${line}`);
}

export function publisherWords(publisher: PlanPublisher): string {
  switch (publisher.kind) {
    case 'directory':
      return `the directory ${publisher.directory} of the control plane’s machine`;
    case 'git':
      return `the branch ${publisher.branch} of the git repository ${publisher.repository}`;
    case 'http':
      return `the knowledge base at ${publisher.url}`;
  }
}

/** What the run is held to, and what is known to be missing. */
export function explainClaims(plan: Plan): string[] {
  const { passCriteria, forbiddenActions, gaps, requires } = plan;
  const claims = (words: string, lines: readonly string[]) => (lines.length === 0 ? [] : [words, ...lines]);
  const [found, declared] = [gaps.filter(isFound), gaps.filter((gap) => !isFound(gap))];
  const [closing, carried] = [gaps.filter(isClosing), declared.filter((gap) => !isClosing(gap))];
  const lines = [
    ...(requires.gaps.length > 0
      ? [`Before it runs, these gaps must be closed: ${listed(requires.gaps)}.`]
      : []),
    ...requires.rulings.map(
      ({ plan, decision }) =>
        `Before it runs, the last run of ${plan} must have been ruled ${decision.replaceAll('-', ' ')}${decision === 'accepted' ? '' : ', or accepted'}.`,
    ),
    ...claims('It claims, and shows what each rests on:', passCriteria.map(claimLine)),
    ...claims(
      'It claims not to do, and shows how that is known:',
      forbiddenActions.map((claim) => forbiddenLine(plan, claim)),
    ),
    ...claims('It expects that these change, and fails where one does not:', changeLines(plan)),
    ...(closing.length > 0
      ? [
          'It closes these known gaps, if it ends well and the evidence is there:',
          ...closing.map(
            (gap) =>
              `${gapLine(gap)}. Rests on: ${listed(gap.closes.map(refWords))}${gap.status === 'partial' ? '; in part only' : ''}`,
          ),
        ]
      : []),
    ...(found.length > 0
      ? [
          'It discloses these gaps only if it finds them:',
          ...found.map(
            (gap) =>
              `${gapLine(gap)}. Unless: ${listed((gap.opens ?? []).map(refWords))}. Meant for: ${gap.scope}`,
          ),
        ]
      : []),
    ...(carried.length > 0
      ? [
          `Known and disclosed, and not closed by this run: ${counted(carried.length, 'gap')}.`,
          ...carried.map((gap) => `${gapLine(gap)}. Meant for: ${gap.scope}`),
        ]
      : []),
  ];
  return lines.length === 0 ? ['  Nothing beyond its gates.'] : lines.map((line) => `  ${line}`);
}

function claimLine({ title, evidence }: PlanClaim): string {
  const rests =
    evidence.length === 0 ? 'nothing, so it will read "not evidenced"' : listed(evidence.map(refWords));
  return `- ${title}. Rests on: ${rests}`;
}

/** The act in our words stands beside the author's title: it says no more than the evidence shows. */
function forbiddenLine(plan: Plan, claim: PlanForbidden): string {
  const line = claimLine(claim);
  return claim.act === undefined ? line : `${line}. Looked for is: to ${sayAct(plan, claim)}`;
}

function changeLines({ probes }: Plan): string[] {
  return probes.flatMap(({ title, expect }) => {
    const change = sayExpectedChange(expect);
    return change === null ? [] : [`- ${title}: ${change}`];
  });
}

function isClosing({ closes }: PlanGap): boolean {
  return closes.length > 0;
}

function isFound({ opens }: PlanGap): boolean {
  return opens !== undefined;
}

function gapLine({ id, title }: PlanGap): string {
  return `- ${id}: ${title}`;
}
