import { executionEnabled } from '../kill-switch/execution-enabled.ts';
import { ownTree } from '../own-tree.ts';
import { Mode } from '../phases/mode.ts';
import { PHASES, type PhaseMethods } from '../phases/phase.ts';
import { Refusal } from '../phases/refusal.ts';

/** Whether this tree has a way into production at all. */
export const LIVE_WIRED = true;

/** The mark of an adapter that really writes. A symbol: parsed JSON and look-alikes cannot carry it. */
export const liveMark: unique symbol = Symbol('iu-cutter live adapter');

/** The one way from `Mode.LIVE` into production. */
export interface LiveExecutionAdapter extends PhaseMethods {
  readonly [liveMark]: true;
}

/**
 * Lets DRYRUN pass untouched: it looks at neither kill switch nor adapter. LIVE needs both.
 * @throws Refusal `execution-disabled`, `not-a-live-adapter`
 */
export function guardMode(mode: Mode, adapter?: unknown, tree: string = ownTree()): void {
  if (mode === Mode.LIVE) admitLive(adapter, tree);
}

/** The kill switch first: while it is off, the adapter is not even looked at. */
export function admitLive(adapter: unknown, tree: string = ownTree()): LiveExecutionAdapter {
  requireExecution(tree);
  return requireLiveAdapter(adapter);
}

/** @throws Refusal `execution-disabled` */
export function requireExecution(tree: string): void {
  if (!executionEnabled(tree)) {
    throw new Refusal(
      'execution-disabled',
      'expected the kill switch on, got off. Nothing was changed; use DRYRUN.',
    );
  }
}

/**
 * Tells an adapter that writes from everything else. What only pretends to write would let a LIVE run report work that never happened.
 * @throws Refusal `not-a-live-adapter`
 */
export function requireLiveAdapter(candidate: unknown): LiveExecutionAdapter {
  const fault = adapterFault(candidate);
  if (fault === undefined && isMarked(candidate)) return candidate;
  throw new Refusal(
    'not-a-live-adapter',
    `expected a live adapter, got ${fault}. Hand LIVE a production adapter.`,
  );
}

function adapterFault(candidate: unknown): string | undefined {
  if (candidate === null) return 'null';
  if (typeof candidate !== 'object') return `a ${typeof candidate}`;
  if ('simulated' in candidate) return 'something shaped like the simulator';
  if (!isMarked(candidate)) return 'an object without the mark of one';
  const missing = PHASES.filter((phase) => typeof Reflect.get(candidate, phase) !== 'function');
  return missing.length === 0 ? undefined : `one without ${missing.join(', ')}`;
}

function isMarked(candidate: unknown): candidate is LiveExecutionAdapter {
  return typeof candidate === 'object' && candidate !== null && Reflect.get(candidate, liveMark) === true;
}
