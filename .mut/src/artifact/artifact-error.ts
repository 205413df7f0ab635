/**
 * Closed set of reasons why an artifact, a manifest or a tree is refused. Callers branch on `code`, never on
 * the message.
 */
export type ArtifactErrorCode =
  /** A path that could leave the tree, or that two systems would read differently. */
  | 'unsafe-path'
  /**
   * A path listed twice, a file that is also a folder, or two paths that one of the usual file systems takes
   * for one.
   */
  | 'path-collision'
  /** `.git`, `.env*`, a cache. */
  | 'forbidden-content'
  /** A submodule, a device, a socket. */
  | 'unsupported-entry'
  | 'manifest-invalid'
  /** Nothing is left to pack. */
  | 'empty'
  | 'unreadable'
  | 'unwritable'
  | 'aborted';

export class ArtifactError extends Error {
  override readonly name = 'ArtifactError';
  readonly code: ArtifactErrorCode;
  /** The paths that are to blame, where there are any. */
  readonly paths: readonly string[];

  constructor(
    code: ArtifactErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly paths?: readonly string[] } = {},
  ) {
    super(message, 'cause' in options ? { cause: options.cause } : {});
    this.code = code;
    this.paths = options.paths ?? [];
  }
}
