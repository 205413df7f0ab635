import { type Command, script } from './command.ts';

/** Environment variable that each program started over SSH carries, and its children inherit. */
export const MARK = 'INTERLOCK_COMMAND';

/**
 * Sends a signal to every process that carries the mark.
 *
 * SSH has a message for this (RFC 4254 §6.9), but OpenSSH refuses it for root, for forced commands, and reaches only
 * the process group; closing the channel ends nothing at all. Linux only: it reads /proc.
 */
export function killMarked(mark: string, signal: 'TERM' | 'KILL'): Command {
  const body = `
for file in $(grep -slzxF "${MARK}=$1" /proc/[0-9]*/environ || :); do
  file=\${file#/proc/}
  kill -s "$2" "\${file%/environ}" 2> /dev/null || :
done
`;
  return script('mutate', `end by SIG${signal}`, body, [mark, signal]);
}
