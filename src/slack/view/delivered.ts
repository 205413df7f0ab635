// What a deploy delivered: files, commit, artifact.
import { readFacts } from '../../run/facts.ts';
import type { RunState } from '../../run/state.ts';
import { code } from './escape.ts';
import { bytes, count } from './measures.ts';
import { ownFacts } from './own-facts.ts';

/** Whether the candidate went live by this run, and stayed. */
export function isDelivered({ gates, mode, operation }: RunState): boolean {
  const statusOf = (kind: string) => gates.find(({ gate }) => gate.kind === kind)?.status;
  return (
    mode === 'LIVE' &&
    operation === 'deploy' &&
    statusOf('promote') === 'pass' &&
    statusOf('rollback') === undefined
  );
}

/** Lines of mrkdwn; none for a run that delivered nothing. */
export function deliveredLines(run: RunState): string[] {
  if (!isDelivered(run)) return [];
  const { files } = readFacts('survey', ownFacts(run, 'survey'));
  const { commit, branch, artifact } = readFacts('artifact', ownFacts(run, 'artifact'));
  const modified = (files ?? []).filter(({ change }) => change === 'modified').length;
  return [
    ...(files
      ? [`${count(files.length, 'file')}: ${modified} modified, ${files.length - modified} added`]
      : []),
    ...(commit
      ? [
          `Commit ${code(commit)} on ${code(branch ?? run.plan.source?.branch ?? 'its branch')} of the source repository`,
        ]
      : []),
    ...(artifact
      ? [`Artifact ${code(artifact.name)}, ${bytes(artifact.bytes)}, sha256 ${code(artifact.sha256)}`]
      : []),
  ];
}
