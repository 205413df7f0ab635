// The record of authorizations on a target host, for what a worker's own record cannot know: another worker of the role,
// with a data directory of its own, may be handed the same job again.
import { posix } from 'node:path';
import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import { HostError } from '../host-error.ts';

/** Exit code of a command that found the authorization spent: the record is as it was. */
export const SPENT = 77;

/** Seconds beyond its end for which an authorization is remembered: more than any two clocks should differ. */
const KEPT_S = 24 * 60 * 60;

export interface HostNonce {
  readonly nonce: string;
  /** When the authorization ends. */
  readonly notAfter: Date;
}

/** Rewrites the record whole, under a lock of its own: $1 file, $2 nonce, $3 its end, $4 end of what is kept, $5 state, $6 directory. */
const NOTE = `
umask 077
mkdir -p "$6"
exec flock "$1.lock" sh -euc '
  known=new
  : > "$1.new"
  if [ -e "$1" ]; then
    while read -r nonce state until; do
      case $until in ""|*[!0-9]*)
        printf "expected a nonce, a state and a time on each line of %s, got another\\n" "$1" >&2
        exit 1
      esac
      if [ "$nonce" = "$2" ]; then known=$state
      elif [ "$until" -ge "$4" ]; then printf "%s %s %s\\n" "$nonce" "$state" "$until" >> "$1.new"
      fi
    done < "$1"
  fi
  if [ "$known" = ended ]; then
    rm -f "$1.new"
    printf "authorization %s is spent: its gate has ended\\n" "$2" >&2
    exit ${SPENT}
  fi
  printf "%s %s %s\\n" "$2" "$5" "$3" >> "$1.new"
  sync "$1.new"
  mv -T "$1.new" "$1"
  sync "$6"
' interlock "$@"
`;

/** Notes that a gate begins with this authorization; again, when it was begun and has not ended. Exits with SPENT when it has. */
export function beginNonce(path: string, nonce: HostNonce, now: Date): Command {
  return note('begun', path, nonce, now);
}

/** Notes that the gate has ended, so that nothing begins with this authorization again. Exits with SPENT when that was noted before. */
export function endNonce(path: string, nonce: HostNonce, now: Date): Command {
  return note('ended', path, nonce, now);
}

function note(state: 'begun' | 'ended', path: string, { nonce, notAfter }: HostNonce, now: Date): Command {
  const record = absolutePath(path, 'record');
  if (!/^[0-9a-f]{32}$/.test(nonce))
    throw new HostError('usage', `nonce: expected 32 hex digits, got ${JSON.stringify(nonce)}`);
  const seconds = (date: Date) => Math.ceil(date.getTime() / 1000);
  const args = [record, nonce, String(seconds(notAfter)), String(seconds(now) - KEPT_S), state];
  return script('mutate', `note authorization ${nonce} as ${state}`, NOTE, [...args, posix.dirname(record)], {
    timeoutMs: 20_000,
  });
}
