import { createHash, type Hash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { type Header, type Pack, pack } from 'tar-stream';
import { ArtifactError } from './artifact-error.ts';
import { commitTime } from './git.ts';
import { GitError } from './git-error.ts';
import { type Manifest, type ManifestEntry, validateManifest } from './manifest.ts';
import { type BlobReader, readBlobs } from './read-blobs.ts';
import { resolveCommit } from './resolve-commit.ts';
import type { GitCall } from './run-git.ts';
import { assertSafePaths, comparePaths, findTargetFault } from './safe-path.ts';
import { listMatching, listTracked, type TrackedEntry } from './tracked-files.ts';

export type TarballOptions = {
  /** The artifact's name, for its manifest. */
  readonly name: string;
  /**
   * Globs of tracked files to leave out, as git understands them: `*` within a folder, `**` across, a folder
   * means all of it.
   */
  readonly exclude?: readonly string[];
  readonly signal?: AbortSignal | undefined;
};

export type Tarball = {
  readonly file: string;
  /** Of the compressed file, in hex. */
  readonly sha256: string;
  readonly bytes: number;
  /** Of the uncompressed tar, in hex: it stays the same when another gzip compresses differently. */
  readonly tarSha256: string;
  /** What is in it. */
  readonly entries: Manifest;
  /** Tracked files that `exclude` left out. */
  readonly excluded: readonly string[];
};

/**
 * Packs the tracked files of a commit into `file` as tar.gz, which appears there whole or not at all. The
 * same commit and globs give the same bytes in every clone: entries are sorted by their bytes, without
 * folders, owned by 0:0, with modes 0644, 0755 and 0777 (symlinks) and the commit's time; no top folder; a
 * name that ustar cannot hold gets a pax header. Streams, so that size does not matter. Throws ArtifactError
 * `forbidden-content`, `unsafe-path`, `path-collision`, `unsupported-entry`, `empty`, `unwritable`,
 * `manifest-invalid` (the name), `aborted`; GitError.
 */
export async function buildTarball(
  repo: string,
  commit: string,
  file: string,
  options: TarballOptions,
): Promise<Tarball> {
  const { name, exclude = [], signal } = options;
  const call: GitCall = { cwd: repo, signal };
  const id = await resolveCommit(repo, commit, { signal });
  validateManifest({ name, commit: id, entries: [] });
  const mtime = await commitTime(repo, id, { signal });
  const tracked = await listTracked(id, call);
  const excluded = await listMatching(id, exclude, call);
  const packed = tracked.filter(({ path }) => !excluded.has(path));
  assertPackable(packed);

  const blobs = readBlobs(
    packed.map(({ blob }) => blob),
    call,
  );
  const part = `${file}.${randomUUID()}.part`;
  const archive = pack();
  try {
    const packing = packEntries(archive, packed, blobs, mtime);
    const writing = writeCompressed(archive, part, signal);
    // Each waits for the other, so the failure of one must end both.
    for (const half of [packing, writing]) half.catch((error: Error) => archive.destroy(error));
    const [entries, digests] = await bothOf(packing, writing, signal);
    const manifest = validateManifest({ name, commit: id, entries });
    await rename(part, file);
    return { file, ...digests, entries: manifest, excluded: [...excluded].toSorted(comparePaths) };
  } finally {
    archive.destroy();
    await blobs.close();
    await rm(part, { force: true });
  }
}

/**
 * Waits for both halves, and throws the failure that came first in substance: the other half then only says
 * that it was ended.
 */
async function bothOf<P, W>(
  packing: Promise<P>,
  writing: Promise<W>,
  signal: AbortSignal | undefined,
): Promise<[P, W]> {
  const [packed, written] = await Promise.allSettled([packing, writing]);
  if (packed.status === 'fulfilled' && written.status === 'fulfilled') return [packed.value, written.value];
  if (signal?.aborted === true)
    throw new ArtifactError('aborted', 'packing was stopped', { cause: signal.reason });
  const inside = packed.status === 'rejected' ? packed.reason : undefined;
  if (inside instanceof ArtifactError || inside instanceof GitError) throw inside;
  const cause = written.status === 'rejected' ? written.reason : inside;
  throw new ArtifactError('unwritable', 'expected to write the archive, got an error of the file system', {
    cause,
  });
}

async function writeCompressed(archive: Pack, file: string, signal: AbortSignal | undefined) {
  const [tar, gzip, count] = [createHash('sha256'), createHash('sha256'), { bytes: 0 }];
  await pipeline(
    hashed(bytesOf(archive), tar),
    createGzip({ level: 9 }),
    withoutSystem,
    (chunks: AsyncIterable<Buffer>) => hashed(chunks, gzip, count),
    createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true }),
    ...(signal === undefined ? [] : [{ signal }]),
  );
  return { sha256: gzip.digest('hex'), bytes: count.bytes, tarSha256: tar.digest('hex') };
}

