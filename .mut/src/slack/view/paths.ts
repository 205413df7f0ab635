// Paths as people tell them apart: everything that a run touches on a host lies beside the live path, under a long parent.
import { posix } from 'node:path';
import type { Plan } from '../../plan/schema.ts';
import { allTargets } from '../../plan/sections.ts';

/** The text with paths relative to the live path’s parent, and the source repository by its name. */
export function shortPaths(
  { source, ...plan }: Pick<Plan, 'target' | 'targets' | 'source'>,
  text: string,
): string {
  const parents = new Set(allTargets(plan).map(({ livePath }) => posix.dirname(livePath)));
  let short = text;
  for (const parent of parents) if (parent !== '/') short = short.replaceAll(`${parent}/`, '');
  return source ? short.replaceAll(source.repository, posix.basename(source.repository)) : short;
}
