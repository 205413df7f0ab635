// What Interlock lays beside a live path, by name: made here, and read here again. A name only says who may have made a thing
// and for which run; what the thing is, its content says (src/gate/leftovers.ts). Pure.
import { posix } from 'node:path';

/** UTC to the second, such as 20260521T053334Z. */
export function stampOf(at: Date): string {
  return at.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}

/** Where a run unpacks what it brings. In the middle of an exchange what was live stands there. */
export function stagedPathOf(livePath: string, run: string): string {
  return `${livePath}.staged-${run}`;
}

/** Where a run uploads its artifact to. */
export function archivePathOf(livePath: string, run: string): string {
  return `${livePath}.artifact-${run}.tar.gz`;
}

/** Where the tree that a run replaces is kept. */
export function backupPathOf(livePath: string, run: string, at: Date): string {
  return `${livePath}.pre-${run}-${stampOf(at)}`;
}

/** Where the tree that was rolled back from is kept. */
export function badPathOf(livePath: string, run: string): string {
  return `${livePath}.bad-${run}`;
}

/** The copies on which the way back is rehearsed. */
export function rehearsalPathsOf(livePath: string, run: string): Record<'live' | 'anchor' | 'bad', string> {
  const of = (what: string) => `${livePath}.rehearsal-${what}-${run}`;
  return { live: of('live'), anchor: of('anchor'), bad: of('bad') };
}

export interface NameBeside {
  readonly kind: 'staged' | 'archive' | 'backup' | 'bad' | 'rehearsal' | 'scratch';
  /** The run in the name; null for scratch directories, whose names have none. */
  readonly run: string | null;
  /** What never got its name: an upload or an unpacking that did not end, a tree whose removal has begun. */
  readonly part: boolean;
}

const runId = '([A-Za-z0-9][A-Za-z0-9._-]*)';
const patterns = [
  ['staged', new RegExp(`^staged-${runId}$`)],
  ['archive', new RegExp(`^artifact-${runId}\\.tar\\.gz$`)],
  ['backup', new RegExp(`^pre-${runId}-\\d{8}T\\d{6}Z$`)],
  ['bad', new RegExp(`^bad-${runId}$`)],
  ['rehearsal', new RegExp(`^rehearsal-(?:live|anchor|bad)-${runId}$`)],
] as const;
const partly = /^(.+?)(?:\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})?(?:\.part)+$/;
const scratch = /^\.interlock-(?:exchange|place)\.[A-Za-z0-9]{6}(?:\.part)*$/;

/** Null for a name that Interlock does not give beside this live path. */
export function readNameBeside(path: string, livePath: string): NameBeside | null {
  const parent = posix.dirname(livePath);
  if (posix.dirname(path) !== parent) return null;
  if (scratch.test(posix.basename(path))) return { kind: 'scratch', run: null, part: false };
  if (!path.startsWith(`${livePath}.`)) return null;
  const rest = path.slice(livePath.length + 1);
  const whole = partly.exec(rest)?.[1];
  for (const [kind, pattern] of patterns) {
    const run = pattern.exec(whole ?? rest)?.[1];
    if (run !== undefined) return { kind, run, part: whole !== undefined };
  }
  return null;
}

/** The path, and the names that what stands there may have had before its removal began. */
export function namesBefore(path: string): string[] {
  return path.endsWith('.part') ? [path, ...namesBefore(path.slice(0, -'.part'.length))] : [path];
}
