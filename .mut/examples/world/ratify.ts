import { createHash } from 'node:crypto';
import type { Tree } from './tree.ts';

export interface StagedFile {
  readonly path: string;
  /** 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly change: 'modified' | 'added';
}

export interface Ratification {
  /** Sorted by path. */
  readonly files: readonly StagedFile[];
  readonly modified: number;
  readonly added: number;
  /** The list in the form of `sha256sum`. */
  readonly list: string;
}

/** What reviewers put their names to: every file of a change set with its digest, and what it does to the tree it is written against. */
export function ratify(changeSet: Tree, onto: Tree): Ratification {
  const files = [...changeSet].map(([path, content]): StagedFile => {
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { path, sha256, change: onto.has(path) ? 'modified' : 'added' };
  });
  const modified = files.filter(({ change }) => change === 'modified').length;
  return {
    files,
    modified,
    added: files.length - modified,
    list: files.map(({ path, sha256 }) => `${sha256}  ${path}\n`).join(''),
  };
}
