// Whether what a forbidden action rests on could show that it was done after all. Pure.
import { type ActName, actNames, acts } from './acts.ts';
import { nameOf } from './check-gates.ts';
import { type Deed, deeds, shownBy } from './deeds.ts';
import { secondReadingKinds } from './gate-traits.ts';
import {
  gatesWithIndex,
  has,
  type Outline,
  type OutlinedProbe,
  type OutlinedRef,
  type ReferenceFault,
} from './outline.ts';

type Claim = NonNullable<Outline['forbiddenActions'][number]>;

/** A claim without evidence reads "not evidenced" anyway; every other one says what act it means, and can see it. */
export function actFaults(plan: Outline): ReferenceFault[] {
  return plan.forbiddenActions.flatMap((claim, index): ReferenceFault[] => {
    if (!claim) return [];
    const path = ['forbiddenActions', index];
    const refs = claim.evidence.filter((ref) => ref !== null);
    // What the claim names must be there first: a misspelt probe would show nothing, and that fault is said already.
    const known = (id: string | undefined) =>
      id === undefined || plan.probes.some((probe) => probe?.id === id);
    if (refs.length === 0 || refs.length < claim.evidence.length || !refs.every(({ probe }) => known(probe)))
      return [];
    if (claim.act === undefined)
      return [
        { path, message: `expected \`act\`, what exactly was not done, got none; ${canBe(plan, refs)}` },
      ];
    const name = actNames.find((each) => each === claim.act);
    if (name === undefined) return [];
    const missing = missingFor(plan, name, refs);
    return missing === null
      ? []
      : [{ path: [...path, 'evidence'], message: say(plan, claim, name, missing) }];
  });
}

function say(plan: Outline, { evidence }: Claim, name: ActName, missing: string): string {
  const refs = evidence.filter((ref) => ref !== null);
  const kinds = Object.keys(shownBy).filter((kind) => canShow(name, kind));
  const by = acts[name].by ?? kinds.map((kind) => `a probe of kind ${kind}`);
  return `expected evidence that can show ${JSON.stringify(acts[name].words)} (${name}), got ${missing}; rest it on ${by.join(' or ')}, or narrow \`act\`: ${canBe(plan, refs)}`;
}

/** Null when every deed of the act would show. */
function missingFor(plan: Outline, name: ActName, refs: readonly OutlinedRef[]): string | null {
  const { deeds: wanted, whole, sampled, by } = acts[name];
  if (by !== undefined)
    return refs.some((ref) => by.some((source) => ref[source] !== undefined && !probeOf(plan, ref)))
      ? null
      : 'nothing of that kind';
  const probes = refs.flatMap((ref) => probeOf(plan, ref) ?? []);
  if (probes.length === 0) return 'no probe, and nothing else looks at the world';
  const loose = probes.filter(({ expect }) => expect.unchanged !== true && expect.equals === undefined);
  const sharp = probes.filter((probe) => !loose.includes(probe));
  const cut = sharp.filter(
    (probe) => (whole === true && isNamed(probe)) || (isSample(probe) && sampled !== true),
  );
  const shown = new Set(
    sharp.filter((probe) => !cut.includes(probe)).flatMap(({ kind }) => deedsOf(kind) ?? []),
  );
  const blind = wanted.filter((deed) => !shown.has(deed));
  if (blind.length === 0) return null;
  const names = (some: readonly OutlinedProbe[]) => some.map(({ id }) => id).join(', ');
  return [
    `${names(probes)}, where nothing shows it when somebody would ${blind.map((deed) => deeds[deed]).join(', ')}`,
    ...(loose.length > 0 ? [`${names(loose)} expects neither \`unchanged\` nor \`equals\``] : []),
    ...(cut.length > 0 ? [`${names(cut)} reads a part only`] : []),
  ].join('; ');
}

/** What the evidence could be taken for. */
function canBe(plan: Outline, refs: readonly OutlinedRef[]): string {
  const fitting = actNames.filter((name) => missingFor(plan, name, refs) === null);
  return fitting.length > 0
    ? `by what it rests on it can be ${fitting.join(', ')}`
    : 'what it rests on can show none of the acts that there are';
}

/** A criterion that only repeats what a probe read is that probe. */
function probeOf(plan: Outline, { probe, check = '' }: OutlinedRef): OutlinedProbe | undefined {
  const { probes } = plan;
  const [gate = '', id] = probe === undefined ? check.split('/probe-', 2) : [];
  if (id !== undefined && !readsAfterTheChange(plan, gate)) return undefined;
  return probes.find((each) => each?.id === probe || each?.id.replaceAll('.', '-') === id) ?? undefined;
}

/** One reading shows no change, and what was read before the candidate was live shows none of its. */
function readsAfterTheChange(plan: Outline, name: string): boolean {
  const gates = gatesWithIndex(plan).map(([gate]) => gate);
  const at = gates.findIndex((gate) => nameOf(gate) === name);
  const changed = gates.findIndex(({ kind }) => kind === 'promote' || kind === 'rollback');
  return secondReadingKinds.has(gates[at]?.kind ?? '') && at > changed;
}

function canShow(name: ActName, kind: string): boolean {
  const shown = deedsOf(kind) ?? [];
  const { deeds: wanted } = acts[name];
  return wanted.length > 0 && wanted.every((deed) => shown.includes(deed));
}

function deedsOf(kind: string): readonly Deed[] | undefined {
  return has(shownBy, kind) ? shownBy[kind as keyof typeof shownBy] : undefined;
}

function isNamed({ tables, units, ports }: OutlinedProbe): boolean {
  return tables !== undefined || units !== undefined || ports !== undefined;
}

function isSample({ sample, kind, pattern }: OutlinedProbe): boolean {
  return sample !== undefined || (kind === 'http' && pattern !== undefined);
}
