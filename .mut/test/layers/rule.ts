// A rule about the tree, with its exceptions, and with sources that break it: a rule that cannot fail holds nothing.
import type { Import, Module } from './modules.ts';

export interface Fault {
  /** The file that breaks the rule. */
  readonly path: string;
  readonly what: string;
}

/** Text of each file by its path. */
export type Sources = Readonly<Record<string, string>>;

export interface Rule {
  /** What must hold, as the name of a test. */
  readonly name: string;
  readonly faults: (modules: readonly Module[]) => Fault[];
  /** Why these files may break it. An exception that nobody needs any more is a fault of its own. */
  readonly exceptions?: Readonly<Record<string, string>>;
  /** Each of these trees breaks the rule. */
  readonly broken: readonly Sources[];
  /** This tree keeps it, and comes close to breaking it. */
  readonly kept: Sources;
}

/** Faults of a rule that looks at one import at a time. */
export function perImport(isFault: (found: Import) => boolean): Rule['faults'] {
  return (modules) =>
    modules.flatMap(({ path, imports }) =>
      imports.filter(isFault).map(({ to, names, typeOnly, dynamic }) => ({
        path,
        what: `${dynamic ? 'import()s' : 'imports'} ${typeOnly ? 'type ' : ''}${names.join(', ') || 'nothing'} from ${to}`,
      })),
    );
}

/** Whether a path is in one of these directories (`src/run/`) or one of these files (`src/main.ts`). */
export function isIn(path: string, places: readonly string[]): boolean {
  return places.some((place) => (place.endsWith('/') ? path.startsWith(place) : path === place));
}
