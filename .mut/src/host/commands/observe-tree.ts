import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { readNumber, splitFields } from './read-fields.ts';

/** One name below a listed directory; `path` is relative to it. */
export type TreeEntry =
  | {
      readonly type: 'file';
      readonly path: string;
      /** Permission bits, such as 0o644. */
      readonly mode: number;
      readonly executable: boolean;
      readonly bytes: number;
      /** Hex digest of the content. */
      readonly sha256: string;
    }
  | { readonly type: 'directory'; readonly path: string; readonly mode: number }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  /** A device, socket or pipe, by find's letter: nothing that a deployed tree should hold. */
  | { readonly type: 'other'; readonly path: string; readonly kind: string };

/** Five fields a name, then a field "=", then sha256sum's own records. Symlinks are named, never followed. */
const LIST = `
[ -d "$1" ] && [ ! -L "$1" ] || { printf 'expected a plain directory at %s\\n' "$1" >&2; exit 1; }
cd "$1"
find . -mindepth 1 -printf '%y\\0%m\\0%s\\0%P\\0%l\\0'
printf '=\\0'
find . -type f -exec sha256sum --zero -- {} +
`;

/** Everything below a directory: type, mode, size, sha256 of each file, target of each symlink. Needs GNU find. */
export function treeListing(root: string): Command {
  return script('observe', `list ${root}`, LIST, [absolutePath(root, 'tree')], {
    env: { LC_ALL: 'C' },
    timeoutMs: 600_000,
    maxOutputBytes: 64 * 1024 * 1024,
  });
}

/**
 * The entries in the byte order of their paths. Throws `output-unreadable` for anything but a whole, consistent listing;
 * a tree that changes while it is listed is not.
 */
export function parseTreeListing(result: CommandResult): TreeEntry[] {
  const fields = splitFields(result, wholeStdout(result));
  const digests = new Map<string, string>();
  const names = namedFields(result, fields);
  for (const record of fields.slice(names.length + 1)) {
    const match = /^([0-9a-f]{64}) [ *]\.\/(.+)$/s.exec(record);
    if (!match?.[1] || !match[2]) throw unreadable(result, 'a sha256 and a path', JSON.stringify(record));
    digests.set(match[2], match[1]);
  }
  const entries: TreeEntry[] = [];
  for (let at = 0; at < names.length; at += 5) {
    const [type = '', mode = '', bytes, path = '', target = ''] = names.slice(at, at + 5);
    if (type === 'f') {
      const sha256 = digests.get(path);
      if (sha256 === undefined) throw unreadable(result, `a sha256 of ${JSON.stringify(path)}`, 'none');
      digests.delete(path);
      const bits = parseMode(result, mode);
      entries.push({
        type: 'file',
        path,
        mode: bits,
        executable: (bits & 0o111) !== 0,
        bytes: readNumber(result, bytes),
        sha256,
      });
    } else if (type === 'd') entries.push({ type: 'directory', path, mode: parseMode(result, mode) });
    else if (type === 'l') entries.push({ type: 'symlink', path, target });
    else entries.push({ type: 'other', path, kind: type });
  }
  const [extra] = digests.keys();
  if (extra !== undefined) throw unreadable(result, 'only files that were named', JSON.stringify(extra));
  return entries.sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** The fields before "=". It stands where a type would, so no path can be taken for it. */
function namedFields(result: CommandResult, fields: string[]): string[] {
  let at = 0;
  while (at < fields.length && fields[at] !== '=') at += 5;
  if (fields[at] !== '=') throw unreadable(result, 'a listing with digests', 'one that breaks off');
  return fields.slice(0, at);
}

function parseMode(result: CommandResult, text: string): number {
  if (!/^[0-7]{1,4}$/.test(text)) throw unreadable(result, 'an octal mode', JSON.stringify(text));
  return Number.parseInt(text, 8);
}
