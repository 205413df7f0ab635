// `interlock tidy`: says what lies beside the live path, and with `--remove` takes away what is provably not the way back.
import { withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import type { Scene } from '../src/gate/leftover-scene.ts';
import { judgeLeftovers } from '../src/gate/leftovers.ts';
import { lookBeside } from '../src/gate/look-beside.ts';
import { raiseFence } from '../src/gate/raise-fence.ts';
import { removeLeftovers } from '../src/gate/remove-leftovers.ts';
import type { Leftover, TidyFacts } from '../src/run/facts-of-tidy.ts';
import type { KnownPlace } from '../src/run/known-place.ts';

export const tidy: Gate = {
  kind: 'tidy',
  run: (context) =>
    context.job.mode === 'DRYRUN' ? list(context) : withTargetLock(context, removeUnderLock),
};

async function list(context: GateContext): Promise<TidyFacts> {
  const scene = await lookBeside(context, placeOf(context));
  return facts(context, scene, decided(context, scene), []);
}

async function removeUnderLock(context: GateContext): Promise<TidyFacts> {
  const { record, job } = context;
  // Before looking: nothing that a dead worker has left running may move a tree after it was seen.
  const fence = await raiseFence(context);
  const scene = await lookBeside(context, placeOf(context));
  const found = decided(context, scene);
  const { live } = scene;
  record.check('live-known', 'what is live is known', live.known, {
    actual: `${live.tree ?? 'nothing'}: ${live.says}`,
    otherwise: 'blocked',
  });
  const going = found.filter(({ kept }) => !kept);
  await removeLeftovers(context, fence, scene, going);
  const after = await lookBeside(context, placeOf(context));
  const there = new Map(after.found.map((each) => [each.path, each.tree]));
  const left = going.filter(({ path }) => there.has(path)).map(({ path }) => path);
  record.check('removed', 'what was no way back is gone', left.length === 0, {
    actual: left.length > 0 ? `still there: ${left.join(', ')}` : `${going.length} removed`,
  });
  const changed = found.filter(({ kept, path, tree }) => kept && there.get(path) !== tree);
  record.check(
    'way-back',
    'what is live and what is kept is as before',
    changed.length === 0 && after.live.tree === live.tree,
    {
      expected: `live ${live.tree ?? 'nothing'}, and ${found.length - going.length} kept as they were`,
      actual: `live ${after.live.tree ?? 'nothing'}${changed.length > 0 ? `; not as before: ${changed.map(({ path }) => path).join(', ')}` : ''}`,
    },
  );
  // An earlier start of this gate may have removed some, and was cut off before it could say so.
  const removed = after.journal.removed
    .filter(({ run }) => run === job.run)
    .map(({ path, why }) => ({ path, why: why ?? 'it is no way back' }));
  return facts(context, scene, found, removed);
}

function placeOf({ job, plan }: GateContext): KnownPlace {
  const { place } = job;
  if (place && place.livePath === plan.target.livePath) return place;
  throw new GateStop(
    'blocked',
    'no-knowledge',
    `expected what the ledger knows of ${plan.target.livePath}, got ${place?.livePath ?? 'nothing'}; update the control plane`,
  );
}

function decided({ record }: GateContext, scene: Scene): Leftover[] {
  const found = judgeLeftovers(scene);
  const rows = found.map(
    ({ path, what, says, tree, kept, why, next }) =>
      `${kept ? 'kept  ' : 'may go'}  ${path}  ${what}: ${says}. ${tree ?? 'no digest'}. ${why}${next ? `. Type ${next}` : ''}`,
  );
  record.check('listed', 'what lies beside the live path was looked at', true, {
    actual: `${found.length} found, ${found.filter(({ kept }) => !kept).length} of them no way back`,
    evidence: [record.keep('what lies beside the live path', rows.join('\n') || 'nothing')],
  });
  return found;
}

function facts(
  { plan, now }: GateContext,
  { live }: Scene,
  found: Leftover[],
  removed: TidyFacts['removed'],
): TidyFacts {
  const { host, livePath } = plan.target;
  return { host, livePath, at: now().toISOString(), live, found, removed };
}
