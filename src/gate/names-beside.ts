// What lies beside a live path, by name: backups, and trees that were rolled back from. Pure.

/** UTC to the second, such as 20260521T053334Z. */
export function stampOf(at: Date): string {
  return at.toISOString().replace(/[-:]/g, '').replace(/\.\d+/, '');
}

/** Where the tree that a run replaces is kept. */
export function backupPathOf(livePath: string, run: string, at: Date): string {
  return `${livePath}.pre-${run}-${stampOf(at)}`;
}

/** Where the tree that was rolled back from is kept. */
export function badPathOf(livePath: string, run: string): string {
  return `${livePath}.bad-${run}`;
}
