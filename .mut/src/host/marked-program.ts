import { type Command, script } from './command.ts';

/** Environment variable that each program started over SSH carries, and its children inherit. */
export const MARK = 'INTERLOCK_COMMAND';

/**
 * The login shell may not have become the program yet, and a program may start another while it is being ended: so this
 * looks until it finds one, and with SIGKILL until it finds none any more, for half a second at most.
 */
const KILL = `
mark=$1 signal=$2 hit= round=0
while [ $round -lt 10 ]; do
  files=$(grep -slzxF "${MARK}=$mark" /proc/[0-9]*/environ || :)
  if [ -z "$files" ] && [ -n "$hit" ]; then exit 0; fi
  for file in $files; do
    hit=yes file=\${file#/proc/}
    kill -s "$signal" "\${file%/environ}" 2> /dev/null || :
  done
  if [ -n "$hit" ] && [ "$signal" = TERM ]; then exit 0; fi
  round=$((round + 1))
  sleep 0.05
done
`;

/**
 * Sends a signal to every process that carries the mark.
 *
 * SSH has a message for this (RFC 4254 §6.9), but OpenSSH refuses it for root and for forced commands, and reaches only
 * the process group; closing the channel ends nothing at all. Linux only: it reads /proc.
 */
export function killMarked(mark: string, signal: 'TERM' | 'KILL'): Command {
  return script('mutate', `end by SIG${signal}`, KILL, [mark, signal]);
}
