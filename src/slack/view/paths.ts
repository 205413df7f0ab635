// Paths as people tell them apart: everything that a run touches on a host lies beside the live path, under a long parent.
import { posix } from 'node:path';
import type { Plan } from '../../plan/schema.ts';

/** The text with paths relative to the live path’s parent, and the source repository by its name. */
export function shortPaths({ target, source }: Pick<Plan, 'target' | 'source'>, text: string): string {
  const parent = posix.dirname(target.livePath);
  const beside = parent === '/' ? text : text.replaceAll(`${parent}/`, '');
  return beside.replaceAll(source.repository, posix.basename(source.repository));
}
