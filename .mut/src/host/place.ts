// Gives a tree a name that must be free: how the first tree of a live path goes live, and how it is taken out again.
import { posix } from 'node:path';
import { absolutePath } from './absolute-path.ts';
import { type Command, script, shellQuote } from './command.ts';
import { type ExchangeWay, PLACING_PROGRAMS, PLACING_WAYS, type PlacingWay } from './exchange-programs.ts';
import type { CommandResult } from './host.ts';
import { HostError } from './host-error.ts';
import { parseTrials, type Trial } from './trials.ts';

export type { PlacingWay } from './exchange-programs.ts';

/** Each way on scratch directories: it must leave a name that is taken alone, an empty directory too, and take a free one. */
const TRIALS = `
umask 077
scratch=$(mktemp -d "$1/.interlock-place.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT PIPE TERM
try() {
  way=$1
  shift
  command -v "$1" > /dev/null 2>&1 || { printf '%s\\0absent\\0\\0' "$way"; return 0; }
  rm -rf "$scratch/a" "$scratch/b"
  mkdir "$scratch/a" "$scratch/b"
  : > "$scratch/a/was-a"
  "$@" "$scratch/a" "$scratch/b" > /dev/null 2>&1 || :
  if [ ! -e "$scratch/a/was-a" ]; then printf '%s\\0fails\\0it replaces what is there\\0' "$way"; return 0; fi
  rmdir "$scratch/b"
  if why=$("$@" "$scratch/a" "$scratch/b" 2>&1) && [ -e "$scratch/b/was-a" ] && [ ! -e "$scratch/a" ]
  then printf '%s\\0works\\0\\0' "$way"
  else printf '%s\\0fails\\0%s\\0' "$way" "$why"
  fi
}
${PLACING_WAYS.map((way) => `try ${[way, ...PLACING_PROGRAMS[way]].map(shellQuote).join(' ')}`).join('\n')}
`;

const PLACE = `
from=$1 to=$2 parent=$3
shift 3
if [ ! -d "$from" ] || [ -L "$from" ]; then printf 'expected a plain directory at %s\\n' "$from" >&2; exit 1; fi
if [ -e "$to" ] || [ -L "$to" ]; then printf 'expected nothing at %s\\n' "$to" >&2; exit 17; fi
"$@" "$from" "$to"
if [ -e "$from" ]; then printf 'expected nothing at %s, got something in the same moment\\n' "$to" >&2; exit 17; fi
sync "$parent"
`;

/** Preflight of a first deploy: which ways never replace what is there, among the children of `parent`. Leaves nothing behind. */
export function placingTrials(parent: string): Command {
  const directory = absolutePath(parent, 'parent of the live path');
  return script('mutate', `trial rename in ${directory}`, TRIALS, [directory], { timeoutMs: 60_000 });
}

/** The best way that works, and what came of each. Throws `exchange-unavailable` when none does. */
export function parsePlacingTrials(result: CommandResult): { way: PlacingWay; trials: Trial<PlacingWay>[] } {
  return parseTrials(result, PLACING_WAYS, {
    what: 'a way to rename a directory that never replaces another',
    next: 'install python3 or perl, or GNU coreutils 8.30',
  });
}

/** Of a way that facts name. Throws `usage` for one that can exchange and not place. */
export function placingWay(way: ExchangeWay): PlacingWay {
  const found = PLACING_WAYS.find((each) => each === way);
  if (found) return found;
  throw new HostError('usage', `expected one of the ways ${PLACING_WAYS.join(', ')}, got ${way}`);
}

/**
 * Renames a tree to a free name beside it in one step (renameat2(2) with RENAME_NOREPLACE), then flushes the parent to the
 * disk. Exits with 17, and moves nothing, when the name is taken. Throws `usage` for a name elsewhere.
 */
export function placeCommand(way: PlacingWay, from: string, to: string): Command {
  const parent = posix.dirname(absolutePath(to, 'free name'));
  if (from === to || posix.dirname(absolutePath(from, 'tree')) !== parent)
    throw new HostError('usage', `rename: expected another name beside ${from}, got ${to}`);
  return script('mutate', `rename ${from} to ${to}`, PLACE, [from, to, parent, ...PLACING_PROGRAMS[way]], {
    timeoutMs: 60_000,
  });
}
