// The gates of a run that did not pass: which stopped it, which were left out for that, and why.
import type { Reason } from '../../run/gate-result.ts';
import type { RunState } from '../../run/state.ts';
import { plain } from './escape.ts';
import { gateLabel, gateName } from './gate-name.ts';
import { statusEmoji, statusWord } from './words.ts';

/** mrkdwn. `known` is the run's own reason, which stands above them already. Gates with one reason share a line. */
export function stoppedLines(run: RunState, known: Reason | null): string[] {
  const stopped = run.gates.filter(({ status }) => status !== 'pass');
  const groups = Map.groupBy(stopped, ({ status, reason }) => `${status} ${reason?.text ?? ''}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (!first) return [];
    const { status, reason, gate } = first;
    const name =
      group.length === 1
        ? gateName(run, gate)
        : group.map((each) => `*${plain(gateLabel(run, each.gate))}*`).join(', ');
    const why = reason ? withoutKnown(reason.text, known) : '';
    // A reason for not running says that it is one: "Not run, since …".
    if (status === 'not-run' && why !== '') return [`${statusEmoji[status]} ${name}: ${plain(why)}`];
    const word = statusWord[status].split(':')[0];
    return [`${statusEmoji[status]} ${name}: ${word}${why === '' ? '' : `. ${plain(why)}`}`];
  });
}

function withoutKnown(text: string, known: Reason | null): string {
  return known === null ? text : text === known.text ? '' : text.replace(`: ${known.text}`, '');
}
