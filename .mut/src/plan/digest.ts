// A plan's digest: what a run pins and every worker checks.
import { digestOf } from '../evidence/digest.ts';
import type { Plan } from './schema.ts';

/** sha256 over the RFC 8785 form of the parsed plan, so that comments and layout do not count but every default does. */
export function planDigest(plan: Plan): string {
  return digestOf(plan);
}
