// G2: what the change set modifies is, in the SSOT repository, byte-equal to the baseline it was written against; then the
// change set is laid over it in the run's own copy. The repository itself is only read.

import { fileAt, headOf } from '../src/artifact/git.ts';
import { sha256Hex } from '../src/evidence/digest.ts';
import type { Gate } from '../src/gate/context.ts';
import { makeWorkTree } from '../src/gate/work-tree.ts';
import { requireFacts } from '../src/run/facts.ts';

export const reconcile: Gate = {
  kind: 'reconcile',
  async run(context) {
    const { plan, job, record, signal } = context;
    const { repository, baseline } = plan.source;
    const { files } = requireFacts('survey', job.facts['survey']);
    const head = await headOf(repository, { signal });

    const rows: string[] = [];
    const differing: string[] = [];
    for (const { path, change } of files) {
      if (change === 'added') continue;
      const [now, then] = [
        await fileAt(repository, head, path, { signal }),
        await fileAt(repository, baseline, path, { signal }),
      ];
      const equal = now !== null && then !== null && now.equals(then);
      if (!equal) differing.push(path);
      rows.push(
        `${equal ? 'equal    ' : 'DIFFERENT'}  ${path}  baseline ${then ? sha256Hex(then) : 'absent'}  ${head.slice(0, 7)} ${now ? sha256Hex(now) : 'absent'}`,
      );
    }
    const evidence = [record.keep('modified files against the baseline', rows.join('\n'))];
    record.check('baseline-equal', 'every modified file byte-equal to its baseline', differing.length === 0, {
      expected: `${rows.length} equal`,
      actual:
        differing.length === 0
          ? `${rows.length} equal`
          : `changed since the baseline: ${differing.join(', ')}`,
      evidence,
      otherwise: 'blocked',
    });

    const work = await makeWorkTree(context, 'reconcile', files);
    record.check('conflicts', 'no conflict', work.conflicts.length === 0, {
      expected: 'none',
      actual:
        work.conflicts.length === 0 ? 'none' : `not as the change set says: ${work.conflicts.join(', ')}`,
    });
    const overlaid = files.map(({ path }) => path).sort();
    const exact =
      work.changed.length === overlaid.length && overlaid.every((path) => work.changed.includes(path));
    record.check('overlay', 'the overlay changes exactly the change set', exact, {
      expected: `${overlaid.length} paths`,
      actual: exact ? `${work.changed.length} paths` : `git sees ${work.changed.join(', ') || 'none'}`,
      evidence: [record.keep('paths changed by the overlay', work.changed.join('\n'))],
    });
    return { baseline, overlaid, tree: work.tree };
  },
};
