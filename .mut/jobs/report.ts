// G8: the documents and the signed bundle. Runs in the control plane, which alone holds the private key, and runs for every
// run, also for one that was stopped.
import type { Gate } from '../src/gate/context.ts';
import { requireControl } from '../src/gate/control-tools.ts';

export const report: Gate = {
  kind: 'report',
  run: async (context) => requireControl(context).report(context.record),
};
