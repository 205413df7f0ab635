// G2: what the change set modifies is, in the SSOT repository, byte-equal to the baseline it was written against; then the
// change set is laid over it in the run's own copy. The repository itself is only read.

import { filesAt } from '../src/artifact/files-at.ts';
import { headOf } from '../src/artifact/git.ts';
import { sha256Hex } from '../src/evidence/digest.ts';
import { type Gate, GateStop } from '../src/gate/context.ts';
import { nameSome } from '../src/gate/name-some.ts';
import { findConflicts, makeWorkTree } from '../src/gate/work-tree.ts';
import { requireFacts } from '../src/run/facts.ts';

export const reconcile: Gate = {
  kind: 'reconcile',
  async run(context) {
    const { plan, job, record, signal } = context;
    const { repository, baseline } = plan.source;
    const { files } = requireFacts('survey', job.facts['survey']);
    const head = await headOf(repository, { signal });

    const known = files.filter(({ change }) => change !== 'added').map(({ path }) => path);
    const now = await filesAt(repository, head, known, { signal });
    const then = await filesAt(repository, baseline, known, { signal });
    const sameAsThen = (path: string) => {
      const [is, was] = [now.get(path), then.get(path)];
      return is != null && was != null && is.equals(was);
    };
    const differing = known.filter((path) => !sameAsThen(path));
    const sum = (content: Buffer | null | undefined) => (content ? sha256Hex(content) : 'absent');
    const rows = known.map(
      (path) =>
        `${sameAsThen(path) ? 'equal    ' : 'DIFFERENT'}  ${path}  baseline ${sum(then.get(path))}  ${head.slice(0, 7)} ${sum(now.get(path))}`,
    );
    const evidence = [record.keep('changed files against the baseline', rows.join('\n'))];
    record.check(
      'baseline-equal',
      'every modified or removed file byte-equal to its baseline',
      differing.length === 0,
      {
        expected: `${rows.length} equal`,
        actual:
          differing.length === 0
            ? `${rows.length} equal`
            : `changed since the baseline: ${differing.join(', ')}`,
        evidence,
        otherwise: 'blocked',
      },
    );

    const conflicts = await findConflicts(context, files);
    const free = record.check('conflicts', 'no conflict', conflicts.length === 0, {
      expected: 'none',
      actual: conflicts.length === 0 ? 'none' : `not as the change set says: ${nameSome(conflicts)}`,
    });
    if (!free)
      throw new GateStop(
        'fail',
        'conflicts',
        'The change set does not fit the baseline; nothing was laid over it.',
      );
    const work = await makeWorkTree(context, 'reconcile', files);
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
