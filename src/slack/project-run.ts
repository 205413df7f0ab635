// One pass over a run: compares the messages that should be with the table of those that are, and shows the difference.
//
// A new message waits for the one before it, so that a thread reads in order. Nothing waits for an edit or a file, and a message
// that Slack takes in no form, or never answers, is passed over, with a line that says so: the approval above all must not stand
// behind it. What was passed over and may still come is tried again at the end of a pass.
import type { RunState } from '../run/state.ts';
import { Pass } from './pass.ts';
import type { PassOptions, PassParts } from './pass-parts.ts';
import { messagesOf } from './view/messages.ts';

/** Returns when the earliest update that was put off is due (ms since the epoch), or null when all is shown. */
export async function projectRun(
  parts: PassParts,
  run: RunState,
  options: PassOptions,
): Promise<number | null> {
  const known = new Map((await parts.postings.list(run.runId)).map((each) => [each.key, each]));
  const pass = new Pass(parts, run, options, known);
  for (const message of messagesOf(run, options.view)) await pass.bring(message);
  return await pass.end();
}
