// All messages of a run as they should stand in the workspace. Pure: the same run and context give the same messages.
import type { RunState } from '../../run/state.ts';
import { approvalMessages } from './approval.ts';
import { requestOfKey } from './approval-key.ts';
import { type DesiredMessage, markerOf, nothingKnown, type ViewContext } from './desired-message.ts';
import { code } from './escape.ts';
import { finalMessage } from './final.ts';
import { fitToLimits } from './fit-to-limits.ts';
import { gateMessage } from './gate.ts';
import { wholeFile } from './plainer.ts';
import { rootMessage } from './root.ts';

/** The root first, then the thread in the order in which things happened; each marked and within Slack's limits. */
export function messagesOf(run: RunState, context: ViewContext = nothingKnown): DesiredMessage[] {
  const thread: { at: string; message: DesiredMessage | null }[] = [
    ...run.gates.map((gate) => ({ at: gate.finishedAt ?? '', message: gateMessage(run, gate) })),
    ...approvalMessages(run, context),
  ];
  const replies = thread
    .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ message }) => message);
  return [rootMessage(run, context), ...replies, finalMessage(run, context)]
    .filter((message) => message !== null)
    .map((message) => fitted(withMarker(run.runId, message)));
}

/** Nobody is asked to approve what cannot be seen: where the request does not fit, all of it is a file beside it. */
function fitted(message: DesiredMessage): DesiredMessage {
  if (requestOfKey(message.key) === null) return fitToLimits(message);
  const whole = wholeFile(message);
  const cut = fitToLimits(message, `the whole is in the file ${code(whole.name)} of this thread`);
  const isWhole = JSON.stringify(cut.blocks) === JSON.stringify(message.blocks);
  return isWhole ? cut : { ...cut, files: [whole] };
}

function withMarker(runId: string, message: DesiredMessage): DesiredMessage {
  const [first, ...rest] = message.blocks;
  if (!first) throw new RangeError(`expected at least one block in message ${message.key}, got none`);
  return { ...message, blocks: [{ ...first, block_id: markerOf(runId, message.key) }, ...rest] };
}
