import { findUnshippable } from '../artifact/find-unshippable.ts';
import type { GateContext } from './context.ts';
import { nameSome } from './name-some.ts';

/** Decides `shippable`: all of the baseline (full id) of this repository can ship with the change set, as it is. */
export async function checkShippable(
  { record, signal }: Pick<GateContext, 'record' | 'signal'>,
  repository: string,
  baseline: string,
): Promise<void> {
  const faults = await findUnshippable(baseline, { cwd: repository, signal });
  record.check('shippable', 'the baseline holds nothing that cannot ship as it is', faults.length === 0, {
    expected:
      'no submodule, no pointer of git-lfs or git-annex, no export-ignore or export-subst, no path into .git',
    actual: faults.length === 0 ? 'none' : nameSome(faults.map(({ path, why }) => `${path} ${why}`)),
    otherwise: 'blocked',
  });
}
