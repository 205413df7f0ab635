// G7: the anchor is intact, the way back is written down, and the very commands are rehearsed on a copy. Then old backups go.
import { withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { pruneOldTrees } from '../src/gate/prune-old-trees.ts';
import { rehearse } from '../src/gate/rehearse.ts';
import { rollbackCommands } from '../src/gate/rollback-commands.ts';
import { positionWords, type WayBack, wayBackAskedFor, wayBackOfThisRun } from '../src/gate/way-back.ts';
import { type RollbackReadinessFacts, requireFacts } from '../src/run/facts.ts';

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
  const { operation } = context.job;
  const back = await (operation === 'rollback' ? wayBackAskedFor(context) : wayBackOfThisRun(context));
  const { anchor, ofRun, why, position } = back;
  const decided = { anchor, ...(operation === 'rollback' ? { ofRun, why, position } : {}) };
  if (position === 'before') {
    context.record.check('commands', 'there is nothing to take back', true, { actual: positionWords.before });
    return { ...decided, commands: [], rehearsed: false, rehearsal: [] };
  }
  const prepared = await prepare(context, back);
  // Last, and only where the way back is known to work. A rollback removes nothing.
  const isReady = operation === 'deploy' && context.record.checks.every(({ status }) => status === 'pass');
  const pruned = isReady ? await pruneOldTrees(context, anchor?.path ?? null) : [];
  return { ...decided, ...prepared, ...(pruned.length > 0 ? { pruned } : {}) };
}

/** Writes the way back down, and goes it on copies. */
async function prepare(
  context: GateContext,
  { anchor }: WayBack,
): Promise<Pick<RollbackReadinessFacts, 'commands' | 'rehearsed' | 'rehearsal'>> {
  const { job, plan, record } = context;
  const { exchangeWay } = requireFacts('stage', job.facts['stage']);
  const { livePath } = plan.target;
  const commands = rollbackCommands(exchangeWay, livePath, anchor?.path ?? null, job.subjectRun ?? job.run);
  record.check('commands', 'the way back is written down', commands.length > 0, {
    actual: `${commands.length} commands`,
    evidence: [record.keep('rollback commands', commands.join('\n\n'))],
  });
  const rehearsal = await rehearse(context, exchangeWay, anchor);
  record.check(
    'rehearsal',
    anchor
      ? 'the commands bring a copy back to the anchor'
      : 'the commands leave nothing at the path of a copy',
    rehearsal.every(({ status }) => status === 'pass'),
    {
      expected: `restored copy: ${anchor?.digest ?? 'absent'}`,
      actual: rehearsal.map(({ title, detail }) => `${title}: ${detail}`).join('; '),
    },
  );
  return { commands, rehearsed: true, rehearsal };
}
