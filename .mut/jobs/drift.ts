// Between the approval and what it permits: looks once more at everything that may have changed by itself since it was
// shown. What it sees is compared with what was approved where the run is decided, not here. Changes nothing.
import { posix } from 'node:path';
import { headOf } from '../src/artifact/git.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { findTree, observeTree } from '../src/gate/observe-tree.ts';
import { parsePathFacts, pathFacts } from '../src/host/commands/observe-path.ts';
import { takeSnapshot } from '../src/probe/take-snapshot.ts';
import { type DriftFacts, requireFacts } from '../src/run/facts.ts';

export const drift: Gate = {
  kind: 'drift',
  run: (context) => (context.job.operation === 'rollback' ? lookBeforeRollback(context) : lookAgain(context)),
};

async function lookAgain(context: GateContext): Promise<DriftFacts> {
  const { plan, job, record, signal } = context;
  const {
    host: name,
    stagedPath,
    stagedTree,
    livePath,
    backupPath,
  } = requireFacts('stage', job.facts['stage']);
  const live = await lookAt(context, livePath);
  mustStay(livePath, backupPath === null, live === null);
  await mustBe(context, 'staged-tree', 'the staged tree is the approved one', stagedPath, stagedTree.digest);
  const host = await context.host(name);
  if (backupPath !== null) {
    const [backup] = parsePathFacts(await host.run(pathFacts([backupPath]), { signal }));
    record.check('backup-path', 'nothing lies where the backup will be', backup?.kind === 'absent', {
      expected: 'nothing',
      actual: backup?.kind ?? 'not readable',
      otherwise: 'blocked',
    });
  }
  const branchHead = await headOf(plan.source.repository, { signal });
  record.check('branch', `the head of ${plan.source.branch} was read`, true, { actual: branchHead });
  const probes = await takeSnapshot(context, 'before');
  for (const { id, title, shown, status, reason } of probes) {
    // What was read and is other than before is for those who approve; what cannot be read is not known to be the same.
    record.check(`probe-${id.replaceAll('.', '-')}`, title, status !== 'inconclusive', {
      actual: reason ?? shown,
      otherwise: 'inconclusive',
    });
  }
  return { liveTree: live && { digest: live.digest, files: live.files }, branchHead, probes };
}

async function lookBeforeRollback(context: GateContext): Promise<DriftFacts> {
  const { job } = context;
  const { anchor } = requireFacts('rollback-readiness', job.facts['rollback-readiness']);
  const { livePath } = requireFacts('stage', job.facts['stage']);
  if (anchor) await mustBe(context, 'anchor', 'the anchor is the approved one', anchor.path, anchor.digest);
  const live = await lookAt(context, livePath);
  return { liveTree: live && { digest: live.digest, files: live.files }, branchHead: null, probes: [] };
}

async function lookAt({ plan, record, host, signal }: GateContext, path: string) {
  const tree = await findTree(await host(plan.target.host), path, signal);
  record.check('live-tree', 'the live path was looked at', true, { actual: tree?.digest ?? 'absent' });
  return tree;
}

/** Where something came or went, there is no asking anew: what was staged was staged for the other case. */
function mustStay(livePath: string, wasAbsent: boolean, isAbsent: boolean): void {
  if (wasAbsent === isAbsent) return;
  const [expected, got] = wasAbsent ? ['nothing', 'something'] : ['a tree', 'nothing'];
  throw new GateStop(
    'blocked',
    'drift',
    `${livePath}: expected ${expected}, as it was shown, got ${got}. Nothing was changed; start the run anew.`,
  );
}

/** A tree that was approved and is another now cannot be approved anew under the same artifact: the run ends. */
async function mustBe(
  { plan, record, host, signal }: GateContext,
  id: string,
  title: string,
  path: string,
  digest: string,
): Promise<void> {
  const tree = await observeTree(await host(plan.target.host), path, signal);
  record.check(id, title, tree.digest === digest, {
    expected: digest,
    actual: tree.digest,
    otherwise: 'blocked',
  });
  if (tree.digest !== digest)
    throw new GateStop(
      'blocked',
      'drift',
      `${posix.basename(path)}: expected the approved tree ${digest}, got ${tree.digest}. Nothing was exchanged; start the run anew.`,
    );
}
