import { posix } from 'node:path';
import { HostError } from './host-error.ts';

/**
 * A path on a host that means the same wherever it is used: absolute, in its shortest form, not the root itself.
 * Throws `usage` otherwise.
 */
export function absolutePath(path: string, what: string): string {
  const plain =
    path.startsWith('/') &&
    path !== '/' &&
    !path.endsWith('/') &&
    !path.includes('\0') &&
    path.isWellFormed() &&
    posix.normalize(path) === path &&
    // POSIX leaves "//" at the start to the system, and normalize() keeps it nowhere, but a reader may not know.
    !path.startsWith('//');
  if (plain) return path;
  const expected = 'an absolute path without "..", "." or a slash at its end';
  throw new HostError('usage', `${what}: expected ${expected}, got ${JSON.stringify(path)}`);
}
