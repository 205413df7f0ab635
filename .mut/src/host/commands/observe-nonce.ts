import { absolutePath } from '../absolute-path.ts';
import { type Command, script } from '../command.ts';
import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';

/** How far the gate of an authorization has come on a host; `new` when none has begun there with it. */
export type NonceState = 'new' | 'begun' | 'ended';

const LOOK = `
if [ ! -e "$1" ]; then exit 0; fi
while read -r nonce state until; do
  if [ "$nonce" = "$2" ]; then printf '%s' "$state"; fi
done < "$1"
`;

/** Looks a nonce up in the record at `path`; a host without a record knows of none. */
export function nonceAt(path: string, nonce: string): Command {
  return script('observe', `look up authorization ${nonce}`, LOOK, [absolutePath(path, 'record'), nonce], {
    timeoutMs: 20_000,
  });
}

export function parseNonce(result: CommandResult): NonceState {
  const state = wholeStdout(result);
  if (state === '') return 'new';
  if (state === 'begun' || state === 'ended') return state;
  throw unreadable(result, 'begun or ended', JSON.stringify(state.slice(0, 200)));
}
