// The thread's report of one gate: verdict and reason, what does not hold, facts, what it changed, and where its evidence is.
import { keyOf } from '../../plan/schema-gates.ts';
import type { GateResult } from '../../run/gate-result.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { atMost, context, list, section } from './blocks.ts';
import { changeLines } from './changes.ts';
import { failingLines, howManyHold, isSaidByCheck } from './checks.ts';
import type { DesiredMessage } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { gateFiles } from './evidence-files.ts';
import { factLines } from './gate-facts.ts';
import { gateHeading, gateLabel } from './gate-name.ts';
import { bytes, duration, gateTimes, short } from './measures.ts';
import { statusEmoji, statusWord } from './words.ts';

/** Null while the gate is pending or running. */
export function gateMessage(run: RunState, state: GateState): DesiredMessage | null {
  const { gate, status, reason, result } = state;
  if (status === 'pending' || status === 'queued') return null;
  const title = `${gate.id} ${gate.title}`;
  const files = result ? gateFiles(run, state, result) : [];
  const isSaid = result !== null && isSaidByCheck(state, result);
  return {
    key: `gate-${keyOf(gate)}`,
    thread: true,
    text: `${plain(title)}: ${statusWord[status]}${reason ? `. ${plain(reason.text)}` : ''}`,
    blocks: [
      section(`${statusEmoji[status]} ${gateHeading(run, gate)}\n${statusWord[status]}${timing(state)}`),
      ...(reason && !isSaid ? [section(`> ${plain(reason.text)} (${code(reason.code)})`)] : []),
      ...(result ? details(run, state, result) : []),
    ],
    ...(files.length > 0 && { files }),
  };
}

function details(run: RunState, state: GateState, result: GateResult) {
  const { plan } = run;
  const { gate, attempt, earlier } = state;
  const evidence = result.evidence.map(
    ({ title, digest, bytes: size }) => `${plain(title)} ${code(short(digest))} ${bytes(size)}`,
  );
  const simulated = run.mode === 'DRYRUN' ? ' (simulated, dry run)' : '';
  return [
    ...list('Does not hold', failingLines(result.checks)),
    ...list('Found', atMost(40, factLines(gate.kind, result.facts, plan), 'all are in the report')),
    ...(result.checks.length > 0
      ? [
          section(
            `*${howManyHold(result.checks)}*, each with what it saw in the file “${plain(gateLabel(run, gate))} checks”`,
          ),
        ]
      : []),
    ...list(`Changed${simulated}`, changeLines(plan, state, result)),
    ...(evidence.length > 0
      ? [context(`Evidence: ${atMost(8, evidence, 'all are in the report').join(' · ')}`)]
      : []),
    context(`Decided on ${code(result.machine)}${attempt > 1 ? `, attempt ${attempt}` : ''}`),
    ...(earlier.length > 0
      ? [
          context(
            `Tried again after ${atMost(
              3,
              earlier.map(
                ({ attempt: cut, reason: why }) => `attempt ${cut}: ${plain(why?.text ?? 'cut off')}`,
              ),
              'all are in the report',
            ).join(' · ')}`,
          ),
        ]
      : []),
  ];
}

/** Shorter waits are the queue's own time, ms. */
const noWait = 1000;

function timing(state: GateState): string {
  const { waitedMs, tookMs } = gateTimes(state);
  if (tookMs === null) return '';
  const waited = waitedMs === null || waitedMs < noWait ? '' : ` after ${duration(waitedMs)} in the queue`;
  return ` · took ${duration(tookMs)}${waited}`;
}
