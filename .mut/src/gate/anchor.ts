// What an approval was last shown: the tree that a promote replaces and that the way back restores, and the probes. Pure.
import type { Json } from '../plan/schema-scalars.ts';
import { readFacts, requireFacts, type Tree } from '../run/facts.ts';
import type { ProbeReading } from '../run/readings.ts';

/**
 * As it was seen last before the approval was used, which approved it; a run of an earlier version saw it at staging. Null for
 * nothing: a first deploy.
 */
export function anchorOf(facts: { readonly [gate: string]: Json }): Tree | null {
  const { liveTree } = readFacts('drift', facts['drift']);
  return liveTree === undefined ? requireFacts('stage', facts['stage']).liveTree : liveTree;
}

/**
 * The snapshot that later ones are held against: the one that was approved, which equals the first unless it was shown anew. A
 * way back is approved without one, so there it is the first. A precheck that was blocked has none.
 */
export function probesBefore(facts: { readonly [gate: string]: Json }): readonly ProbeReading[] {
  const { probes = [] } = readFacts('drift', facts['drift']);
  return probes.length > 0 ? probes : (readFacts('precheck', facts['precheck']).probes ?? []);
}
