// What was seen of a live path after a gate that may have changed it. Thread, report, attestation and the right to roll back
// rest on this, never on how a gate ended: a refusal, or silence, says nothing about the host. Pure.
import { changesTarget, exchangingKinds } from '../plan/gate-traits.ts';
import { keyOf, type PlanGate } from '../plan/schema-gates.ts';
import { type FactsOf, readFacts } from './facts.ts';
import { factsFor } from './facts-for.ts';
import { lookFactsSchema } from './facts-of-look.ts';
import type { Reason } from './gate-result.ts';
import type { GateState, RunState } from './state.ts';

export interface Observation {
  /** As gates name it; null for the plan's `target`. */
  readonly target: string | null;
  readonly host: string;
  readonly livePath: string;
  /** `anchor`: what was live before this run's change; on the way back, what it brings back. `not-known`: nobody could look. */
  readonly live: 'anchor' | 'candidate' | 'other-run' | 'neither' | 'not-known';
  /** Of `other-run`: whose tree it is, and whether this run has begun to exchange anything there. */
  readonly known: {
    readonly run: string;
    readonly as: 'candidate' | 'before';
    readonly changed: boolean;
  } | null;
  /** RFC 3339, UTC: when it was seen, by the worker's clock; for `not-known`, since when it is not known. */
  readonly at: string;
  /** When the ledger took it in, by which it is ordered; for `not-known` the same as `at`. */
  readonly recordedAt: string;
  /** Digest of the tree there; null for nothing there, or for what is no tree or not known. */
  readonly tree: string | null;
  /** Whose directory it is, by the host's journal and inodes, whatever was written into it since; null where no exchange was begun. */
  readonly directory: 'anchor' | 'candidate' | 'other' | null;
  /** Where the anchor stands beside the live path; null when it is live, absent or not seen. */
  readonly anchorPath: string | null;
  /** Why it is not known; else null. */
  readonly reason: Reason | null;
  /** Looks since the change that nobody could take. */
  readonly inVain: number;
  /** Whether a gate of the run puts a candidate there. */
  readonly promotes: boolean;
}

/** Seen of the gate's target since it was last changed; null when nobody has begun to look since then. */
export function observationOf(run: RunState, gate: Pick<PlanGate, 'target'>): Observation | null {
  const look = run.looks.find((each) => each.gate.target === gate.target);
  return look ? observationBy(run, look) : null;
}

/** One for each live path that this run may have changed and that was looked at since. */
export function observationsOf(run: RunState): Observation[] {
  return run.looks.flatMap((look) => observationBy(run, look) ?? []);
}

/** Whether the live path holds what the run brings, as it was brought or with what was written into it since. */
export function holdsCandidate({ live, directory }: Observation): boolean {
  return live === 'candidate' || (live === 'neither' && directory === 'candidate');
}

/** The look that is owed now: after a changing gate that did not pass, and before the run is concluded. Null when none is. */
export function owedLook(run: RunState): GateState | null {
  // Once it is signed, nothing more is found out: an earlier version may have signed without a look.
  const isSigned = run.gates.some(({ gate, attempt }) => gate.kind === 'report' && attempt > 0);
  if (run.mode !== 'LIVE' || isSigned) return null;
  const isLast = run.gates.every(
    ({ gate, status }) => gate.kind === 'report' || (status !== 'pending' && status !== 'queued'),
  );
  return (
    run.looks.find((look) => {
      const changed = lastChange(run, look);
      return (
        changed && !isCurrent(look, changed) && !isGivenUp(run, look) && (isLast || changed.status !== 'pass')
      );
    }) ?? null
  );
}

/** The looks that have ended since the last change without seeing what is live; nobody has ended them yet. */
export function looksInVain(run: RunState): GateState[] {
  const owed = owedLook(run);
  return run.looks.filter((look) => !isGivenUp(run, look) && failedLooks(run, look) > 0 && owed !== null);
}

/** Whether somebody has ended the run's look at this target, since the target was changed last. */
export function isGivenUp(run: RunState, look: GateState): boolean {
  const changed = lastChange(run, look)?.seq ?? 0;
  return run.looksGivenUp.some(({ looks, seq }) => seq > changed && looks.includes(keyOf(look.gate)));
}

/** How often since the last change a look has ended without seeing what is live. */
export function failedLooks(run: RunState, look: GateState): number {
  const changed = lastChange(run, look)?.seq ?? 0;
  const isOver = look.status !== 'queued' && look.status !== 'pending' && look.status !== 'pass';
  return look.earlier.filter(({ seq }) => seq > changed).length + (isOver && look.seq > changed ? 1 : 0);
}

/** The gate that touched the look's target last; undefined while none did. */
function lastChange({ gates }: RunState, look: GateState): GateState | undefined {
  return gates
    .filter(
      ({ gate, attempt }) => attempt > 0 && changesTarget(gate.kind) && gate.target === look.gate.target,
    )
    .toSorted((a, b) => a.seq - b.seq)
    .at(-1);
}

