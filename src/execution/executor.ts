// The only way to change the world. LIVE and DRYRUN are two types behind one interface, chosen once a job.
import type { Mutation } from '../run/gate-result.ts';
import { type Permit, requireCurrent } from './authorization.ts';
import { ExecutionError } from './execution-error.ts';
import type { KillSwitch } from './kill-switch.ts';

export type Intent = Pick<Mutation, 'kind' | 'machine' | 'target' | 'detail'>;
export type Outcome<T> = { readonly done: true; readonly value: T } | { readonly done: false };

export interface Executor<Tools> {
  readonly mode: 'LIVE' | 'DRYRUN';
  /**
   * Makes one change and journals it. `act` is handed the tools that can mutate; there is no other way to get at them.
   * Throws ExecutionError when the permit ran out or execution is disabled; nothing was changed by this call then.
   */
  mutate<T>(permit: Permit, intent: Intent, act: (tools: Tools) => Promise<T>): Promise<Outcome<T>>;
  /** What was changed (LIVE) or would have been (DRYRUN) so far. */
  readonly journal: readonly Mutation[];
}

/** Changes the world, after the permit and the kill switch were read at this very moment. */
export class LiveExecutor<Tools> implements Executor<Tools> {
  readonly mode = 'LIVE';
  readonly journal: Mutation[] = [];
  readonly #tools: Tools;
  readonly #killSwitch: KillSwitch;
  readonly #now: () => number;

  constructor(tools: Tools, killSwitch: KillSwitch, now: () => number) {
    this.#tools = tools;
    this.#killSwitch = killSwitch;
    this.#now = now;
  }

  async mutate<T>(permit: Permit, intent: Intent, act: (tools: Tools) => Promise<T>): Promise<Outcome<T>> {
    if (permit.mode !== 'LIVE')
      throw new ExecutionError(
        'authorization-foreign',
        `expected a LIVE permit, got ${permit.mode}; nothing was changed`,
      );
    requireCurrent(permit, this.#now());
    const { enabled, reason } = await this.#killSwitch.read();
    if (!enabled)
      throw new ExecutionError(
        'execution-disabled',
        `execution is disabled (${reason}); ${intent.kind} of ${intent.target} was not done`,
      );
    // Journalled before it is tried: a change that fails half-way must not be missing from the journal.
    this.journal.push({ ...intent, at: new Date(this.#now()).toISOString(), simulated: false });
    return { done: true, value: await act(this.#tools) };
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

  async mutate<T>(_permit: Permit, intent: Intent): Promise<Outcome<T>> {
    this.journal.push({ ...intent, at: new Date(this.#now()).toISOString(), simulated: true });
    return { done: false };
  }
}
