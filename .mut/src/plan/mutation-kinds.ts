// The changes that the executor can make at all: what a run's journal may hold, and what a claim may say it does not hold. Pure.
import { nearestNames } from './nearest-names.ts';

/** Every kind of change; the part before the "." is its family. */
export const mutationKinds = [
  'repository.commit',
  'repository.fast-forward',
  'host.upload',
  'host.unpack',
  'host.exchange',
  'host.rename',
  'host.remove',
  'host.copy',
  'host.journal',
  'host.lock',
  'host.fence',
] as const;

export const mutationFamilies: readonly string[] = [
  ...new Set(mutationKinds.map((kind) => kind.slice(0, kind.indexOf('.')))),
];

/** Whether the executor has a change of this kind, or of this family. */
export function isKnownMutation(name: string): boolean {
  return mutationFamilies.includes(name) || mutationKinds.some((kind) => kind === name);
}

/** Kinds and families that an unknown name may have been meant to be. */
export function meantMutations(name: string): readonly string[] {
  return nearestNames(name, [...mutationFamilies, ...mutationKinds], 1);
}

/** Whether a name claims to be of a family that there is, or of its beginning: `host.restart`, `hosts`, `repo`. */
export function isOfKnownFamily(name: string): boolean {
  const [family = ''] = name.split('.', 1);
  return mutationFamilies.some((each) => each.startsWith(family) || family.startsWith(each));
}
