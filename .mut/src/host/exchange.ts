import { posix } from 'node:path';
import { absolutePath } from './absolute-path.ts';
import { type Command, script, shellQuote } from './command.ts';
import { EXCHANGE_PROGRAMS, EXCHANGE_WAYS, type ExchangeWay } from './exchange-programs.ts';
import type { CommandResult } from './host.ts';
import { HostError } from './host-error.ts';
import { parseTrials, type Trial } from './trials.ts';

export type { ExchangeWay } from './exchange-programs.ts';

/** Tries each way on two scratch directories in the parent, and says of each what came of it. */
const TRIALS = `
umask 077
scratch=$(mktemp -d "$1/.interlock-exchange.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT PIPE TERM
try() {
  way=$1
  shift
  command -v "$1" > /dev/null 2>&1 || { printf '%s\\0absent\\0\\0' "$way"; return 0; }
  rm -rf "$scratch/a" "$scratch/b"
  mkdir "$scratch/a" "$scratch/b"
  : > "$scratch/a/was-a"
  : > "$scratch/b/was-b"
  if why=$("$@" "$scratch/a" "$scratch/b" 2>&1) && [ -e "$scratch/a/was-b" ] && [ -e "$scratch/b/was-a" ]
  then printf '%s\\0works\\0\\0' "$way"
  else printf '%s\\0fails\\0%s\\0' "$way" "$why"
  fi
}
${EXCHANGE_WAYS.map((way) => `try ${[way, ...EXCHANGE_PROGRAMS[way]].map(shellQuote).join(' ')}`).join('\n')}
`;

const EXCHANGE = `
a=$1 b=$2 parent_a=$3 parent_b=$4
shift 4
for tree in "$a" "$b"; do
  if [ ! -d "$tree" ] || [ -L "$tree" ]; then printf 'expected a plain directory at %s\\n' "$tree" >&2; exit 1; fi
done
"$@" "$a" "$b"
sync "$parent_a" "$parent_b"
`;

/** Preflight of a swap: which ways work among the children of `parent`. Leaves nothing behind. */
export function exchangeTrials(parent: string): Command {
  const directory = absolutePath(parent, 'parent of the exchange');
  return script('mutate', `trial exchange in ${directory}`, TRIALS, [directory], { timeoutMs: 60_000 });
}

/**
 * The best way that works, and what came of each. Throws `exchange-unavailable` when none does: two renames would leave
 * a moment without a live tree, so they are no substitute.
 */
export function parseExchangeTrials(result: CommandResult): {
  way: ExchangeWay;
  trials: Trial<ExchangeWay>[];
} {
  return parseTrials(result, EXCHANGE_WAYS, {
    what: 'a way to exchange two directories',
    next: 'install coreutils 9.5, util-linux 2.40, python3 or perl, or put the tree on a filesystem that can exchange',
  });
}

/**
 * Swaps two directories in one step (renameat2(2) with RENAME_EXCHANGE), then flushes both parents to the disk.
 * Exits with something else than 0, and swaps nothing, across filesystems (EXDEV) and for a mount point (EBUSY).
 */
export function exchangeCommand(way: ExchangeWay, a: string, b: string): Command {
  const paths = [absolutePath(a, 'first tree'), absolutePath(b, 'second tree')];
  if (a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)) {
    throw new HostError('usage', `exchange: expected two trees beside each other, got ${a} and ${b}`);
  }
  const args = [...paths, ...paths.map((path) => posix.dirname(path)), ...EXCHANGE_PROGRAMS[way]];
  return script('mutate', `exchange ${a} and ${b}`, EXCHANGE, args, { timeoutMs: 60_000 });
}
