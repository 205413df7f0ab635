// What one reference to evidence says about a claim. Pure.
import { probeCriterion } from '../plan/criteria-of.ts';
import { commandKinds, mutatingKinds } from '../plan/gate-traits.ts';
import { isKnownMutation } from '../plan/mutation-kinds.ts';
import type { EvidenceRef } from '../plan/schema-evidence.ts';
import { keyOf } from '../plan/schema-gates.ts';
import { wentBack } from '../run/ending.ts';
import { readFacts } from '../run/facts.ts';
import { journalOf } from '../run/gate-state.ts';
import { lastLook, secondReadings } from '../run/second-readings.ts';
import { simulatesAll } from '../run/standing.ts';
import type { GateState, RunState } from '../run/state.ts';

export interface Finding {
  readonly source: 'check' | 'probe' | 'proof' | 'journal' | 'construction';
  readonly bearing: 'supports' | 'contradicts' | 'silent';
  /** There was nothing that a probe could have read, so nothing stands in for what it did not see. */
  readonly unseen?: true;
  /** What was found, as half a sentence that begins with the source. */
  readonly text: string;
}

/** A reference as its plan means it, such as `check survey/digests`. */
export function sayReference(ref: EvidenceRef): string {
  return Object.entries(ref)
    .map(([source, name]) => `${source} ${name}`)
    .join(', ');
}

/** Weighs one reference against what the run recorded. What was not recorded is silent; it never supports. */
export function weighEvidence(ref: EvidenceRef, run: RunState): Finding {
  if ('check' in ref) return weighCheck(ref.check, run);
  if ('probe' in ref) return weighProbe(ref.probe, run);
  if ('proof' in ref) return weighProof(ref.proof, run);
  if ('journal' in ref) return weighJournal(ref.journal, run);
  return { source: 'construction', bearing: 'supports', text: `construction: ${ref.construction}` };
}

/**
 * Why nothing can have been changed by this run; null when something may have been. By its journal, and by its running nothing of
 * the plan's or the change set's, which could do what no journal holds.
 */
export function untouchedBecause(run: RunState): string | null {
  return saysReadings(run) &&
    run.gates.some(({ gate, attempt }) => commandKinds.has(gate.kind) && attempt > 0)
    ? null
    : unchangedBecause(run);
}

/** Whether claims say where there were no two readings. Those of earlier versions keep the words that were signed. */
export function saysReadings({ limitsSaid }: Pick<RunState, 'limitsSaid'>): boolean {
  return limitsSaid === 'readings';
}

/** Why Interlock itself has changed nothing, by its journal; null when it may have. */
export function unchangedBecause(run: RunState): string | null {
  if (started(run).length === 0) return 'no gate that changes anything was started';
  return run.mode === 'DRYRUN' ? simulatesAll : null;
}

function weighCheck(name: string, run: RunState): Finding {
  const source = 'check';
  const [key = '', id = ''] = name.split('/', 2);
  const gate = run.gates.find((each) => keyOf(each.gate) === key);
  const check = gate?.result?.checks.find((each) => each.id === id);
  if (!check) return { source, bearing: 'silent', text: `check ${name} was not decided${whyNot(gate)}` };
  const blind = unseenProbe(gate, id);
  if (blind)
    return { source, bearing: 'silent', unseen: true, text: `check ${name}: ${check.title}: ${blind}` };
  const seen = `check ${name}: ${check.title} (${check.actual})`;
  if (check.status === 'pass') return { source, bearing: 'supports', text: seen };
  return {
    source,
    bearing: check.status === 'fail' ? 'contradicts' : 'silent',
    text: `${seen} is ${check.status}`,
  };
}

/** Why the probe that a criterion repeats had nothing to see. */
function unseenProbe(gate: GateState | undefined, id: string): string | undefined {
  const { probes = [] } = readFacts('probes', gate?.result?.facts);
  return probes.find((each) => probeCriterion(each.id) === id)?.unseen;
}

