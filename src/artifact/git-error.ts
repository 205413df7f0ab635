/**
 * Closed set of reasons why a git operation did not happen. Callers branch on `code`, never on the message.
 */
export type GitErrorCode =
  | 'git-missing'
  | 'not-a-repository'
  /** The name does not lead to a commit of this repository. */
  | 'unknown-commit'
  /** A ref, path, author or date that git could take for something else. */
  | 'unsafe-argument'
  /** The working tree has changes or untracked files. */
  | 'dirty'
  /** The branch is not where it was expected. */
  | 'head-moved'
  | 'not-fast-forward'
  /** The branch is checked out in another working tree, which would fall behind. */
  | 'checked-out-elsewhere'
  | 'nothing-to-commit'
  /** git's own check of objects refuses what is there, such as a `.gitmodules` that starts a program. */
  | 'unsound-objects'
  | 'directory-exists'
  | 'aborted'
  /** git itself failed; the message has what it said. */
  | 'git-failed';

export class GitError extends Error {
  override readonly name = 'GitError';
  readonly code: GitErrorCode;
  /** The paths that are to blame, where there are any. */
  readonly paths: readonly string[];

  constructor(
    code: GitErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly paths?: readonly string[] } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.paths = options.paths ?? [];
  }
}
