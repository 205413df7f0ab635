// Runs as a list, and one run with every duration and wait: what `/runs` shows.
import { readFacts } from '../../run/facts.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { list } from './blocks.ts';
import type { ViewContext } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { gateName } from './gate-name.ts';
import { between, duration, gateTimes, utc } from './measures.ts';
import { ownFacts } from './own-facts.ts';
import { waitsFor } from './progress.ts';
import { rulingLines } from './ruling.ts';
import { whereTimeWent } from './times.ts';
import { operationWord, statusEmoji, statusWord, verdictSign } from './words.ts';

/** One line. */
export function runLine(run: RunState): string {
  const { finished, operation, plan, requester, requestedAt } = run;
  const state = finished ? `${verdictSign[finished.verdict]} ${finished.verdict}` : '⏳ running';
  return `${state} ${code(run.runId)} ${operationWord[operation]} ${code(plan.name)}, ${utc(requestedAt)}, by ${plain(requester.name)}`;
}

/** All that was waited for and done, a line each. May mention approvers who are still awaited. */
export function runDetails(run: RunState, view: ViewContext): string[] {
  const { finished, requestedAt, mode } = run;
  return [
    runLine(run),
    ...(finished
      ? [
          `*Outcome* ${plain(finished.outcome)}, after ${duration(between(requestedAt, finished.at))}: ${whereTimeWent(run)}${mode === 'DRYRUN' ? ' (dry run)' : ''}`,
        ]
      : [`*Waits for* ${waitsFor(run, view)}`]),
    ...(finished?.reason ? [`> ${plain(finished.reason.text)}`] : []),
    ...run.gates.map((state) => gateLine(run, state)),
    ...approvalLine(run),
    ...sourceLine(run),
    ...reportLine(run),
    ...list('Ruling', rulingLines(run, view)).flatMap(({ text }) => (text ? [text.text] : [])),
  ];
}

function gateLine(run: RunState, state: GateState): string {
  const { gate, status, reason, queuedAt } = state;
  const { waitedMs, tookMs } = gateTimes(state);
  const times = [
    ...(waitedMs === null || waitedMs === 0 ? [] : [`waited ${duration(waitedMs)}`]),
    ...(tookMs === null ? [] : [`took ${duration(tookMs)}`]),
    ...(status === 'queued' && queuedAt ? [`since ${utc(queuedAt)}`] : []),
  ];
  const why = reason ? `. ${plain(reason.text)}` : '';
  return `${statusEmoji[status]} ${gateName(run, gate)}: ${[statusWord[status].split(':')[0], ...times].join(', ')}${why}`;
}

function sourceLine({ plan: { source } }: RunState): string[] {
  return source ? [`*Source* branch ${code(source.branch)} of ${code(source.repository)}`] : [];
}

/** Where the report lies, as its publication says it. */
function reportLine(run: RunState): string[] {
  const { publication } = readFacts('report', ownFacts(run, 'report'));
  if (!publication) return [];
  return [`*Report* ${publication.published ? '' : 'not published: '}${plain(publication.detail)}`];
}

function approvalLine({ approval }: RunState): string[] {
  if (!approval) return [];
  const { digest, requestedAt, decidedAt, status, approvals, rejectedBy } = approval;
  const people = approvals.map(({ approver }) => plain(approver.name)).join(', ');
  const by = rejectedBy ? ` by ${plain(rejectedBy.name)}` : people === '' ? '' : ` by ${people}`;
  const waited = decidedAt
    ? `, waited ${duration(between(requestedAt, decidedAt))}`
    : `, asked for at ${utc(requestedAt)}`;
  return [`:lock: *Approval* of ${code(digest)}: ${status}${by}${waited}`];
}
