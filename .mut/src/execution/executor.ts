// The only way to change the world. LIVE and DRYRUN are two types behind one interface, chosen once a job.
import type { Mutation } from '../run/gate-result.ts';
import { type Permit, requireCurrent, requireNamed, requireVerified } from './authorization.ts';
import { ExecutionError } from './execution-error.ts';
import type { KillSwitch, SwitchState } from './kill-switch.ts';
import type { Nonces } from './nonces.ts';

export type Intent = Pick<Mutation, 'kind' | 'machine' | 'target' | 'detail'>;
export type Outcome<T> = { readonly done: true; readonly value: T } | { readonly done: false };

export interface Executor<Tools> {
  readonly mode: 'LIVE' | 'DRYRUN';
  /**
   * Makes one change and journals it. `act` is handed the tools that can mutate `intent.machine`; there is no other way
   * to get at them. Throws ExecutionError, which says what was not done, unless the permit was verified in this process,
   * is current, begun and not spent, and names the machine, and execution is enabled; this call has changed nothing then.
   */
  mutate<T>(permit: Permit, intent: Intent, act: (tools: Tools) => Promise<T>): Promise<Outcome<T>>;
  /** What was changed (LIVE) or would have been (DRYRUN) so far. */
  readonly journal: readonly Mutation[];
}

export interface LiveParts<Tools> {
  /** The tools for one change on this machine, and on no other. */
  readonly toolsFor: (machine: string) => Tools;
  readonly killSwitch: KillSwitch;
  readonly nonces: Pick<Nonces, 'requireBegun'>;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** What only ends the power of earlier commands; where execution is disabled it is wanted more than ever. */
const takesAway: ReadonlySet<Intent['kind']> = new Set(['host.fence']);

/** Changes the world, after permit, record and kill switch were read at this very moment. */
export class LiveExecutor<Tools> implements Executor<Tools> {
  readonly mode = 'LIVE';
  readonly journal: Mutation[] = [];
  readonly #parts: LiveParts<Tools>;

  constructor(parts: LiveParts<Tools>) {
    this.#parts = parts;
  }

  async mutate<T>(permit: Permit, intent: Intent, act: (tools: Tools) => Promise<T>): Promise<Outcome<T>> {
    const { toolsFor, killSwitch, nonces, now } = this.#parts;
    await sayingWhatWasNotDone(intent, async () => {
      requireFit(permit, this.mode, intent, now());
      // At every change, since another worker on the same data directory may have ended this gate meanwhile.
      await nonces.requireBegun(permit);
      if (takesAway.has(intent.kind)) return;
      requireOn(await killSwitch.read());
      // A switch that cannot be read is waited for: meanwhile the permit may have run out, or have been spent elsewhere.
      requireFit(permit, this.mode, intent, now());
      await nonces.requireBegun(permit);
    });
    // Journalled before it is tried: a change that fails half-way must not be missing from the journal.
    this.journal.push({ ...intent, at: new Date(now()).toISOString(), simulated: false });
    return { done: true, value: await act(toolsFor(intent.machine)) };
  }
}

/** Holds no tools at all, so that DRYRUN cannot reach a mutating call. */
export class SimulatedExecutor<Tools> implements Executor<Tools> {
  readonly mode = 'DRYRUN';
  readonly journal: Mutation[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** As strict as the live one, so that a dry run meets the refusals that a live run would. */
  async mutate<T>(permit: Permit, intent: Intent): Promise<Outcome<T>> {
    await sayingWhatWasNotDone(intent, async () => requireFit(permit, this.mode, intent, this.#now()));
    this.journal.push({ ...intent, at: new Date(this.#now()).toISOString(), simulated: true });
    return { done: false };
  }
}

function requireFit(permit: Permit, mode: Permit['mode'], { machine }: Intent, now: number): void {
  requireVerified(permit);
  if (permit.mode !== mode)
    throw new ExecutionError('authorization-foreign', `expected a ${mode} permit, got ${permit.mode}`);
  requireCurrent(permit, now);
  requireNamed(permit, machine);
}

function requireOn({ enabled, reason, unreadable }: SwitchState): void {
  if (enabled) return;
  throw unreadable
    ? new ExecutionError('switch-unreadable', `expected a readable execution switch, got none: ${reason}`)
    : new ExecutionError('execution-disabled', `execution is disabled (${reason})`);
}

async function sayingWhatWasNotDone(
  { kind, machine, target }: Intent,
  check: () => Promise<void>,
): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof ExecutionError)) throw error;
    const not = `${kind} of ${target} on ${machine} was not done`;
    throw new ExecutionError(error.code, `${not}: ${error.message}`, { cause: error });
  }
}
