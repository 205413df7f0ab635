import { createHash } from 'node:crypto';

/** What is known of a stream once it has ended. */
export type CollectedOutput = {
  readonly text: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly truncated: boolean;
};

/** Keeps a bounded part of a stream and the length and digest of all of it. */
export class OutputCollector {
  readonly #keep: 'first' | 'last';
  readonly #limit: number;
  readonly #hash = createHash('sha256');
  #chunks: Buffer[] = [];
  #kept = 0;
  #bytes = 0;

  constructor(keep: 'first' | 'last', limitBytes: number) {
    this.#keep = keep;
    this.#limit = limitBytes;
  }

  add(chunk: Buffer): void {
    this.#bytes += chunk.length;
    this.#hash.update(chunk);
    if (this.#keep === 'first') {
      const part = chunk.subarray(0, Math.max(0, this.#limit - this.#kept));
      if (part.length > 0) this.#chunks.push(part);
      this.#kept += part.length;
      return;
    }
    this.#chunks.push(chunk);
    this.#kept += chunk.length;
    while (this.#chunks.length > 1 && this.#kept - (this.#chunks[0]?.length ?? 0) >= this.#limit) {
      this.#kept -= this.#chunks.shift()?.length ?? 0;
    }
  }

  /** To be called once, at the end of the stream. */
  finish(): CollectedOutput {
    const kept = Buffer.concat(this.#chunks);
    this.#chunks = [];
    const part = this.#keep === 'first' ? kept : kept.subarray(Math.max(0, kept.length - this.#limit));
    return {
      text: part.toString('utf8'),
      bytes: this.#bytes,
      sha256: this.#hash.digest('hex'),
      truncated: part.length < this.#bytes,
    };
  }
}
