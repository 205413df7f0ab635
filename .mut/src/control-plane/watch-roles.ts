// Which roles nobody serves: shown in the threads of runs that wait for them.
import type { GateQueue } from '../queue/gate-queue.ts';

/** ms between two looks. */
const lookMs = 5_000;

export interface RoleWatch {
  /** Roles without a worker, as of the last look. */
  readonly unserved: ReadonlySet<string>;
  /** Watches a role from now on; the jobs of its dead workers go back to its queue. Safe to call again. */
  watch(role: string): Promise<void>;
  stop(): void;
}

export function watchRoles(
  queue: Pick<GateQueue, 'workersOf' | 'startStalledCheck'>,
  log: { warn(details: object, message: string): void },
): RoleWatch {
  const watched = new Map<string, Promise<void>>();
  const unserved = new Set<string>();

  async function look(role: string): Promise<void> {
    if ((await queue.workersOf(role)) > 0) unserved.delete(role);
    else unserved.add(role);
  }

  async function begin(role: string): Promise<void> {
    await queue.startStalledCheck(role);
    await look(role);
  }

  const timer = setInterval(() => {
    for (const role of watched.keys()) {
      look(role).catch((error: unknown) =>
        log.warn({ role, error: String(error) }, 'the workers could not be counted'),
      );
    }
  }, lookMs);

  return {
    unserved,
    watch(role) {
      const known = watched.get(role) ?? begin(role);
      watched.set(role, known);
      // A queue that did not answer is asked anew by the next call.
      known.catch(() => watched.delete(role));
      return known;
    },
    stop: () => clearInterval(timer),
  };
}
