import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Digest, sha256File, sha256Hex } from './digest.ts';
import { EvidenceError } from './evidence-error.ts';
import { syncDirectory } from './sync-directory.ts';

/** What was stored: the digest is the name, `bytes` the size. */
export type StoredEvidence = { readonly digest: Digest; readonly bytes: number };

/**
 * A content-addressed store on a directory: blobs are files named by their SHA-256, readable by their owner
 * alone. Safe for many writers at once, of one process or of several: a blob appears whole, by rename, or not
 * at all.
 */
export type EvidenceStore = {
  /**
   * Keeps bytes, or a text as UTF-8. Idempotent; a damaged blob of the same digest is replaced. On disk when
   * it returns.
   */
  readonly put: (content: Uint8Array | string) => Promise<StoredEvidence>;
  /**
   * Keeps a file's content, as a stream: what is stored is what was hashed, also while somebody writes to the
   * file.
   */
  readonly putFile: (path: string, signal?: AbortSignal) => Promise<StoredEvidence>;
  /**
   * The bytes. Throws EvidenceError `not-found`; `digest-mismatch` when the file no longer is what its name
   * says.
   */
  readonly get: (digest: string) => Promise<Buffer>;
  /** Whether there is a blob of that digest; its content is not read. */
  readonly has: (digest: string) => Promise<boolean>;
  /**
   * Where the blob is or would be. Throws EvidenceError `invalid-digest`: a digest from outside must not
   * become a path.
   */
  readonly path: (digest: string) => string;
};

/** Opens the store in `directory`, and makes it (mode 0700) when it is not there. */
export async function openEvidenceStore(directory: string): Promise<EvidenceStore> {
  const incoming = join(directory, 'incoming');
  await mkdir(incoming, { recursive: true, mode: 0o700 });

  const path = (digest: string): string => {
    const { success, data } = Digest.safeParse(digest);
    if (!success)
      throw new EvidenceError(
        'invalid-digest',
        `expected sha256:<64 hex digits>, got ${JSON.stringify(digest)}`,
      );
    const hex = data.slice('sha256:'.length);
    return join(directory, 'sha256', hex.slice(0, 2), hex.slice(2));
  };
  const has = (digest: string) => isFile(path(digest));

  const keep = async (chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<StoredEvidence> => {
    const temporary = join(incoming, randomUUID());
    try {
      const { hex, bytes } = await writeHashed(temporary, chunks);
      const digest: Digest = `sha256:${hex}`;
      const target = path(digest);
      await mkdir(dirname(target), { recursive: true, mode: 0o700 });
      await rename(temporary, target);
      await syncDirectory(dirname(target));
      return { digest, bytes };
    } finally {
      await rm(temporary, { force: true });
    }
  };

  return {
    path,
    has,
    put: async (content) => {
      const data = typeof content === 'string' ? Buffer.from(content) : content;
      const digest: Digest = `sha256:${sha256Hex(data)}`;
      const target = path(digest);
      if ((await isFile(target)) && `sha256:${await sha256File(target)}` === digest) {
        return { digest, bytes: data.byteLength };
      }
      return keep([data]);
    },
    putFile: (file, signal) => keep(readChunks(file, signal)),
    get: async (digest) => {
      const file = path(digest);
      const data = await readFile(file).catch((cause: unknown) => {
        throw new EvidenceError(
          'not-found',
          `expected evidence ${digest} in the store, got no readable file`,
          { cause },
        );
      });
      const actual = sha256Hex(data);
      if (`sha256:${actual}` !== digest) {
        throw new EvidenceError(
          'digest-mismatch',
          `expected evidence ${digest}, got sha256:${actual}; the file was changed`,
        );
      }
      return data;
    },
  };
}

/** Opens the file only when it is read: a stream that fails before anybody listens would end the process. */
async function* readChunks(file: string, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  for await (const chunk of createReadStream(file)) {
    signal?.throwIfAborted();
    if (chunk instanceof Uint8Array) yield chunk;
  }
}

async function writeHashed(file: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>) {
  const hash = createHash('sha256');
  let bytes = 0;
  await using handle = await open(file, 'wx', 0o600);
  for await (const chunk of chunks) {
    hash.update(chunk);
    bytes += chunk.byteLength;
    await handle.writeFile(chunk);
  }
  await handle.sync();
  return { hex: hash.digest('hex'), bytes };
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
