// Moves a run on at an instant. The sweeps would too, but later.

export interface Alarms {
  /** At `at` (ms since the epoch), in place of an earlier alarm of this run. */
  set(runId: string, at: number): void;
  stop(): void;
}

export function openAlarms(now: () => number, ring: (runId: string) => void): Alarms {
  const timers = new Map<string, NodeJS.Timeout>();
  return {
    set(runId, at) {
      clearTimeout(timers.get(runId));
      const ringing = () => {
        timers.delete(runId);
        ring(runId);
      };
      timers.set(runId, setTimeout(ringing, Math.max(0, at - now())));
    },
    stop() {
      for (const timer of timers.values()) clearTimeout(timer);
    },
  };
}
