// The facts of the gates that bring a tree to a live path, and take it back, in lines.
import type { GateKind } from '../../plan/schema-gates.ts';
import type { Json } from '../../plan/schema-scalars.ts';
import { readFacts } from '../../run/facts.ts';
import { code, plain } from './escape.ts';
import { bytes, count, duration, shortDigests } from './measures.ts';
import { probeReadings, suiteLines } from './observations.ts';

/** `beside` shows a path on the target host. */
export type Reader = (facts: Json | undefined, beside: (path: string) => string) => string[];

type Delivering = Extract<GateKind, 'stage' | 'drift' | 'promote' | 'rollback-readiness' | 'rollback'>;

export const deliveryReaders: Record<Delivering, Reader> = {
  stage(given, beside) {
    const { host, stagedPath, transfer, stagedTree, liveTree, suites, backupPath } = readFacts(
      'stage',
      given,
    );
    return [
      ...(host && stagedPath ? [`Staged on ${code(host)} at ${beside(stagedPath)}`] : []),
      ...(transfer
        ? [
            `${bytes(transfer.bytes)} sent in ${duration(transfer.ms)}, sha256 ${code(transfer.sha256)} on the host`,
          ]
        : []),
      ...(stagedTree ? [`Staged tree ${code(stagedTree.digest)}`] : []),
      ...treeLine('Live tree now', liveTree),
      ...suiteLines(suites ?? []),
      ...(backupPath ? [`The live tree will be kept as ${beside(backupPath)}`] : []),
      ...(backupPath === null ? ['Nothing is live yet: the way back is removal'] : []),
    ];
  },
  drift(given) {
    const { liveTree, branchHead, probes } = readFacts('drift', given);
    return [
      ...treeLine('Live tree', liveTree),
      ...(branchHead ? [`Head of the branch ${code(branchHead)}`] : []),
      ...probeReadings(probes ?? []),
    ];
  },
  promote(given, beside) {
    const { host, livePath, backupPath, exchangeWay, liveTree, backupTree } = readFacts('promote', given);
    return [
      ...(host && livePath
        ? [
            `Live on ${code(host)} at ${beside(livePath)}${exchangeWay ? `, ${backupPath === null ? 'named' : 'exchanged'} atomically by ${code(exchangeWay)}` : ''}`,
          ]
        : []),
      ...(liveTree ? [`Live tree ${code(liveTree.digest)}`] : []),
      ...(backupPath ? [`Backup ${beside(backupPath)}`] : []),
      ...(backupPath === null ? ['Nothing was live before, so nothing had to be kept'] : []),
      ...(backupTree ? [`Backup tree ${code(backupTree.digest)}`] : []),
    ];
  },
  'rollback-readiness'(given, beside) {
    const { anchor, ofRun, why, position, commands, rehearsed, rehearsal, pruned } = readFacts(
      'rollback-readiness',
      given,
    );
    return [
      ...(position && position !== 'done'
        ? [
            `The promote had come to: ${position === 'before' ? 'nothing changed' : 'exchanged, not yet renamed'}`,
          ]
        : []),
      ...(anchor === null ? ['Anchor: nothing was live before, the way back is removal'] : []),
      ...(anchor ? [`Anchor ${beside(anchor.path)}`, `Tree ${code(anchor.digest)}`] : []),
      ...(ofRun ? [`Kept by run ${code(ofRun)}${why ? `; chosen because ${plain(why)}` : ''}`] : []),
      ...(rehearsed === undefined || position === 'before'
        ? []
        : [rehearsed ? 'Rehearsed on a copy' : '*Not rehearsed*']),
      ...(rehearsal ?? []).map(
        ({ title, status, detail }) =>
          `${status === 'pass' ? '•' : ':x:'} ${plain(title)}: ${plain(shortDigests(detail))}`,
      ),
      ...(pruned ?? []).map(({ path, why: because }) => `Removed ${beside(path)}: ${plain(because)}`),
      ...(commands && commands.length > 0
        ? [`The way back: ${count(commands.length, 'command')}, in the file “rollback commands”`]
        : []),
    ];
  },
  rollback(given, beside) {
    const { host, livePath, restoredTree, badPath } = readFacts('rollback', given);
    return [
      ...(host && livePath ? [`Restored on ${code(host)} at ${beside(livePath)}`] : []),
      ...treeLine('Live tree', restoredTree),
      ...(badPath ? [`What was taken out of service: ${beside(badPath)}`] : []),
    ];
  },
};

/** Null for nothing there. */
function treeLine(title: string, tree: { readonly digest: string } | null | undefined): string[] {
  return tree === undefined ? [] : [`${title} ${tree ? code(tree.digest) : 'absent'}`];
}
