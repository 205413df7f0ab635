// What a host is like where a run is going to change it: everything that later gates need, in one look.
import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script, shellQuote } from '../command.ts';
import { EXCHANGE_PROGRAMS, EXCHANGE_WAYS, type ExchangeWay } from '../exchange-programs.ts';
import type { CommandResult } from '../host.ts';
import { expectOk, unreadable } from '../run-ok.ts';
import type { Trial } from '../trials.ts';
import type { DiskSpace } from './observe-disk.ts';
import { LOOK, type PathFacts, readPathFacts } from './observe-path.ts';
import { readNumber, splitFields } from './read-fields.ts';

/** Programs that the commands of later gates are made of, beside those of the login's own shell. */
export const NEEDED_PROGRAMS = [
  ...[
    'cat',
    'chmod',
    'cp',
    'dirname',
    'du',
    'find',
    'flock',
    'grep',
    'gzip',
    'head',
    'id',
    'mktemp',
    'mountpoint',
  ],
  ...['mv', 'rm', 'rmdir', 'sha256sum', 'stat', 'sync', 'tail', 'tar', 'wc'],
] as const;

/** What is known of one live path and of the directory that it lies in. */
export interface TargetReadiness {
  readonly live: PathFacts;
  readonly parent: PathFacts;
  readonly parentWritable: boolean;
  /** Interlock's own files there that the login may not write to. */
  readonly lockedOut: readonly string[];
  /** As lsattr(1) prints them; empty where it cannot tell. */
  readonly parentFlags: string;
  readonly liveFlags: string;
  /** As stat(1) names it, such as `ext2/ext3`. */
  readonly fileSystem: string;
  readonly disk: DiskSpace;
  /** Bytes on the disk, and names, of the live tree. */
  readonly treeBytes: number;
  readonly treeNames: number;
  /** At most 20 of each, relative to the live path. */
  readonly unreadable: readonly string[];
  readonly special: readonly string[];
  /** Names, and targets of symlinks, that are not UTF-8, with U+FFFD for what cannot be read. */
  readonly notText: readonly string[];
}

export interface HostReadiness {
  /** Name, release and machine of the kernel. */
  readonly system: string;
  readonly uid: number;
  readonly missingPrograms: readonly string[];
  /**
   * Ways to exchange, best first, up to the first that works: its program is there and knows the call. It was asked to exchange two
   * names that are not there, which it must refuse for that reason.
   */
  readonly ways: readonly Trial<ExchangeWay>[];
  /** In the order in which they were asked for; empty when programs are missing. */
  readonly targets: readonly TargetReadiness[];
}

const BODY = `
# find goes back to where it began, and a home may be shut to its own login.
cd /
set -f
look() {
  set +f
  ${LOOK}
  set -f
}
flags() {
  set -- $(lsattr -d "$1" 2> /dev/null | head -n 1)
  printf '%s\\0' "\${1:-}"
}
none=$1
shift
printf '%s\\0' "$(uname -srm 2> /dev/null || :)" "$(id -u 2> /dev/null || echo 0)"
missing=
for tool in ${NEEDED_PROGRAMS.join(' ')}; do
  command -v "$tool" > /dev/null 2>&1 || missing="$missing $tool"
done
find / -maxdepth 0 -printf '' 2> /dev/null || missing="$missing GNU-find"
printf '%s\\0' "$missing"
works=
ask() {
  [ -z "$works" ] || return 0
  way=$1
  shift
  command -v "$1" > /dev/null 2>&1 || { printf '%s\\0absent\\0\\0' "$way"; return 0; }
  why=$("$@" "$none/a" "$none/b" 2>&1) || :
  case $why in
    *'No such file or directory'*) works=$way; printf '%s\\0works\\0\\0' "$way" ;;
    *) printf '%s\\0fails\\0%s\\0' "$way" "$why" ;;
  esac
}
${EXCHANGE_WAYS.map((way) => `ask ${[way, ...EXCHANGE_PROGRAMS[way]].map(shellQuote).join(' ')}`).join('\n')}
[ -z "$missing" ] || exit 0
while [ $# -ge 2 ]; do
  live=$1 parent=$2
  shift 2
  look "$live" "$parent"
  if [ -w "$parent" ] && [ -x "$parent" ]; then printf 'yes\\0'; else printf 'no\\0'; fi
  flags "$parent"
  flags "$live"
  stat --file-system --printf='%T\\0%S %b %a %c %d\\0' "$parent" 2> /dev/null || printf '\\0\\0'
  if [ -d "$live" ] && [ ! -L "$live" ]; then
    bytes=$(du -s --block-size=1 "$live" 2> /dev/null || :)
    printf '%s\\0%s\\0' "\${bytes%%[!0-9]*}" "$(find "$live" -printf . 2> /dev/null | wc -c)"
    find "$live" '(' -type f ! -readable -o -type d '(' ! -readable -o ! -executable ')' ')' -printf 'u%P\\0' 2> /dev/null |
      head -z -n 20
    find "$live" ! -type f ! -type d ! -type l -printf 's%P\\0' 2> /dev/null | head -z -n 20
    find "$live" -mindepth 1 '(' -type l -printf 'n%P -> %l\\0' -o -printf 'n%P\\0' ')' 2> /dev/null |
      grep -z -a '[^ -~]' | head -z -n 50000
  else
    printf '%s\\0' 0 0
  fi
  own=$parent/.interlock
  if [ -e "$own" ] || [ -L "$own" ]; then
    find "$own" -maxdepth 1 '(' -type d -o -type f ')' ! -writable -printf 'l%p\\0' 2> /dev/null | head -z -n 20
    if [ ! -d "$own" ] || [ -L "$own" ]; then printf 'l%s\\0' "$own"; fi
  fi
  printf '.\\0'
done
`;