type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

/** Parts of a path that never belong into an artifact, tracked or not. */
const FORBIDDEN = /(?:^|\/)(?:\.git|\.env[^/]*|node_modules|__pycache__|\.cache)(?:\/|$)/i;

function assertPackable(files: readonly TrackedEntry[]): void {
  const forbidden = files.map(({ path }) => path).filter((path) => FORBIDDEN.test(path));
  if (forbidden.length > 0) {
    throw new ArtifactError(
      'forbidden-content',
      `expected no .git, .env or cache in the artifact, got ${forbidden.slice(0, 20).join(', ')}; remove or exclude it`,
      { paths: forbidden },
    );
  }
  if (files.length === 0) throw new ArtifactError('empty', 'expected at least one tracked file, got none');
  assertSafePaths(files.map(({ path }) => path));
}

async function packEntries(archive: Pack, files: readonly TrackedEntry[], blobs: BlobReader, mtime: Date) {
  const entries: ManifestEntry[] = [];
  for (const { path, mode } of files) {
    const { bytes, content } = await blobs.next();
    const hash = createHash('sha256');
    const header = { name: path, uid: 0, gid: 0, mtime, mode: mode === '100755' ? 0o755 : 0o644 };
    if (mode === '120000') await packSymlink(archive, { ...header, mode: 0o777 }, content, hash);
    else await packFile(archive, { ...header, type: 'file', size: bytes }, content, hash);
    entries.push({ path, sha256: hash.digest('hex'), bytes, mode });
  }
  archive.finalize();
  return entries;
}

async function packSymlink(
  archive: Pack,
  header: EntryHeader,
  content: AsyncIterable<Buffer>,
  hash: Hash,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of hashed(content, hash)) chunks.push(chunk);
  const target = Buffer.concat(chunks);
  const linkname = target.toString();
  const fault = Buffer.from(linkname).equals(target)
    ? findTargetFault(header.name, linkname)
    : 'its target is no UTF-8';
  if (fault !== null) {
    throw new ArtifactError(
      'unsafe-path',
      `expected a symlink within the tree, got ${header.name}: ${fault}`,
      { paths: [header.name] },
    );
  }
  archive.entry({ ...header, type: 'symlink', linkname });
}

async function packFile(
  archive: Pack,
  header: EntryHeader,
  content: AsyncIterable<Buffer>,
  hash: Hash,
): Promise<void> {
  const packed = Promise.withResolvers<void>();
  // Also called when the archive is destroyed, so nothing waits for a drain that never comes.
  const entry = archive.entry(header, (error) => (error ? packed.reject(error) : packed.resolve()));
  packed.promise.catch(() => {});
  for await (const chunk of hashed(content, hash)) {
    if (entry.write(chunk)) continue;
    const drained = Promise.withResolvers<void>();
    entry.once('drain', () => drained.resolve());
    await Promise.race([drained.promise, packed.promise]);
  }
  entry.end(null);
  await packed.promise;
}

/** tar-stream's streams are not typed; what they carry is. */
async function* bytesOf(archive: Pack): AsyncGenerator<Buffer> {
  for await (const chunk of archive) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('expected bytes from tar-stream');
    yield chunk;
  }
}

async function* hashed(
  chunks: AsyncIterable<Buffer>,
  hash: Hash,
  count?: { bytes: number },
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    if (count !== undefined) count.bytes += chunk.length;
    yield chunk;
  }
}

/**
 * RFC 1952, byte 9: the system that compressed. zlib writes its own; 255 is "unknown", and the same
 * everywhere.
 */
async function* withoutSystem(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let offset = 0;
  for await (const chunk of chunks) {
    if (offset <= 9 && offset + chunk.length > 9) chunk[9 - offset] = 255;
    offset += chunk.length;
    yield chunk;
  }
}
