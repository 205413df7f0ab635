// What an approval stands for: everything that was shown.
import { z } from 'zod';
import { digestOf } from '../evidence/digest.ts';
import { keyOf } from '../plan/schema-gates.ts';
import type { Json } from '../plan/schema-scalars.ts';
import type { Drift } from './events.ts';
import type { RunState } from './state.ts';
import { worldOf } from './world.ts';

/**
 * Plan, mode, operation, the results of every gate before the approval, each with its facts (artifact, manifest, host state,
 * way back), and the part of the world that may change by itself while people make up their minds.
 */
export function approvalSubject(run: RunState): { [key: string]: Json } {
  const gates = run.gates.flatMap(({ gate, result }) =>
    // What the drift gate sees is in `world`.
    result && gate.kind !== 'drift'
      ? [
          {
            gate: keyOf(gate),
            status: result.status,
            facts: result.facts,
            checks: result.checks.map(({ id, status, actual }) => ({ id, status, actual })),
          },
        ]
      : [],
  );
  return {
    run: run.runId,
    // Each request is another one, even over the same things: consents of an earlier one must not fit it.
    request: run.voided.length + 1,
    operation: run.operation,
    mode: run.mode,
    plan: run.planDigest,
    subjectRun: run.subjectRun,
    subjectFacts: run.subjectFacts,
    // Runs of earlier versions chose none, and their digests must stay what they are.
    ...(run.anchors.length > 0 ? { anchors: run.anchors.map((each) => ({ ...each })) } : {}),
    gates,
    world: { ...worldOf(run) },
  };
}

/** sha256 over the RFC 8785 form: the digest that is shown, approved, signed and verified. */
export function digestOfSubject(subject: { [key: string]: Json }): string {
  return digestOf(subject);
}

const seen = z.record(z.string(), z.object({ value: z.string(), shown: z.string() })).catch({});

/** What is different between two subjects, by name; empty exactly when their digests are equal. */
export function driftBetween(before: { [key: string]: Json }, after: { [key: string]: Json }): Drift[] {
  const [was, is] = [seen.parse(before['world']), seen.parse(after['world'])];
  const moved = [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) =>
    was[name]?.value === is[name]?.value
      ? []
      : [{ name, before: was[name]?.shown ?? 'not there', after: is[name]?.shown ?? 'not there' }],
  );
  const others = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [a, b] = [before[name] ?? null, after[name] ?? null];
    return name === 'world' || digestOf(a) === digestOf(b)
      ? []
      : [{ name, before: digestOf(a), after: digestOf(b) }];
  });
  return [...moved, ...others];
}
