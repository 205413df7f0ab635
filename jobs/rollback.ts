// The way back: the anchor becomes live again by atomic exchange; the tree it replaces is kept beside as .bad-<run>.

import { anchorOf } from '../src/gate/anchor.ts';
import { withTargetLock } from '../src/gate/change-host.ts';
import type { Gate, GateContext } from '../src/gate/context.ts';
import { exchangeTrees } from '../src/gate/exchange-trees.ts';
import { observeTree } from '../src/gate/observe-tree.ts';
import { badPathOf } from '../src/gate/rollback-commands.ts';
import { requireFacts } from '../src/run/facts.ts';

export const rollback: Gate = {
  kind: 'rollback',
  run: (context) => withTargetLock(context, rollBackUnderLock),
};

async function rollBackUnderLock(context: GateContext): Promise<object> {
  const { job, record, signal } = context;
  // From the staging when promote was cut off before it could say what it did: the paths are the same.
  const { host, livePath, backupPath, exchangeWay } = requireFacts('stage', job.facts['stage']);
  const anchor =
    job.operation === 'rollback'
      ? requireFacts('rollback-readiness', job.facts['rollback-readiness']).anchor
      : anchorOf(job.facts);
  const badPath = badPathOf(livePath, job.subjectRun ?? job.run);
  await exchangeTrees(context, {
    way: exchangeWay,
    live: livePath,
    incoming: backupPath,
    outgoing: badPath,
    // Asked for by a person, it takes back what that run promoted and nothing else; by itself, whatever the failure left.
    was: job.operation === 'rollback' ? requireFacts('promote', job.facts['promote']).liveTree.digest : null,
    becomes: anchor.digest,
  });
  const restored = await observeTree(await context.host(host), livePath, signal);
  record.check('restored-tree', 'the live tree is the anchor again', restored.digest === anchor.digest, {
    expected: anchor.digest,
    actual: restored.digest,
  });
  return { host, livePath, restoredTree: { digest: restored.digest, files: restored.files }, badPath };
}
