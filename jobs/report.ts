// G8: the documents and the signed bundle. Runs in the control plane, which alone holds the private key, and runs for every
// run, also for one that was stopped.
import { type Gate, GateStop } from '../src/gate/context.ts';

export const report: Gate = {
  kind: 'report',
  async run({ control, record }) {
    if (!control)
      throw new GateStop(
        'blocked',
        'not-the-control-plane',
        'expected the control plane’s own worker, got another; no worker may serve the role `control`',
      );
    return control.report(record);
  },
};
