// Which captured bytes go into the thread as files, and under which names.
import type { Evidence, GateResult } from '../../run/gate-result.ts';
import type { GateState } from '../../run/state.ts';
import type { DesiredFile } from './desired-message.ts';

/** One message of Slack shows ten files; the rest is named by digest and stays in the evidence store. */
const mostFiles = 10;
const mostBytes = 5_000_000;

/** The evidence of one gate as files: named after the gate, so that a name is unique in the run's thread. */
export function evidenceFiles({ gate, attempt }: GateState, { evidence }: GateResult): DesiredFile[] {
  return evidence
    .filter(({ bytes }) => bytes > 0 && bytes <= mostBytes)
    .slice(0, mostFiles)
    .map((each, index) => ({
      name: fileName(
        [gate.id, gate.kind, ...(attempt > 1 ? [`attempt-${attempt}`] : []), String(index + 1), each.title],
        endingOf(each),
      ),
      title: `${gate.id} ${each.title}`.slice(0, 150),
      digest: each.digest,
    }));
}

/** A file name of letters, digits, dots and dashes only: titles may come from a host. */
export function fileName(parts: readonly string[], ending: string): string {
  const stem = parts
    .join('-')
    .replace(/[^A-Za-z0-9.]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return `${stem.slice(0, 80) || 'file'}${ending}`;
}

const endings: readonly (readonly [mediaType: RegExp, ending: string])[] = [
  [/json/, '.json'],
  [/xml/, '.xml'],
  [/markdown/, '.md'],
  [/^text\/html/, '.html'],
  [/^text\//, '.txt'],
];

function endingOf({ mediaType, title }: Evidence): string {
  const ending = endings.find(([pattern]) => pattern.test(mediaType))?.[1] ?? '.bin';
  return title.endsWith(ending) ? '' : ending;
}
