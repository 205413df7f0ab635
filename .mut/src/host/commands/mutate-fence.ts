// A fence against programs that outlive their controller. When a worker dies, what it had started on the host runs on and
// may act minutes later. Each attempt therefore sets the fence to a token of its own before it looks at the world, and its
// commands act only while the fence still says that token.
import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, programAndArguments, script } from '../command.ts';
import { HostError } from '../host-error.ts';

/** Exit code of a command that found another attempt's token: it has done nothing. */
export const FENCED_OFF = 76;

const SET = `
umask 077
mkdir -p "$3"
exec flock "$1.lock" sh -euc '
  printf "%s\\n" "$2" > "$1.new"
  sync "$1.new"
  mv -T "$1.new" "$1"
' interlock "$1" "$2"
`;

const CHECK = `
exec flock -o "$1.lock" sh -euc '
  if [ "$(cat "$1")" != "$2" ]; then
    printf "another attempt has taken over: expected the fence %s, got %s\\n" "$2" "$(cat "$1")" >&2
    exit ${FENCED_OFF}
  fi
  shift 2
  exec "$@"
' interlock "$@"
`;

/** Does nothing; behind a fence it tells whether the fence still stands. */
export function doNothing(): Command {
  return script('mutate', 'see that the fence stands', ':', [], { timeoutMs: 60_000 });
}

/** Sets the fence at `path` to `token`. From the moment it exits with 0, commands of other tokens are fenced off. */
export function setFence(path: string, token: string): Command {
  const fence = absolutePath(path, 'fence');
  const args = [fence, plainToken(token), posix.dirname(fence)];
  return script('mutate', `set fence ${fence}`, SET, args, { timeoutMs: 60_000 });
}

/**
 * The same command, acting only while the fence says `token`; exits with FENCED_OFF otherwise. One that is behind this fence
 * already stays as it is: it would wait for itself.
 */
export function fenced(command: Command, path: string, token: string): Command {
  const { title, argv, effect, ...more } = command;
  if (argv[2] === CHECK && argv[4] === path && argv[5] === token) return command;
  const args = [absolutePath(path, 'fence'), plainToken(token), ...programAndArguments(argv)];
  return { ...more, ...script(effect, title, CHECK, args, more) };
}

/** A token as a fence can hold it. Throws `usage` otherwise. */
export function plainToken(token: string): string {
  if (/^[A-Za-z0-9._/-]{1,200}$/.test(token)) return token;
  throw new HostError(
    'usage',
    `fence: expected a token of letters, digits and . _ / -, got ${JSON.stringify(token)}`,
  );
}
