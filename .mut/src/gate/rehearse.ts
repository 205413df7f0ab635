// The rollback's own commands, run on copies beside the real trees. The copies are removed again.

import { copyTree, removeStaged } from '../host/commands/mutate-tree.ts';
import type { ExchangeWay } from '../host/exchange.ts';
import type { RollbackReadinessFacts } from '../run/facts.ts';
import { changeHost } from './change-host.ts';
import type { GateContext } from './context.ts';
import { rehearsalPathsOf } from './names-beside.ts';
import { findTree } from './observe-tree.ts';
import { rollbackSteps } from './rollback-commands.ts';

type Rehearsal = RollbackReadinessFacts['rehearsal'];

/** `anchor` is null when nothing was live before: the copy must then leave nothing behind at its path. */
export async function rehearse(
  context: GateContext,
  way: ExchangeWay,
  anchor: { readonly path: string; readonly digest: string } | null,
): Promise<Rehearsal> {
  const { job, plan, signal } = context;
  const { livePath } = plan.target;
  const copy = rehearsalPathsOf(livePath, job.run);
  const remove = async (limits: GateContext) => {
    for (const path of Object.values(copy))
      await changeHost(limits, 'host.remove', path, removeStaged(path, livePath));
  };
  const observer = await context.host(plan.target.host);
  const digestAt = async (path: string) => (await findTree(observer, path, signal))?.digest ?? 'absent';
  const before = await digestAt(livePath);
  await remove(context);
  try {
    await changeHost(context, 'host.copy', copy.live, copyTree(livePath, copy.live));
    if (anchor) await changeHost(context, 'host.copy', copy.anchor, copyTree(anchor.path, copy.anchor));
    for (const step of rollbackSteps(way, copy.live, anchor && copy.anchor, copy.bad)) {
      const kind = step.title.startsWith('exchange') ? 'host.exchange' : 'host.rename';
      await changeHost(context, kind, copy.live, step);
    }
    const [restored, kept] = [await digestAt(copy.live), await digestAt(copy.bad)];
    return [
      { title: 'restored copy', ...judged(restored, anchor?.digest ?? 'absent') },
      { title: 'tree kept aside', ...judged(kept, before) },
    ];
  } finally {
    // Also when the gate was cancelled: a copy that stays behind would be taken for something.
    await remove({ ...context, signal: AbortSignal.timeout(60_000) });
  }
}

function judged(got: string, expected: string): Pick<Rehearsal[number], 'status' | 'detail'> {
  return { status: got === expected ? 'pass' : 'fail', detail: got };
}
