// The way back: the anchor becomes live again by atomic exchange, or after a first deploy nothing is live again; the tree that
// was live is kept beside as .bad-<run>.

import { anchorOf } from '../src/gate/anchor.ts';
import { stashOf, withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { exchangeTrees } from '../src/gate/exchange-trees.ts';
import { badPathOf } from '../src/gate/names-beside.ts';
import { findTree } from '../src/gate/observe-tree.ts';
import { placeTree } from '../src/gate/place-tree.ts';
import { lookHowFar, promotionOf } from '../src/gate/promotion.ts';
import { fenceOff } from '../src/gate/raise-fence.ts';
import { revokeOnHost } from '../src/gate/spend-on-host.ts';
import { positionWords } from '../src/gate/way-back.ts';
import { placingWay } from '../src/host/place.ts';
import { type RollbackFacts, requireFacts } from '../src/run/facts.ts';

export const rollback: Gate = {
  kind: 'rollback',
  run: (context) => withTargetLock(context, rollBackUnderLock),
};

async function rollBackUnderLock(context: GateContext): Promise<RollbackFacts> {
  const { job, record, signal } = context;
  // From the staging when promote was cut off before it could say what it did: the paths are the same.
  const { host, livePath } = requireFacts('stage', job.facts['stage']);
  // A job of that run which somebody holds back must not begin after this one has ended.
  if (job.mode === 'LIVE') await revokeOnHost(context, stashOf(livePath).nonces, job.revokes ?? []);
  const anchor = decided(context);
  const badPath = await takeBack(context, anchor);
  const observer = await context.host(host);
  const restored = await findTree(observer, livePath, signal);
  record.check(
    'restored-tree',
    anchor ? 'the live tree is the anchor again' : 'nothing is live again',
    restored?.digest === anchor?.digest,
    { expected: anchor?.digest ?? 'absent', actual: restored?.digest ?? 'absent' },
  );
  const bad = badPath === null ? null : await findTree(observer, badPath, signal);
  return {
    host,
    livePath,
    restoredTree: restored && { digest: restored.digest, files: restored.files },
    anchorPath: anchor?.path ?? null,
    badPath,
    badTree: bad && { digest: bad.digest, files: bad.files },
  };
}

/** What goes live again: asked for by a person what was approved, by itself what was live before this run. */
function decided({ job }: GateContext): { path: string; digest: string } | null {
  if (job.operation === 'rollback')
    return requireFacts('rollback-readiness', job.facts['rollback-readiness']).anchor;
  const { backupPath } = requireFacts('stage', job.facts['stage']);
  const anchor = anchorOf(job.facts);
  return anchor && backupPath ? { path: backupPath, digest: anchor.digest } : null;
}

/**
 * A command of the promote that was cut off may still be under way on the host: behind the fence it does nothing any more, and
 * what it has done until then is seen. Throws GateStop `blocked` `drift` when the promote went on since it was shown.
 */
async function stillBefore(context: GateContext): Promise<void> {
  if (context.job.mode === 'LIVE') await fenceOff(context);
  const position = await lookHowFar(context, promotionOf(context.job.facts));
  if (position.at === 'before') return;
  throw new GateStop(
    'blocked',
    'drift',
    `The promote that is taken back has gone on since this was shown. ${position.at === 'drift' ? position.what : positionWords[position.at]}. Ask for the rollback anew.`,
  );
}

/** Where the tree is kept that was live; null when none was taken out. */
async function takeBack(context: GateContext, anchor: ReturnType<typeof decided>): Promise<string | null> {
  const { job, record } = context;
  const { livePath, stagedTree, exchangeWay } = requireFacts('stage', job.facts['stage']);
  const isAsked = job.operation === 'rollback';
  if (isAsked && requireFacts('rollback-readiness', job.facts['rollback-readiness']).position === 'before') {
    await stillBefore(context);
    record.check('nothing-to-take-back', 'nothing is exchanged', true, { actual: positionWords.before });
    return null;
  }
  const badPath = badPathOf(livePath, job.subjectRun ?? job.run);
  // Asked for by a person, it takes back what that run promoted and nothing else; by itself, whatever the failure left.
  const was = isAsked ? stagedTree.digest : null;
  if (anchor === null)
    await placeTree(context, { way: placingWay(exchangeWay), from: livePath, to: badPath, tree: was });
  else
    await exchangeTrees(context, {
      way: exchangeWay,
      live: livePath,
      incoming: anchor.path,
      outgoing: badPath,
      was,
      becomes: anchor.digest,
    });
  return badPath;
}