function isCurrent(look: GateState, changed: GateState): boolean {
  return look.status === 'pass' && look.seq > changed.seq;
}

function observationBy(run: RunState, look: GateState): Observation | null {
  const changed = lastChange(run, look);
  if (!changed || look.seq < changed.seq) return null;
  const target = look.gate.target ?? null;
  const facts = lookFactsSchema.safeParse(look.result?.facts);
  if (!isCurrent(look, changed) || !facts.success) return { ...notKnown(run, look, changed), target };
  return {
    ...seenBy(run, look, facts.data),
    ...{ target, reason: null, inVain: 0, promotes: promotes(run, look) },
    recordedAt: look.finishedAt ?? facts.data.at,
  };
}

type Seen = Omit<Observation, 'target'>;

function promotes({ gates }: RunState, look: GateState): boolean {
  return gates.some(({ gate: { kind, target } }) => kind === 'promote' && target === look.gate.target);
}

function notKnown(run: RunState, look: GateState, changed: GateState): Seen {
  const { plan } = run;
  const since = changed.queuedAt ?? changed.finishedAt ?? '';
  const target = look.gate.target === undefined ? plan.target : plan.targets[look.gate.target];
  return {
    host: target?.host ?? '',
    livePath: target?.livePath ?? '',
    live: 'not-known',
    at: since,
    recordedAt: since,
    promotes: promotes(run, look),
    tree: null,
    directory: null,
    known: null,
    anchorPath: null,
    reason: look.reason ?? look.earlier.findLast(({ seq }) => seq > changed.seq)?.reason ?? null,
    inVain: failedLooks(run, look),
  };
}

function seenBy(
  run: RunState,
  look: GateState,
  seen: FactsOf<'observe-live'>,
): Pick<Observation, 'host' | 'livePath' | 'live' | 'known' | 'at' | 'tree' | 'directory' | 'anchorPath'> {
  const { host, livePath, tree, inode, begun, beside, at } = seen;
  const { candidate, anchor } = comparedWith(run, look.gate);
  const directory = begun && inode ? directoryOf(run, inode, begun) : null;
  const found = tree?.digest ?? null;
  const isAnchor =
    anchor === undefined ? !mayHaveExchanged(run, look.gate) : anchor === found && !seen.strange;
  const isCandidate = candidate !== undefined && candidate === found;
  const live =
    isAnchor && isCandidate
      ? directory === 'candidate'
        ? 'candidate'
        : 'anchor'
      : isCandidate
        ? 'candidate'
        : isAnchor
          ? 'anchor'
          : 'neither';
  if (live === 'neither' && look.seenTree && directory !== 'candidate') {
    const known = { ...look.seenTree, changed: begun !== null };
    return { host, livePath, live: 'other-run', known, at, tree: found, directory, anchorPath: null };
  }
  const kept = live === 'anchor' || !anchor ? undefined : beside.find(({ digest }) => digest === anchor);
  return { host, livePath, live, known: null, at, tree: found, directory, anchorPath: kept?.path ?? null };
}

/** Digests of what the run brings to the path and of what it replaces; undefined for what is not known, null for nothing. */
function comparedWith(
  run: RunState,
  look: PlanGate,
): { candidate: string | undefined; anchor: string | null | undefined } {
  const gate = run.gates.find(
    ({ gate: { kind, target } }) =>
      target === look.target && kind === (run.operation === 'rollback' ? 'rollback' : 'promote'),
  )?.gate;
  const facts = factsFor(run, gate ?? look);
  const staged = readFacts('stage', facts['stage']);
  const candidate = staged.stagedTree?.digest;
  if (run.operation !== 'rollback') {
    const { liveTree = staged.liveTree } = readFacts('drift', facts['drift']);
    return { candidate, anchor: liveTree === undefined ? undefined : (liveTree?.digest ?? null) };
  }
  const { anchor } = readFacts('rollback-readiness', facts['rollback-readiness']);
  const chosen = run.anchors.find(({ target }) => target === (look.target ?? null));
  return { candidate, anchor: anchor === undefined ? chosen?.digest : (anchor?.digest ?? null) };
}

/** A run that was never permitted to exchange anything there has left what it found. */
function mayHaveExchanged({ gates }: RunState, look: PlanGate): boolean {
  return gates.some(
    ({ gate, attempt }) => attempt > 0 && exchangingKinds.has(gate.kind) && gate.target === look.target,
  );
}

/** Which of the two directories of the exchange that was begun last this one is. The way back exchanges the other way round. */
function directoryOf(
  { gates }: RunState,
  inode: string,
  begun: NonNullable<FactsOf<'observe-live'>['begun']>,
): Observation['directory'] {
  const isBack = gates.find(({ gate }) => keyOf(gate) === begun.gate)?.gate.kind === 'rollback';
  if (inode === begun.incoming) return isBack ? 'anchor' : 'candidate';
  if (inode === begun.live) return isBack ? 'candidate' : 'anchor';
  return 'other';
}
