// The control plane's part of a gate's context.
import { type ControlTools, type GateContext, GateStop } from './context.ts';

/** Throws GateStop for a worker that is not the control plane's own: it holds neither ledger nor private key. */
export function requireControl({ control }: Pick<GateContext, 'control'>): ControlTools {
  if (control) return control;
  throw new GateStop(
    'blocked',
    'not-the-control-plane',
    'expected the control plane’s own worker, got another; no worker may serve the role `control`',
  );
}
