// Where reports go. One contract for a directory, a git repository, an HTTP knowledge base.
import type { ReportDocument } from './documents.ts';

export interface PublishedDocument {
  readonly name: string;
  readonly title: string;
  /** Counts from 1 at this place of publication. */
  readonly revision: number;
  /** Whether this call made the revision; false when the content was there already. */
  readonly changed: boolean;
  /** `documentDigest` of the content: the same at every place and for every revision number. */
  readonly digest: string;
  /** Where to find it: a path or a URL. */
  readonly location: string;
}

/** What can be done at a place of publication now. */
export interface PlaceState {
  readonly readable: boolean;
  readonly writable: boolean;
  /** Which place it is, and what to mend when one of the two is false. */
  readonly detail: string;
}

export interface Publisher {
  /**
   * Publishes a package. The same content again changes nothing; other content makes the next revision and keeps the earlier
   * ones. Throws PublishError; what was published before it stays, and calling again goes on from there.
   */
  publish(
    documents: readonly Pick<ReportDocument, 'name' | 'title' | 'markdown'>[],
    signal?: AbortSignal,
  ): Promise<PublishedDocument[]>;
  /** Whether the place can be read and written. Changes nothing there; what it meets is in the answer, not thrown. */
  examine(signal?: AbortSignal): Promise<PlaceState>;
}

export type PublishErrorCode =
  | 'bad-name'
  /** The place does not take documents. */
  | 'unwritable'
  /** Other writers were faster too often. */
  | 'contended'
  /** No answer, or none that can be read. */
  | 'unreachable'
  /** The token is missing, malformed or refused. */
  | 'unauthorised';

export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
