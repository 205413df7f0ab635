import { buffer } from 'node:stream/consumers';
import { GitError } from './git-error.ts';
import { endOfGit, type GitCall, startGit } from './run-git.ts';

/** Where the blobs of `readBlobs` come from, one after the other, in the order they were asked for. */
export type BlobReader = {
  /**
   * The next blob's size in bytes, and its content; read it to the end before the next one. Throws GitError
   * `git-failed`.
   */
  readonly next: () => Promise<{ readonly bytes: number; readonly content: AsyncIterable<Buffer> }>;
  /** Ends git; call it in any case. */
  readonly close: () => Promise<void>;
};

const EMPTY = Buffer.alloc(0);

/** Reads blobs by one `git cat-file --batch`, as a stream: memory does not grow with their size. */
export function readBlobs(blobs: readonly string[], call: GitCall): BlobReader {
  const child = startGit(['cat-file', '--batch'], call);
  const end = endOfGit(child);
  // Looked at in close(); until then a failure shows as the end of the output.
  end.catch(() => {});
  child.stdin.on('error', () => {});
  child.stderr.resume();
  child.stdin.end(blobs.map((blob) => `${blob}\n`).join(''));

  const output: AsyncIterator<Buffer> = child.stdout[Symbol.asyncIterator]();
  // Asked for at once: of a program that has ended, Node throws away what nobody has begun to read.
  let first: ReturnType<typeof output.next> | null = output.next();
  first.catch(() => {});
  let rest: Buffer = EMPTY;

  const take = async (): Promise<Buffer> => {
    if (rest.length > 0) {
      const taken = rest;
      rest = EMPTY;
      return taken;
    }
    const reading = first ?? output.next();
    first = null;
    const { value, done } = await reading;
    if (done !== true) return value;
    await end;
    throw new GitError('git-failed', 'expected the content of a blob, got the end of git cat-file');
  };

  const readLine = async (): Promise<string> => {
    let line = EMPTY;
    for (;;) {
      const chunk = await take();
      const at = chunk.indexOf(0x0a);
      line = Buffer.concat([line, at === -1 ? chunk : chunk.subarray(0, at)]);
      if (at === -1) continue;
      rest = chunk.subarray(at + 1);
      return line.toString();
    }
  };

  async function* readBytes(count: number): AsyncGenerator<Buffer> {
    let left = count;
    while (left > 0) {
      const chunk = await take();
      rest = chunk.subarray(left);
      const part = chunk.subarray(0, left);
      left -= part.length;
      yield part;
    }
    await readLine();
  }

  return {
    next: async () => {
      const header = await readLine();
      const [, bytes] = /^[0-9a-f]+ blob (\d+)$/.exec(header) ?? [];
      if (bytes === undefined)
        throw new GitError('git-failed', `expected a blob from git cat-file, got ${header}`);
      return { bytes: Number(bytes), content: readBytes(Number(bytes)) };
    },
    close: async () => {
      child.kill();
      // Nobody reads on; with its output open, git would never count as ended.
      child.stdout.destroy();
      await end.catch(() => {});
    },
  };
}

/** Each entry with the bytes of its blob, one after the other. Throws GitError `git-failed`. */
export async function* eachBlob<T extends { readonly blob: string }>(
  entries: readonly T[],
  call: GitCall,
): AsyncGenerator<[entry: T, content: Buffer]> {
  const reader = readBlobs(
    entries.map(({ blob }) => blob),
    call,
  );
  try {
    for (const entry of entries) yield [entry, await buffer((await reader.next()).content)];
  } finally {
    await reader.close();
  }
}
