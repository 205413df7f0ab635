// What a rollback brings back and from where: for a run of its own the tree that it replaced, for one that was asked for what
// was chosen and approved, as far as the host agrees.
import { readFacts, requireFacts } from '../run/facts.ts';
import { anchorOf } from './anchor.ts';
import { type GateContext, GateStop } from './context.ts';
import type { Position } from './exchange-trees.ts';
import { findTree } from './observe-tree.ts';
import { lookHowFar, promotionOf } from './promotion.ts';

export interface WayBack {
  /** Null for nothing: the way back is removal. */
  readonly anchor: { readonly path: string; readonly digest: string } | null;
  readonly position: Exclude<Position['at'], 'drift'>;
  readonly ofRun: string;
  readonly why: string;
}

export const positionWords = {
  before: 'the promote had changed nothing: what was live before is live',
  exchanged: 'the candidate is live, and what was live before still stands where the candidate was staged',
  done: 'the candidate is live',
} as const satisfies Record<WayBack['position'], string>;

/** The way back of this very run, whose promote has passed. Decides `anchor`. */
export async function wayBackOfThisRun(context: GateContext): Promise<WayBack> {
  const { job } = context;
  const { backupPath, backupTree } = requireFacts('promote', job.facts['promote']);
  const anchor = backupPath && backupTree ? { path: backupPath, digest: backupTree.digest } : null;
  await checkAnchor(context, anchor, 'fail');
  return { anchor, position: 'done', ofRun: job.run, why: 'it was live before this run' };
}

/**
 * The way back that was asked for. Decides `live` or `position`, and `anchor`: all block, since a host that is not as the
 * ledger has it is for people to look at. Throws GateStop when a promote that was cut off left the host in no known position.
 */
export async function wayBackAskedFor(context: GateContext): Promise<WayBack> {
  const { job } = context;
  const staged = requireFacts('stage', job.facts['stage']);
  const subject = job.subjectRun ?? job.run;
  const position = await positionOf(context);
  const was = anchorOf(job.facts);
  if (position === 'before') {
    const anchor = was && { path: staged.livePath, digest: was.digest };
    await checkAnchor(context, anchor, 'blocked');
    return { anchor, position, ofRun: subject, why: positionWords.before };
  }
  const ownPath = position === 'exchanged' ? staged.stagedPath : staged.backupPath;
  const own = was && ownPath ? { path: ownPath, digest: was.digest } : null;
  const chosen = job.anchor ?? { path: own?.path ?? null, digest: own?.digest ?? null, ofRun: subject };
  const { ofRun, digest, path } = chosen;
  const why = job.anchor?.why ?? 'it was live before that run';
  const anchor = ofRun === subject ? own : path && digest ? { path, digest } : null;
  if ((anchor?.digest ?? null) !== digest)
    throw new GateStop(
      'blocked',
      'drift',
      `expected ${digest ?? 'nothing'} to be what goes live again, as it was chosen, got ${anchor?.digest ?? 'nothing'}`,
    );
  await checkAnchor(context, anchor, 'blocked');
  return { anchor, position, ofRun, why };
}

/** How far the promote had come that is to be taken back. */
async function positionOf(context: GateContext): Promise<WayBack['position']> {
  const { job, record, signal } = context;
  const { host, livePath, stagedTree } = requireFacts('stage', job.facts['stage']);
  const { liveTree } = readFacts('promote', job.facts['promote']);
  if (liveTree) {
    const live = await findTree(await context.host(host), livePath, signal);
    record.check('live', 'what is live is what that run promoted', live?.digest === stagedTree.digest, {
      expected: stagedTree.digest,
      actual: live?.digest ?? 'absent',
      otherwise: 'blocked',
    });
    return 'done';
  }
  const position = await lookHowFar(context, promotionOf(job.facts));
  record.check('position', 'the host shows how far the promote had come', position.at !== 'drift', {
    expected: 'before, exchanged or done',
    actual: position.at === 'drift' ? position.what : `${position.at}: ${positionWords[position.at]}`,
    otherwise: 'blocked',
  });
  if (position.at === 'drift')
    throw new GateStop(
      'blocked',
      'drift',
      `The host is in none of the positions in which that promote can have stopped, so nothing is taken back. ${position.what}`,
    );
  return position.at;
}

async function checkAnchor(
  { plan, record, host, signal }: GateContext,
  anchor: WayBack['anchor'],
  otherwise: 'fail' | 'blocked',
): Promise<void> {
  if (!anchor) {
    record.check('anchor', 'nothing was live before, so the way back is removal', true, { actual: 'absent' });
    return;
  }
  const tree = await findTree(await host(plan.target.host), anchor.path, signal);
  record.check('anchor', 'the backup is intact', tree?.digest === anchor.digest, {
    expected: anchor.digest,
    actual: tree?.digest ?? 'absent',
    otherwise,
  });
}
