// Section 1: what was asked, what came of it, in what state things are. Pure.
import { assignGroups } from '../../approval/policy.ts';
import { matrixOf, openAmong } from '../../gaps/matrix.ts';
import { consentKinds } from '../../plan/gate-traits.ts';
import { readFacts } from '../../run/facts.ts';
import { builtOf, standingsOf } from '../../run/standing.ts';
import { factsOf, type RunState } from '../../run/state.ts';
import type { Conclusion } from '../conclude-run.ts';
import { changeLine, gateLine } from '../gate-line.ts';
import { code, counted, prose, sentence, shortCommit } from '../markdown.ts';
import { changesAnything, sayOperation } from '../say-operation.ts';
import { sayWhereThingsStand } from '../where-things-stand.ts';

export function summarise(run: RunState, conclusion: Conclusion): string {
  return [
    asked(run),
    chosen(run),
    ended(run, conclusion),
    rolledBack(run, conclusion),
    ...sayWhereThingsStand(run),
    openGaps(run),
  ]
    .filter((each) => each !== '')
    .join('\n\n');
}

function asked(run: RunState): string {
  const subject =
    run.operation === 'deploy' || run.subjectRun === null ? '' : ` of the run ${code(run.subjectRun)}`;
  const dry = run.mode === 'DRYRUN' ? ' It was a DRYRUN: changes were simulated, none was made.' : '';
  return `${prose(run.requester.name)} asked for this ${sayOperation(run)}${subject} with the plan ${code(run.plan.name)} at ${run.requestedAt}.${dry}`;
}

/** What a rollback was to bring back, and why just that. */
function chosen({ anchors, subjectRun }: RunState): string {
  return anchors
    .map(({ host, livePath, digest, path, ofRun, why }) => {
      const where = `${code(livePath)} on ${prose(host)}`;
      if (digest === null || path === null) return `At ${where} nothing was to be live again: ${prose(why)}.`;
      const from = ofRun === subjectRun ? 'which that run had kept' : `which the run ${code(ofRun)} had kept`;
      return `At ${where} the tree ${code(digest)} was chosen, ${from}: ${prose(why)}.`;
    })
    .join(' ');
}

function ended(run: RunState, { verdict, reason, gates, stop }: Conclusion): string {
  if (stop) return stopped(run, stop, gates.filter(({ status }) => status === 'not-run').length);
  if (verdict === 'PASS') return [passed(run), proved(run, gates)].filter((each) => each !== '').join(' ');
  return reason ? sentence(prose(reason.text)) : '';
}

type Stop = NonNullable<Conclusion['stop']>;

function stopped(run: RunState, { gate, reason }: Stop, notRun: number): string {
  const after = notRun > 0 ? ` ${counted(notRun, 'gate')} did not run for that reason.` : '';
  // What an approval permits does not begin without it: the look whether all is as it was shown, or the change itself.
  const unasked = gate?.state.attempt === 0 && afterApproval.has(gate.state.gate.kind);
  const consent = unasked && run.approval ? ` The approval was ${run.approval.status}.` : '';
  return `${whereStopped(gate)} ${sentence(prose(whyStopped(gate, reason)))}${after}${consent}`;
}

const afterApproval: ReadonlySet<string> = new Set(['drift', ...consentKinds]);

function whereStopped(gate: Stop['gate']): string {
  if (!gate) return 'It stopped.';
  const label = `${prose(gate.state.gate.id)} ${prose(gate.state.gate.title)}`;
  return gate.status === 'not-run'
    ? `It stopped before ${label}, which did not run.`
    : `It stopped at ${label} (${gate.status}).`;
}

/** A criterion's title says what should be: as a sentence of its own it would say the opposite of what was found. */
function whyStopped(gate: Stop['gate'], reason: Stop['reason']): string {
  const isCriterion = gate?.state.result?.checks.some(
    ({ id, title, status }) =>
      status === gate.status && id.toLowerCase() === reason.code && reason.text.startsWith(`${title}: `),
  );
  if (!isCriterion) return reason.text;
  return `${gate?.status === 'inconclusive' ? 'This could not be decided' : 'This did not hold'}: ${reason.text}`;
}

function passed(run: RunState): string {
  if (run.operation !== 'deploy') return 'Every gate passed.';
  if (!changesAnything(run)) return 'Every gate passed. Nothing was made, and nothing went live.';
  const { files } = readFacts('survey', factsOf(run)['survey']);
  const built = builtOf(run);
  const [{ commit, parent } = { commit: '', parent: '' }] = built;
  const lives = standingsOf(run).flatMap(({ promoted: { livePath, host, liveSince } }) =>
    livePath && host ? [`${code(livePath)} on ${prose(host)}${liveSince ? ` (${liveSince})` : ''}`] : [],
  );
  return [
    files
      ? `The ratified change set (${changeLine(files)}) was taken over`
      : 'The ratified change set was taken over',
    commit && parent ? `, committed as ${code(shortCommit(commit))} on ${code(shortCommit(parent))}` : '',
    built.length > 0 ? `, built into ${built.map(({ artifact }) => code(artifact.name)).join(' and ')}` : '',
    lives.length > 0 ? `, and made live at ${lives.join(' and at ')}` : '',
    approvers(run),
    '. Every gate passed.',
  ].join('');
}

/** What the last measuring gate found, in its own line. */
function proved(run: RunState, gates: Conclusion['gates']): string {
  const last = gates.find(({ state: { gate } }) => gate.kind === 'prove' || gate.kind === 'verify');
  return last ? `On the live tree: ${gateLine(run, last)}.` : '';
}

function approvers({ approval, plan }: RunState): string {
  const names = assignGroups(plan.approval, approval?.approvals ?? []).map(
    ({ approver, group }) => `${prose(approver.name)} (${prose(group)})`,
  );
  return names.length > 0 ? `, once ${names.join(' and ')} had approved exactly that` : '';
}

function rolledBack({ rollback }: RunState, { stop }: Conclusion): string {
  if (!rollback) return '';
  const how = rollback.trigger === 'automatic' ? 'an automatic rollback' : 'the rollback that was asked for';
  const why = rollback.reason.text === stop?.reason.text ? '.' : `: ${sentence(prose(rollback.reason.text))}`;
  return `The candidate was live by then, so ${how} began${why}`;
}

function openGaps(run: RunState): string {
  const open = openAmong(matrixOf(run)).length;
  return open === 0
    ? ''
    : `${counted(open, 'gap')} of the lineage ${open === 1 ? 'stays' : 'stay'} open; section 5 names ${open === 1 ? 'it' : 'them'}.`;
}
