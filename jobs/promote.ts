// G5, second half: the staged tree becomes live by atomic exchange, and the tree that was live becomes the backup. There is
// no moment in which the live path is missing or mixed.

import { anchorOf } from '../src/gate/anchor.ts';
import { withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { exchangeTrees } from '../src/gate/exchange-trees.ts';
import { checkManifest, manifestOf, observeTree } from '../src/gate/observe-tree.ts';
import { requireFacts } from '../src/run/facts.ts';

export const promote: Gate = {
  kind: 'promote',
  run: (context) => withTargetLock(context, promoteUnderLock),
};

async function promoteUnderLock(context: GateContext): Promise<object> {
  const { job, record, signal } = context;
  if (job.mode === 'DRYRUN') return wouldPromote(context);
  const staged = requireFacts('stage', job.facts['stage']);
  const manifest = manifestOf(requireFacts('artifact', job.facts['artifact']));
  const { livePath, backupPath, exchangeWay } = staged;
  const anchor = anchorOf(job.facts);
  await exchangeTrees(context, {
    way: exchangeWay,
    live: livePath,
    incoming: staged.stagedPath,
    outgoing: backupPath,
    was: anchor.digest,
    becomes: staged.stagedTree.digest,
  });

  const host = await context.host(staged.host);
  const live = await observeTree(host, livePath, signal);
  const backup = await observeTree(host, backupPath, signal);
  checkManifest(record, 'live-tree', 'the live tree equals the manifest', manifest, live);
  record.check('backup', 'the backup is what was live', backup.digest === anchor.digest, {
    expected: anchor.digest,
    actual: backup.digest,
  });
  return {
    host: staged.host,
    livePath,
    backupPath,
    deployTs: backupPath.slice(-16),
    liveTree: { digest: live.digest, files: live.files },
    backupTree: { digest: backup.digest, files: backup.files },
    exchangeWay,
  };
}

/** Journals what would be done; nothing was staged, so there is nothing to look at. */
async function wouldPromote({ plan, executor, permit }: GateContext): Promise<never> {
  const { host: machine, livePath: target } = plan.target;
  await executor.mutate(
    permit(),
    { kind: 'host.exchange', machine, target, detail: `exchange ${target} with the staged tree` },
    async () => undefined,
  );
  throw new GateStop('not-run', 'dryrun', `DRYRUN: would have exchanged ${target} with the staged tree.`);
}
