// Shows runs in their threads: takes states as they come, and brings the workspace up to the latest one, whatever happens between.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { KeptRuling } from '../report/kept-ruling.ts';
import type { RunState } from '../run/state.ts';
import type { PassMemory } from './attempts.ts';
import { createNames } from './names.ts';
import { Pace } from './pace.ts';
import type { Log, Postings } from './ports.ts';
import { projectRun } from './project-run.ts';
import { RunLoop } from './run-loop.ts';

export interface ProjectorOptions {
  /** Must not retry by itself (`SlackApp.client` does not): a repeated post would show twice. */
  readonly client: WebClient;
  readonly postings: Postings;
  /** Bytes of evidence and reports by digest; null when there are none. */
  readonly evidence: (digest: string) => Promise<Uint8Array | null>;
  readonly log: Log;
  /** What the run's running gate last said of itself. */
  readonly progress?: (runId: string) => string | null;
  /** Roles whose queue no worker serves now. */
  readonly unservedRoles?: () => ReadonlySet<string>;
  /** What holds a run up that has its approval, such as a freeze. */
  readonly held?: (run: RunState) => string | null;
  /** What was kept of the rulings on a run. */
  readonly keptRulings?: (runId: string) => Promise<readonly KeptRuling[]>;
  /** A message stands in the workspace for the first time. People may have reacted before this is known: sweep on `approval`. */
  readonly onPosted?: (runId: string, key: string) => void;
  /** Least ms between two updates of one message. New messages, and the last state of a run, do not wait. */
  readonly intervalMs?: number;
  /** ms until the first try after a failure; each further one waits twice as long, up to 10 s. */
  readonly firstBackoffMs?: number;
}

export interface Projector {
  /** Takes a state and resolves at once: Slack never holds a run up. States of one run are shown in order, some are skipped. */
  project(run: RunState): Promise<void>;
  /** Looks again at a run that was projected and has not finished: its progress or its workers changed. */
  refresh(runId: string): void;
  /** Brings back what was deleted of a run's messages, also of a finished one. */
  again(run: RunState): void;
  /** Resolves when everything that was taken is shown. While Slack does not answer, it waits. */
  settled(): Promise<void>;
  /** Shows what was put off, once, and ends. */
  close(): Promise<void>;
}

/** Serial for each run, idempotent, and safe to kill at any instant: what was begun is looked for before it is posted again. */
export function createProjector(options: ProjectorOptions): Projector {
  const { client, log, intervalMs = 2000, firstBackoffMs = 500 } = options;
  const closing = new AbortController();
  const pace = new Pace(closing.signal);
  const names = createNames(client);
  const loops = new Map<string, RunLoop>();
  let botUserId: string | null = null;

  async function ownId(): Promise<string> {
    botUserId ??= z
      .object({ user_id: z.string() })
      .parse(await pace.call('auth.test', () => client.auth.test())).user_id;
    return botUserId;
  }

  async function pass(run: RunState, memory: PassMemory): Promise<number | null> {
    const members = run.approval
      ? Object.values(run.plan.approval.groups).flatMap((group) => group.members)
      : [];
    const view = {
      names: await names(members),
      unservedRoles: options.unservedRoles?.() ?? new Set<string>(),
      progress: options.progress?.(run.runId) ?? null,
      held: options.held?.(run) ?? null,
      rulings: run.rulings.length === 0 ? [] : ((await options.keptRulings?.(run.runId)) ?? []),
    };
    const isLast = run.finished !== null || closing.signal.aborted;
    const parts = { ...options, pace, botUserId: await ownId() };
    return projectRun(parts, run, { view, memory, intervalMs: isLast ? 0 : intervalMs });
  }

  function loopOf(runId: string): RunLoop {
    const found =
      loops.get(runId) ?? new RunLoop({ pass, log, firstBackoffMs, signal: closing.signal, onIdle: forget });
    loops.set(runId, found);
    return found;
  }

  function forget(run: RunState): void {
    if (run.finished) loops.delete(run.runId);
  }

  return {
    async project(run) {
      if (!closing.signal.aborted) loopOf(run.runId).take(run);
    },
    refresh(runId) {
      loops.get(runId)?.look();
    },
    again(run) {
      if (closing.signal.aborted) return;
      const loop = loopOf(run.runId);
      loop.take(run);
      // A later state may be shown already: its loop looks again all the same.
      loop.look();
    },
    async settled() {
      await Promise.all([...loops.values()].map((loop) => loop.idle()));
    },
    async close() {
      closing.abort();
      await Promise.all([...loops.values()].map((loop) => loop.idle()));
    },
  };
}
