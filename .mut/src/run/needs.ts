// Whether what a gate needs of the gates before it is there. Pure.
import { mustComeAfter } from '../plan/gate-traits.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import type { Reason } from './gate-result.ts';
import type { GateState, RunState } from './state.ts';

/** Met by a gate that holds, and in a dry run by one that was simulated. */
function isMet({ status, reason }: GateState): boolean {
  return status === 'pass' || status === 'partial' || reason?.code === 'dryrun';
}

/** All that a kind cannot do without of a precheck: what only looks needs neither a clean repository nor a first reading. */
function isOnTheRightMachine({ gate, status, result }: GateState): boolean {
  return (
    gate.kind === 'precheck' &&
    status === 'blocked' &&
    (result?.checks.some((check) => check.id === 'machine' && check.status === 'pass') ?? false)
  );
}

/** Why a gate cannot run, since one that it needs did not pass; null when it can. */
export function unmetNeed(run: RunState, gate: PlanGate, isAfterStop: boolean): Reason | null {
  const isNamed = gate.needs !== undefined;
  const unmet = neededBy(run, gate, isAfterStop).find(
    (each) => !isMet(each) && (isNamed || !isOnTheRightMachine(each)),
  );
  if (!unmet) return null;
  return {
    code: 'needs',
    text: `Not run, since it needs ${unmet.gate.id} ${unmet.gate.title}, which is ${unmet.status}.`,
  };
}

/** Those that the plan names; else, after a stop, those that its kind cannot do without. */
function neededBy(run: RunState, gate: PlanGate, isAfterStop: boolean): GateState[] {
  const at = run.gates.findIndex((each) => keyOf(each.gate) === keyOf(gate));
  const before = run.gates.slice(0, at);
  if (gate.needs) return before.filter((each) => gate.needs?.includes(keyOf(each.gate)));
  if (!isAfterStop) return [];
  return (mustComeAfter[gate.kind] ?? []).flatMap((kind) =>
    before.filter((each) => each.gate.kind === kind).slice(-1),
  );
}
