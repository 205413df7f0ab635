import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';
import { absence, type Observed } from './observed.ts';
import { readNumber, splitFields } from './read-fields.ts';

export type FileState = {
  /** Hex digest of the content; of the file that a symlink leads to. */
  readonly sha256: string;
  readonly bytes: number;
  /** Permission bits, such as 0o644. */
  readonly mode: number;
  /** Where a symlink at the path leads, as it says; undefined when there is none. */
  readonly link: string | undefined;
};

/** The digest comes from the shell's redirection, so that no name is read as an option and none is printed back. */
const LOOK = `
if [ ! -e "$1" ] && [ ! -L "$1" ]; then printf 'no-path\\0'; exit 0; fi
[ -f "$1" ] || { printf 'expected a file at %s\\n' "$1" >&2; exit 1; }
link=
if [ -L "$1" ]; then link=$(readlink -n -- "$1" && printf x) && link=\${link%x}; fi
printf 'present\\0%s\\0' "$link"
stat --dereference --printf='%a\\0%s\\0' -- "$1"
digest=$(sha256sum < "$1")
printf '%s\\0' "\${digest%% *}"
`;

/** Digest, size and mode of the file at a path, which may be a symlink to one. */
export function fileState(path: string): Command {
  return script('observe', `digest of ${path}`, LOOK, [absolutePath(path, 'file')], {
    env: { LC_ALL: 'C' },
    timeoutMs: 300_000,
  });
}

export function parseFileState(result: CommandResult): Observed<FileState> {
  const [state, link, mode = '', bytes, sha256 = '', ...rest] = splitFields(result, wholeStdout(result));
  const absent = absence(state);
  if (absent) return absent;
  if (state !== 'present' || !/^[0-7]{1,4}$/.test(mode) || !/^[0-9a-f]{64}$/.test(sha256) || rest.length > 0)
    throw unreadable(result, 'mode, size and sha256', JSON.stringify(result.stdout.slice(0, 200)));
  const value = {
    sha256,
    bytes: readNumber(result, bytes),
    mode: Number.parseInt(mode, 8),
    link: link || undefined,
  };
  return { state: 'present', value };
}
