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

export interface Publisher {
  /**
   * Publishes a package. The same content again changes nothing; other content makes the next revision and keeps the earlier
   * ones. Throws PublishError; what was published before it stays, and calling again goes on from there.
   */
  publish(
    documents: readonly Pick<ReportDocument, 'name' | 'title' | 'markdown'>[],
    signal?: AbortSignal,
  ): Promise<PublishedDocument[]>;
}

export type PublishErrorCode = 'bad-name' | 'unwritable' | 'contended';

export class PublishError extends Error {
  override readonly name = 'PublishError';
  readonly code: PublishErrorCode;

  constructor(code: PublishErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
