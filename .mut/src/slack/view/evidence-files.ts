// Which captured bytes go into the thread as files, and under which names.
import type { Evidence, GateResult } from '../../run/gate-result.ts';
import type { GateState, RunState } from '../../run/state.ts';
import { checksFile } from './checks.ts';
import type { DesiredFile } from './desired-message.ts';
import { gateFileName } from './file-name.ts';
import { gateLabel } from './gate-name.ts';

/** One message of Slack shows ten files, the checks among them; the rest is named by digest and stays in the evidence store. */
const mostEvidence = 9;
const mostBytes = 5_000_000;

/** The checks and the evidence of one gate as files: named after the gate, so that a name is unique in the run's thread. */
export function gateFiles(run: RunState, state: GateState, result: GateResult): DesiredFile[] {
  const checks = checksFile(run, state, result);
  const label = gateLabel(run, state.gate);
  const evidence = result.evidence
    .filter(({ bytes }) => bytes > 0 && bytes <= mostBytes)
    .slice(0, mostEvidence)
    .map((each, index) => ({
      name: gateFileName(state, [String(index + 1), each.title], endingOf(each)),
      title: `${label} ${each.title}`.slice(0, 150),
      digest: each.digest,
    }));
  return [...(checks ? [checks] : []), ...evidence];
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