/** Looks at the host, and at each of these live paths. Changes nothing. */
export function hostReadiness(livePaths: readonly string[], unusedName: string): Command {
  const args = livePaths.flatMap((path) => [absolutePath(path, 'live path'), posix.dirname(path)]);
  const none = absolutePath(unusedName, 'name that is not there');
  return script('observe', 'look at what later gates need', BODY, [none, ...args], {
    env: { LC_ALL: 'C' },
    timeoutMs: 600_000,
    maxOutputBytes: 64 * 1024 * 1024,
  });
}

const space = 5;

export function parseHostReadiness(result: CommandResult): HostReadiness {
  expectOk(result);
  // Names that are not UTF-8 are what is looked for, so the text is taken as it comes.
  const fields = splitFields(result, result.stdout);
  const take = (count: number) => fields.splice(0, count);
  const [system = '', uid, missing = ''] = take(3);
  const ways: Trial<ExchangeWay>[] = [];
  for (const way of EXCHANGE_WAYS) {
    if (fields[0] !== way) break;
    const [, outcome, why = ''] = take(3);
    if (outcome !== 'works' && outcome !== 'absent' && outcome !== 'fails')
      throw unreadable(result, `what became of ${way}`, JSON.stringify(outcome));
    ways.push({ way, outcome, why: why.trim() });
  }
  const targets: TargetReadiness[] = [];
  while (fields.length > 0) targets.push(readTarget(result, take));
  const missingPrograms = missing.split(' ').filter(Boolean);
  return { system, uid: readNumber(result, uid), missingPrograms, ways, targets };
}

function readTarget(result: CommandResult, take: (count: number) => string[]): TargetReadiness {
  const [live, parent] = [readPathFacts(result, take(8)), readPathFacts(result, take(8))];
  const [writable, parentFlags = '', liveFlags = '', fileSystem = '', disk = '', bytes, names] = take(7);
  const numbers = disk === '' ? Array<string>(space).fill('0') : disk.split(' ');
  const [block = 0, total = 0, free = 0, totalInodes = 0, freeInodes = 0] = numbers.map((text) =>
    readNumber(result, text),
  );
  const lists = { u: [], s: [], n: [], l: [] } as Record<'u' | 's' | 'n' | 'l', string[]>;
  for (let [field] = take(1); field !== '.'; [field] = take(1)) {
    const letter = (['u', 's', 'n', 'l'] as const).find((each) => field?.startsWith(each));
    if (field === undefined || letter === undefined)
      throw unreadable(result, 'a name', JSON.stringify(field));
    lists[letter].push(field.slice(1));
  }
  return {
    live,
    parent,
    parentWritable: writable === 'yes',
    lockedOut: lists.l,
    parentFlags,
    liveFlags,
    fileSystem,
    disk: { totalBytes: block * total, freeBytes: block * free, totalInodes, freeInodes },
    treeBytes: readNumber(result, bytes || '0'),
    treeNames: readNumber(result, names),
    unreadable: lists.u,
    special: lists.s,
    notText: lists.n.filter((name) => name.includes('\uFFFD')).slice(0, 20),
  };
}
