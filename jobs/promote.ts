// G5, second half: the staged tree becomes live by atomic exchange, and the tree that was live becomes the backup. There is
// no moment in which the live path is missing or mixed. A first deploy names the staged tree, and never replaces anything.

import { anchorOf } from '../src/gate/anchor.ts';
import { withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { checkManifest, manifestOf, observeTree } from '../src/gate/observe-tree.ts';
import { carryOut, promotionOf } from '../src/gate/promotion.ts';
import { requireFacts } from '../src/run/facts.ts';
import type { Mutation } from '../src/run/gate-result.ts';

export const promote: Gate = {
  kind: 'promote',
  run: (context) => withTargetLock(context, promoteUnderLock),
};

async function promoteUnderLock(context: GateContext): Promise<object> {
  const { job, record, signal, executor } = context;
  if (job.mode === 'DRYRUN') return wouldPromote(context);
  const staged = requireFacts('stage', job.facts['stage']);
  const manifest = manifestOf(requireFacts('artifact', job.facts['artifact']));
  const { livePath, backupPath, exchangeWay } = staged;
  await carryOut(context, promotionOf(job.facts));

  const host = await context.host(staged.host);
  const live = await observeTree(host, livePath, signal);
  checkManifest(record, 'live-tree', 'the live tree equals the manifest', manifest, live);
  const backup = backupPath === null ? null : await observeTree(host, backupPath, signal);
  const anchor = anchorOf(job.facts);
  record.check(
    'backup',
    backup ? 'the backup is what was live' : 'nothing was live before, so nothing has to be kept',
    backup?.digest === anchor?.digest,
    { expected: anchor?.digest ?? 'absent', actual: backup?.digest ?? 'absent' },
  );
  return {
    host: staged.host,
    livePath,
    backupPath,
    liveSince: becameLiveAt(executor.journal, livePath),
    liveTree: { digest: live.digest, files: live.files },
    backupTree: backup && { digest: backup.digest, files: backup.files },
    exchangeWay,
  };
}

function becameLiveAt(journal: readonly Mutation[], livePath: string): string | null {
  const act = journal.find(
    ({ kind, target }) => target === livePath && (kind === 'host.exchange' || kind === 'host.rename'),
  );
  return act?.at ?? null;
}

/** Journals what would be done; nothing was staged, so there is nothing to look at. */
async function wouldPromote({ plan, executor, permit }: GateContext): Promise<never> {
  const { host: machine, livePath: target, first } = plan.target;
  const [kind, act, acted] = first
    ? (['host.rename', 'rename the staged tree to', 'renamed the staged tree to'] as const)
    : (['host.exchange', 'exchange the staged tree with', 'exchanged the staged tree with'] as const);
  await executor.mutate(
    permit(),
    { kind, machine, target, detail: `${act} ${target}` },
    async () => undefined,
  );
  throw new GateStop('not-run', 'dryrun', `DRYRUN: would have ${acted} ${target}.`);
}
