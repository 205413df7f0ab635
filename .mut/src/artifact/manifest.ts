import { z } from 'zod';
import { Sha256Hex } from '../evidence/digest.ts';
import { ArtifactError } from './artifact-error.ts';
import { assertSafePaths, comparePaths } from './safe-path.ts';
import { FileMode, modeOf, type TreeEntry } from './tree-digest.ts';

/** One file of an artifact. For a symlink (mode 120000) `sha256` and `bytes` are of its target text. */
export const ManifestEntry = z.strictObject({
  path: z.string(),
  sha256: Sha256Hex,
  bytes: z.int().nonnegative(),
  mode: FileMode,
});
export type ManifestEntry = z.infer<typeof ManifestEntry>;

/**
 * What an artifact holds: every file, in bytewise order of the paths, all of them safe to unpack anywhere.
 */
export const Manifest = z
  .strictObject({
    /** The artifact's name. */
    name: z.string().regex(/^[\w.+-]{1,200}$/, 'expected a name of letters, digits and . _ + -'),
    /** The commit it was made of: 40 hex digits, or 64 in a SHA-256 repository. */
    commit: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/, 'expected a full commit id'),
    entries: z.array(ManifestEntry),
  })
  .superRefine(({ entries }, context) => {
    const paths = entries.map(({ path }) => path);
    try {
      assertSafePaths(paths);
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
      context.addIssue({ code: 'custom', path: ['entries'], message: error.message });
    }
    const unsorted = paths.findIndex(
      (path, index) => index > 0 && comparePaths(paths[index - 1] ?? '', path) > 0,
    );
    if (unsorted !== -1) {
      context.addIssue({
        code: 'custom',
        path: ['entries', unsorted],
        message: 'expected bytewise order of the paths',
      });
    }
  });
export type Manifest = z.infer<typeof Manifest>;

/** A manifest's files as a tree, to take its digest or to compare it. */
export function entriesOf(manifest: {
  readonly entries: readonly (Omit<ManifestEntry, 'mode'> & { readonly mode: string | number })[];
}): TreeEntry[] {
  return manifest.entries.map(({ path, sha256, bytes, mode }) => ({
    path,
    kind: String(mode) === '120000' ? 'symlink' : 'file',
    sha256,
    bytes,
    executable: String(mode) === '100755',
  }));
}

export type ChangedEntry = {
  readonly path: string;
  readonly expected: { readonly mode: FileMode; readonly sha256: string };
  readonly actual: { readonly mode: FileMode; readonly sha256: string };
};

/** Each list in bytewise order of the paths; three empty lists mean that the tree is the manifest's. */
export type TreeDifference = {
  readonly missing: readonly string[];
  readonly added: readonly string[];
  readonly changed: readonly ChangedEntry[];
};

/** Compares a tree with a manifest: content, kind, owner's x bit, and that nothing else is there. */
export function compareTree(manifest: Manifest, observed: readonly TreeEntry[]): TreeDifference {
  const actual = new Map(
    observed.map((entry) => [entry.path, { mode: modeOf(entry), sha256: entry.sha256 }]),
  );
  const expected = new Map(manifest.entries.map(({ path, mode, sha256 }) => [path, { mode, sha256 }]));
  const missing = [...expected.keys()].filter((path) => !actual.has(path));
  const added = [...actual.keys()].filter((path) => !expected.has(path));
  const changed = [...expected].flatMap(([path, want]): ChangedEntry[] => {
    const got = actual.get(path);
    if (got === undefined || (got.mode === want.mode && got.sha256 === want.sha256)) return [];
    return [{ path, expected: want, actual: got }];
  });
  return { missing: missing.toSorted(comparePaths), added: added.toSorted(comparePaths), changed };
}

const TITLE = '# interlock manifest 1';
const DETAILS = '# mode bytes path';
/** `sha256sum -c` follows symlinks, so their digests stand in a comment. */
const LINKS = '# symlink: sha256 of the target, path';

/**
 * A manifest as text: a `#` header (name, commit, count), one `sha256sum` line a file, then as comments the
 * symlinks and the modes and sizes. In the unpacked tree `sha256sum -c --strict` checks it. Equal manifests
 * give equal bytes. Throws ArtifactError `manifest-invalid`.
 */
export function renderManifest(manifest: Manifest): string {
  const { name, commit, entries } = validateManifest(manifest);
  const links = entries.filter(({ mode }) => mode === '120000');
  const lines = [
    TITLE,
    `# name: ${name}`,
    `# commit: ${commit}`,
    `# count: ${entries.length}`,
    ...entries.filter(({ mode }) => mode !== '120000').map(({ sha256, path }) => `${sha256}  ${path}`),
    ...(links.length === 0 ? [] : [LINKS, ...links.map(({ sha256, path }) => `# ${sha256}  ${path}`)]),
    DETAILS,
    ...entries.map(({ mode, bytes, path }) => `# ${mode} ${bytes} ${path}`),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * Reads what `renderManifest` wrote. Throws ArtifactError `manifest-invalid` on anything else, an unsafe path
 * included.
 */
export function parseManifest(text: string): Manifest {
  const lines = text.split('\n');
  const [title, name, commit, count] = lines;
  const detailsAt = lines.lastIndexOf(DETAILS);
  const digests = new Map(lines.slice(4, Math.max(detailsAt, 4)).flatMap(readDigest));
  const entries = lines.slice(detailsAt + 1, -1).map((line) => readDetails(line, digests));
  const manifest = validateManifest({
    name: headerValue(name, '# name: '),
    commit: headerValue(commit, '# commit: '),
    entries,
  });
  // Whatever this form cannot express or the reading above let pass makes a difference here: order, count,
  // stray lines.
  if (
    title !== TITLE ||
    headerValue(count, '# count: ') !== `${entries.length}` ||
    renderManifest(manifest) !== text
  ) {
    throw invalid(`expected the text of a manifest with ${entries.length} files, got other lines in it`);
  }
  return manifest;
}

function readDigest(line: string): [string, string][] {
  const [, sha256, path] = /^(?:# )?([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
  return sha256 === undefined || path === undefined ? [] : [[path, sha256]];
}

function readDetails(line: string, digests: ReadonlyMap<string, string>): ManifestEntry {
  const [, mode, bytes, path = ''] = /^# (\d{6}) (\d{1,15}) (.+)$/.exec(line) ?? [];
  const sha256 = digests.get(path);
  const parsed = FileMode.safeParse(mode);
  if (!parsed.success || sha256 === undefined)
    throw invalid(`expected "# mode bytes path" of a listed file, got ${line}`);
  return { path, sha256, bytes: Number(bytes), mode: parsed.data };
}

function headerValue(line: string | undefined, prefix: string): string {
  if (line?.startsWith(prefix) !== true)
    throw invalid(`expected a line "${prefix}…", got ${line ?? 'the end'}`);
  return line.slice(prefix.length);
}

/** Throws ArtifactError `manifest-invalid`, naming every fault. */
export function validateManifest(manifest: Manifest): Manifest {
  const { success, data, error } = Manifest.safeParse(manifest);
  if (success) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('/')}: ${message}`);
  throw invalid(`expected a valid manifest, got ${faults.join('; ')}`, error);
}

function invalid(message: string, cause?: unknown): ArtifactError {
  return new ArtifactError('manifest-invalid', message, cause === undefined ? {} : { cause });
}
