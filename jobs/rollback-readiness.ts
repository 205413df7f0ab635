// G7: the anchor is intact, the way back is written down, and the very commands are rehearsed on a copy.
import { changeHost, withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { observeTree } from '../src/gate/observe-tree.ts';
import { rollbackCommands, rollbackSteps } from '../src/gate/rollback-commands.ts';
import { copyTree, removeStaged } from '../src/host/commands/mutate-tree.ts';
import { type PromoteFacts, type RollbackReadinessFacts, requireFacts } from '../src/run/facts.ts';

export const rollbackReadiness: Gate = {
  kind: 'rollback-readiness',
  async run(context) {
    if (context.job.mode === 'DRYRUN')
      throw new GateStop(
        'not-run',
        'dryrun',
        'DRYRUN: nothing was promoted, so there is no way back to rehearse.',
      );
    return withTargetLock(context, checkReadiness);
  },
};

async function checkReadiness(context: GateContext): Promise<RollbackReadinessFacts> {
  const { job, record, signal } = context;
  const promoted = requireFacts('promote', job.facts['promote']);
  const { livePath, backupPath, backupTree, exchangeWay } = promoted;
  const host = await context.host(promoted.host);
  const backup = await observeTree(host, backupPath, signal);
  record.check('anchor', 'the backup is intact', backup.digest === backupTree.digest, {
    expected: backupTree.digest,
    actual: backup.digest,
    otherwise: job.operation === 'rollback' ? 'blocked' : 'fail',
  });
  if (job.operation === 'rollback') {
    const live = await observeTree(host, livePath, signal);
    record.check('live', 'what is live is what that run promoted', live.digest === promoted.liveTree.digest, {
      expected: promoted.liveTree.digest,
      actual: live.digest,
      otherwise: 'blocked',
    });
  }
  const commands = rollbackCommands(exchangeWay, livePath, backupPath, job.subjectRun ?? job.run);
  record.check('commands', 'the way back is written down', commands.length > 0, {
    actual: `${commands.length} commands`,
    evidence: [record.keep('rollback commands', commands.join('\n\n'))],
  });
  const rehearsal = await rehearse(context, promoted);
  record.check(
    'rehearsal',
    'the commands bring a copy back to the anchor',
    rehearsal.every(({ status }) => status === 'pass'),
    {
      expected: `restored copy: ${backupTree.digest}`,
      actual: rehearsal.map(({ title, detail }) => `${title}: ${detail}`).join('; '),
    },
  );
  return { anchor: { path: backupPath, digest: backup.digest }, commands, rehearsed: true, rehearsal };
}

/** Runs the rollback's own commands on copies beside the real trees, and removes the copies. */
async function rehearse(
  context: GateContext,
  { livePath, backupPath, backupTree, host, exchangeWay }: PromoteFacts,
): Promise<RollbackReadinessFacts['rehearsal']> {
  const { job, signal } = context;
  const copy = {
    live: `${livePath}.rehearsal-live-${job.run}`,
    backup: `${livePath}.rehearsal-anchor-${job.run}`,
    bad: `${livePath}.rehearsal-bad-${job.run}`,
  };
  const remove = async (limits: GateContext) => {
    for (const path of Object.values(copy))
      await changeHost(limits, 'host.remove', path, removeStaged(path, livePath));
  };
  const observer = await context.host(host);
  const before = await observeTree(observer, livePath, signal);
  await remove(context);
  try {
    await changeHost(context, 'host.copy', copy.live, copyTree(livePath, copy.live));
    await changeHost(context, 'host.copy', copy.backup, copyTree(backupPath, copy.backup));
    for (const step of rollbackSteps(exchangeWay, copy.live, copy.backup, copy.bad)) {
      await changeHost(
        context,
        step.title.startsWith('exchange') ? 'host.exchange' : 'host.rename',
        copy.live,
        step,
      );
    }
    const restored = await observeTree(observer, copy.live, signal);
    const kept = await observeTree(observer, copy.bad, signal);
    return [
      {
        title: 'restored copy',
        status: restored.digest === backupTree.digest ? 'pass' : 'fail',
        detail: restored.digest,
      },
      {
        title: 'tree kept aside',
        status: kept.digest === before.digest ? 'pass' : 'fail',
        detail: kept.digest,
      },
    ];
  } finally {
    // Also when the gate was cancelled: a copy that stays behind would be taken for something.
    await remove({ ...context, signal: AbortSignal.timeout(60_000) });
  }
}
