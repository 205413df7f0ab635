// What a deploy delivered: files, commit, artifacts.
import { countChanges } from '../../run/count-changes.ts';
import { readFacts } from '../../run/facts.ts';
import { builtOf, standingsOf } from '../../run/standing.ts';
import type { RunState } from '../../run/state.ts';
import { code } from './escape.ts';
import { bytes, count } from './measures.ts';
import { ownFacts } from './own-facts.ts';

/** Whether anything went live by this run, and stayed. */
export function isDelivered(run: RunState): boolean {
  return (
    run.mode === 'LIVE' &&
    run.operation === 'deploy' &&
    standingsOf(run).some(({ live, promote, rollback }) => live === 'candidate' && promote && !rollback)
  );
}

/** Lines of mrkdwn; none for a run that delivered nothing. */
export function deliveredLines(run: RunState): string[] {
  if (!isDelivered(run)) return [];
  const { files } = readFacts('survey', ownFacts(run, 'survey'));
  const built = builtOf(run);
  const [first] = built;
  return [
    ...(files ? [`${count(files.length, 'file')}: ${countChanges(files)}`] : []),
    ...(first ? [`Commit ${code(first.commit)} on ${code(first.branch)} of the source repository`] : []),
    ...built.map(
      ({ artifact }) =>
        `Artifact ${code(artifact.name)}, ${bytes(artifact.bytes)}, sha256 ${code(artifact.sha256)}`,
    ),
  ];
}
