// The thread's report of one gate: verdict and reason, facts, checks, what it changed, and where its evidence is.
import type { Check, GateResult, Mutation } from '../../run/gate-result.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { atMost, context, list, section } from './blocks.ts';
import type { DesiredMessage } from './desired-message.ts';
import { code, plain } from './escape.ts';
import { evidenceFiles } from './evidence-files.ts';
import { factLines } from './gate-facts.ts';
import { bytes, duration, gateTimes, short } from './measures.ts';
import { statusEmoji, statusWord } from './words.ts';

/** Null while the gate is pending or running. */
export function gateMessage(run: RunState, state: GateState): DesiredMessage | null {
  const { gate, status, reason, result } = state;
  if (status === 'pending' || status === 'queued') return null;
  const title = `${gate.id} ${gate.title}`;
  const files = result ? evidenceFiles(state, result) : [];
  return {
    key: `gate-${gate.kind}`,
    thread: true,
    text: `${plain(title)}: ${statusWord[status]}${reason ? `. ${plain(reason.text)}` : ''}`,
    blocks: [
      section(
        `${statusEmoji[status]} *${plain(gate.id)} · ${plain(gate.title)}*\n${statusWord[status]}${timing(state)}`,
      ),
      ...(reason ? [section(`> ${plain(reason.text)} (${code(reason.code)})`)] : []),
      ...(result ? details(run, state, result, files.length) : []),
    ],
    ...(files.length > 0 && { files }),
  };
}

function details(run: RunState, { gate, attempt }: GateState, result: GateResult, uploaded: number) {
  const evidence = result.evidence.map(
    ({ title, digest, bytes: size }) => `${plain(title)} ${code(short(digest))} ${bytes(size)}`,
  );
  const simulated = run.mode === 'DRYRUN' ? ' (simulated, dry run)' : '';
  return [
    ...list('Found', atMost(40, factLines(gate.kind, result.facts), 'all are in the report')),
    ...list(
      `Checks: ${result.checks.filter(holds).length} of ${result.checks.length} hold`,
      checkLines(result.checks),
    ),
    ...list(`Changed${simulated}`, atMost(15, result.mutations.map(mutationLine), 'all are in the journal')),
    ...(evidence.length > 0
      ? [
          context(
            `Evidence${uploaded > 0 ? ' (uploaded below)' : ''}: ${atMost(8, evidence, 'all are in the report').join(' · ')}`,
          ),
        ]
      : []),
    context(`Decided on ${code(result.machine)}${attempt > 1 ? `, attempt ${attempt}` : ''}`),
  ];
}

function timing(state: GateState): string {
  const { waitedMs, tookMs } = gateTimes(state);
  if (tookMs === null) return '';
  return ` · took ${duration(tookMs)}${waitedMs === null ? '' : ` after ${duration(waitedMs)} in the queue`}`;
}

/** The ones that do not hold come first, so that a cut never hides them. */
function checkLines(checks: readonly Check[]): string[] {
  const ordered = [...checks.filter((each) => !holds(each)), ...checks.filter(holds)];
  return atMost(30, ordered.map(checkLine), 'all are in the report');
}

function checkLine({ title, status, expected, actual, evidence }: Check): string {
  const proof = evidence.length > 0 ? ` [${evidence.map((digest) => code(short(digest))).join(' ')}]` : '';
  const seen =
    expected === undefined || (status === 'pass' && expected === actual)
      ? code(actual)
      : `expected ${code(expected)}, got ${code(actual)}`;
  return `${statusEmoji[status]} ${plain(title)}: ${seen}${proof}`;
}

function mutationLine({ kind, machine, target, detail, simulated }: Mutation): string {
  return `• ${simulated ? '_would_ ' : ''}${code(kind)} on ${code(machine)}: ${code(target)}${detail === '' ? '' : ` ${plain(detail)}`}`;
}

function holds({ status }: Check): boolean {
  return status === 'pass';
}