function weighProbe(id: string, run: RunState): Finding {
  const source = 'probe';
  const gate = lastLook(run);
  const probe = secondReadings(run)?.find((each) => each.id === id);
  if (!probe || probe.status === 'inconclusive') {
    return {
      source,
      bearing: 'silent',
      text: `probe ${id} has no second reading${probe?.reason ? ` (${probe.reason})` : whyNot(gate)}`,
    };
  }
  if (probe.status === 'pass' && probe.unseen !== undefined)
    return {
      source,
      bearing: 'silent',
      unseen: true,
      text: `probe ${id}: ${probe.title}: ${probe.unseen}`,
    };
  if (probe.status === 'pass')
    return {
      source,
      bearing: 'supports',
      text: `probe ${id}: ${probe.title}, before and after${sinceRolledBack(run)}: ${probe.after ?? 'unread'}`,
    };
  return {
    source,
    bearing: 'contradicts',
    text: `probe ${id}: ${probe.title}, before: ${probe.before ?? 'unread'}, after: ${probe.after ?? 'unread'}`,
  };
}

/** A rollback comes after the last reading: what it did was not looked at by any probe. */
function sinceRolledBack(run: RunState): string {
  return saysReadings(run) && run.operation === 'deploy' && wentBack(run)
    ? ' the deploy, not read again after the rollback'
    : '';
}

function weighProof(id: string, run: RunState): Finding {
  const source = 'proof';
  const gates = run.gates.filter(({ gate: { kind } }) => kind === 'prove' || kind === 'verify');
  const gate = gates.find(({ result }) => result === null) ?? gates[0];
  const found = gates.flatMap(({ result }) =>
    (readFacts('prove', result?.facts).proofs ?? []).filter((each) => each.id === id),
  );
  const against = found.find(({ holds }) => !holds);
  if (against)
    return {
      source,
      bearing: 'contradicts',
      text: `proof ${id} does not hold on the promoted tree: ${against.claim}`,
    };
  const [promoted] = found;
  // Where several trees went live, it holds when it holds on each.
  if (promoted && found.length === gates.length)
    return { source, bearing: 'supports', text: `proof ${id} holds on the promoted tree: ${promoted.claim}` };
  const test = run.gates.find((each) => each.gate.kind === 'test');
  const tested = readFacts('test', test?.result?.facts).proofs?.find((each) => each.id === id);
  if (tested && !tested.holds)
    return {
      source,
      bearing: 'contradicts',
      text: `proof ${id} did not hold before the deploy: ${tested.claim}`,
    };
  return { source, bearing: 'silent', text: `proof ${id} was not run on the promoted tree${whyNot(gate)}` };
}

/** A reference names a kind (`host.remove`) or a family of kinds (`repository`). */
function weighJournal(kind: string, run: RunState): Finding {
  const source = 'journal';
  const mutations = journalOf(run).filter(({ simulated }) => !simulated);
  const found = mutations.find((each) => each.kind === kind || each.kind.startsWith(`${kind}.`));
  if (found)
    return {
      source,
      bearing: 'contradicts',
      text: `journal: ${found.kind} of ${found.target} on ${found.machine} at ${found.at}`,
    };
  // A gate that died, or that could not say how it ended, may have changed more than it wrote down.
  const unsure = started(run).find(({ result }) => result === null || result.status === 'inconclusive');
  if (unsure)
    return {
      source,
      bearing: 'silent',
      text: `journal: not complete, since ${unsure.gate.id} ${unsure.gate.title} did not report how it ended`,
    };
  const unchanged = unchangedBecause(run);
  if (unchanged) return { source, bearing: 'supports', text: `journal: ${unchanged}` };
  const beyond = isKnownMutation(kind) ? '' : '; the executor has no such change at all';
  return {
    source,
    bearing: 'supports',
    text: `journal: none of the ${mutations.length} recorded changes is of kind ${kind}${beyond}`,
  };
}

function started(run: RunState): GateState[] {
  return run.gates.filter(({ gate, attempt }) => mutatingKinds.has(gate.kind) && attempt > 0);
}

function whyNot(gate: GateState | undefined): string {
  if (!gate) return ' (the run has no such gate)';
  if (gate.result) return ` (${gate.gate.id} ended as ${gate.status} before)`;
  return ` (${gate.gate.id} ${gate.gate.title} did not run)`;
}
