// The one channel message of a run, updated in place. The only one that may mention people.
import { allTargets } from '../../plan/sections.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { context, fields, header, list, section } from './blocks.ts';
import type { DesiredMessage, ViewContext } from './desired-message.ts';
import { code, mention, plain } from './escape.ts';
import { gateName } from './gate-name.ts';
import { isHeld } from './hold.ts';
import { between, duration, gateTimes, short, utc } from './measures.ts';
import { shortPaths } from './paths.ts';
import { progressBar, waitsFor } from './progress.ts';
import { whereTimeWent } from './times.ts';
import { operationWord, statusEmoji, statusWord, verdictSign } from './words.ts';

export function rootMessage(run: RunState, view: ViewContext): DesiredMessage {
  const { plan, finished } = run;
  const what = `${operationWord[run.operation]} · ${plan.title}`;
  const state = finished ? finished.verdict : run.aborted ? 'aborted, ending' : 'running';
  return {
    key: 'root',
    thread: false,
    text: `${operationWord[run.operation]} ${plain(plan.name)} (${run.runId}): ${state}`,
    blocks: [
      header(`${finished ? `${verdictSign[finished.verdict]} ${finished.verdict} · ` : '⏳ '}${what}`),
      fields(facts(run)),
      section(progressBar(run)),
      ...list(
        'Gates',
        run.gates.map((state) => gateLine(run, state)),
      ),
      section(finished ? outcome(run, finished) : `*Waits for* ${waitsFor(run, view)}`),
      context(
        `Run ${code(run.runId)} · plan digest ${code(short(run.planDigest))}${livePaths(plan)} · approvers ${approvers(run)}`,
      ),
    ],
  };
}

function facts(run: RunState): [string, string][] {
  const { plan, mode, requester, requestedAt, finished, subjectRun, operation } = run;
  return [
    ['Plan', code(plan.name)],
    ['Requested by', mention(requester.id)],
    ['Mode', mode === 'LIVE' ? 'LIVE' : 'DRYRUN, nothing is changed'],
    ...allTargets(plan).map(({ livePath, host }): [string, string] => [
      'Target',
      `${code(shortPaths(plan, livePath))} on ${code(host)}`,
    ]),
    ...(subjectRun && operation !== 'deploy' ? [['Of run', code(subjectRun)] as [string, string]] : []),
    ['Started', utc(requestedAt)],
    ...(finished
      ? [
          ['Took', `${duration(between(requestedAt, finished.at))}: ${whereTimeWent(run)}`] as [
            string,
            string,
          ],
        ]
      : []),
  ];
}

function livePaths(plan: RunState['plan']): string {
  const paths = allTargets(plan).map(({ livePath }) => code(livePath));
  return paths.length === 0 ? '' : ` · live path ${paths.join(', ')}`;
}

function gateLine(run: RunState, state: GateState): string {
  const { gate, status } = state;
  const { tookMs } = gateTimes(state);
  const word = status === 'pass' || status === 'pending' ? '' : ` · *${statusWord[status].split(':')[0]}*`;
  return `${statusEmoji[status]} ${gateName(run, gate)}${word}${tookMs === null ? '' : ` · ${duration(tookMs)}`}`;
}

function outcome(run: RunState, finished: NonNullable<RunState['finished']>): string {
  const { aborted } = run;
  const asks = isHeld(run)
    ? `\n:raised_hand: *Holds* and asks ${plain(run.plan.next.routeTo)}: look at the host, and go back with ${code(`/rollback ${run.runId}`)} or keep it`
    : '';
  const why = finished.reason && finished.verdict !== 'PASS' ? `\n> ${plain(finished.reason.text)}` : '';
  const who = aborted ? `\nAborted by ${plain(aborted.by.name)}: ${plain(aborted.reason)}` : '';
  return `*Outcome* ${plain(finished.outcome)}${why}${who}${asks}`;
}

function approvers({ plan }: RunState): string {
  return Object.entries(plan.approval.groups)
    .map(
      ([group, { members, quorum }]) => `${plain(group)} (${quorum} of ${members.map(mention).join(', ')})`,
    )
    .join('; ');
}
