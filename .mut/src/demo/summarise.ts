// What a finished run is in one JSON line, and the files that are kept of it.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { keyOf } from '../plan/schema-gates.ts';
import type { GateStatus } from '../run/gate-result.ts';
import type { RunState } from '../run/state.ts';
import { runTimes } from '../run/times.ts';

export interface Summary {
  readonly runId: string;
  readonly verdict: string;
  readonly outcome: string;
  readonly reason: string | null;
  readonly gates: readonly {
    id: string;
    status: GateStatus;
    jobs: readonly { job: string; status: GateStatus; ms: number; waitedMs: number }[];
  }[];
  readonly waits: readonly { for: string; ms: number }[];
  readonly bundle: string;
  readonly report: string;
  readonly thread: string;
}

const gravest: readonly GateStatus[] = ['fail', 'inconclusive', 'blocked', 'not-run', 'partial', 'pass'];

/** Gates that share an id (stage and promote are both G5) become one entry with the gravest status of its jobs. */
export function summarise(run: RunState, paths: { bundle: string; report: string; thread: string }): Summary {
  const times = runTimes(run);
  const ids = [...new Set(run.gates.map(({ gate }) => gate.id))];
  const gates = ids.map((id) => {
    const jobs = run.gates
      .filter(({ gate }) => gate.id === id)
      .map(({ gate, status }) => {
        const settled: GateStatus = status === 'pending' || status === 'queued' ? 'not-run' : status;
        const time = times.gates.find(({ job }) => job === keyOf(gate));
        return { job: keyOf(gate), status: settled, ms: time?.ms ?? 0, waitedMs: time?.waitedMs ?? 0 };
      });
    return {
      id,
      status: gravest.find((each) => jobs.some(({ status }) => status === each)) ?? 'not-run',
      jobs,
    };
  });
  return {
    runId: run.runId,
    verdict: run.finished?.verdict ?? 'unfinished',
    outcome: run.finished?.outcome ?? '',
    reason: run.finished?.reason?.text ?? null,
    gates,
    waits: times.waits,
    ...paths,
  };
}

/** 0 for PASS, 3 for blocked, 1 for everything else. */
export function exitCodeOf(verdict: string): number {
  return verdict === 'PASS' ? 0 : verdict === 'BLOCKED' ? 3 : 1;
}

/** Copies the run's package to where the user asked for it, with every message of the thread as the workspace has it. */
export async function keepRun(
  run: RunState,
  packageDirectory: string,
  out: string,
  messages: unknown,
): Promise<{ bundle: string; report: string; thread: string }> {
  await mkdir(out, { recursive: true });
  await cp(packageDirectory, out, { recursive: true });
  const thread = join(out, 'thread.json');
  await writeFile(thread, `${JSON.stringify(messages, null, 2)}\n`);
  return {
    bundle: join(out, 'evidence.intoto.jsonl'),
    report: join(out, 'reports', finalDocumentOf(run)),
    thread,
  };
}

function finalDocumentOf(run: RunState): string {
  const documents = run.gates.find(({ gate }) => gate.kind === 'report')?.result?.facts['documents'];
  const last: unknown = Array.isArray(documents) ? documents.at(-1) : undefined;
  return typeof last === 'object' && last !== null && 'name' in last ? String(last.name) : '';
}
