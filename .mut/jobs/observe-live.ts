// What is live, after a gate that may have changed it: the fence first, so that nothing which an earlier gate of the run left
// behind acts after the look; then the trees, by digest, and what the host's own journal says was begun.

import { stashOf } from '../src/gate/change-host.ts';
import type { Gate, GateContext } from '../src/gate/context.ts';
import { lastBegun } from '../src/gate/last-begun.ts';
import { badPathOf, stagedPathOf } from '../src/gate/names-beside.ts';
import { fenceOff, stillFenced } from '../src/gate/raise-fence.ts';
import { revokeOnHost } from '../src/gate/spend-on-host.ts';
import { type TreeAt, treesAt } from '../src/gate/trees-at.ts';
import { parseJournal, readJournal } from '../src/host/commands/observe-journal.ts';
import { readFacts } from '../src/run/facts.ts';
import type { LookFacts } from '../src/run/facts-of-look.ts';

export const observeLive: Gate = { kind: 'observe-live', run: lookAtLive };

async function lookAtLive(context: GateContext): Promise<LookFacts> {
  const { plan, job, record, signal, now } = context;
  const { host: name, livePath } = plan.target;
  // First: whoever has begun before is fenced off then, and whoever comes later is refused.
  await revokeOnHost(context, stashOf(livePath).nonces, job.revokes ?? []);
  const fence = await fenceOff(context);
  const host = await context.host(name);
  const [live, ...others] = await treesAt(
    host,
    [livePath, ...pathsBeside(context)],
    signal,
    job.attempt >= triesToRead,
  );
  const { lines } = parseJournal(await host.run(readJournal(stashOf(livePath).journal), { signal }));
  await stillFenced(context, fence);
  const begun = lastBegun(lines, job.run, livePath);
  record.check('live', 'what is live was read, behind the fence', true, { actual: sayTree(live) });
  return {
    host: name,
    livePath,
    at: now().toISOString(),
    fence,
    tree: live?.digest ? { digest: live.digest, files: live.files } : null,
    strange: live?.strange ?? null,
    inode: live?.inode ?? null,
    begun,
    beside: others.flatMap(({ path, digest, strange }) =>
      digest === null && strange === null ? [] : [{ path, digest, strange }],
    ),
  };
}

/** From which attempt on a live tree that cannot be listed is said to be just that: at first it may be in motion. */
const triesToRead = 3;

/** Where this run, or the one that it takes back, may have left a tree. */
function pathsBeside({ plan, job }: GateContext): string[] {
  const { livePath } = plan.target;
  const { stagedPath, backupPath } = readFacts('stage', job.facts['stage']);
  const anchor = readFacts('rollback-readiness', job.facts['rollback-readiness']).anchor ?? job.anchor;
  const paths = [
    stagedPath ?? stagedPathOf(livePath, job.run),
    backupPath,
    anchor?.path,
    badPathOf(livePath, job.subjectRun ?? job.run),
  ];
  return [
    ...new Set(paths.filter((path) => path !== undefined && path !== null && path !== livePath)),
  ] as string[];
}

function sayTree(tree: TreeAt | undefined): string {
  return tree?.digest ?? tree?.strange ?? 'absent';
}
