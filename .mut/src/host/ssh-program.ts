import type { ClientChannel } from 'ssh2';
import { toShell } from './command.ts';
import { killMarked } from './marked-program.ts';
import type { Ending, RunningProgram } from './running-program.ts';
import type { SshConnection } from './ssh-connection.ts';

/**
 * The program behind a freshly opened channel.
 *
 * It counts as ended when the server has said how, both outputs are read to their end and the channel is closed. A
 * channel or connection that closes without an exit status is `lost`: node-ssh and ssh2 report that as a code of
 * null or undefined, which is no success.
 */
export function followProgram(
  connection: SshConnection,
  channel: ClientChannel,
  mark: string,
): RunningProgram {
  const { promise: ending, resolve } = Promise.withResolvers<Ending>();
  const forget = connection.onLost((cause) => resolve({ kind: 'lost', cause }));
  let told: Ending = {
    kind: 'lost',
    cause: new Error('the server closed the channel without an exit status'),
  };
  channel.on('exit', (code: number | null, signal?: string) => {
    told =
      code === null ? { kind: 'signalled', signal: signal ?? 'an unnamed signal' } : { kind: 'exited', code };
  });
  channel.on('error', (cause: unknown) => resolve({ kind: 'lost', cause }));
  // ssh2 holds this event back until standard output is read to its end, but does not wait for standard error.
  channel.once('close', () => {
    const end = (): void => {
      forget();
      resolve(told);
    };
    if (channel.stderr.readableEnded) end();
    else channel.stderr.once('end', end);
  });
  return {
    stdin: channel.stdin,
    stdout: channel.stdout,
    stderr: channel.stderr,
    ending,
    // Whether it worked shows in `ending`; where it cannot be sent, the caller's grace period decides.
    kill: (signal) => void connection.execUnread(toShell(killMarked(mark, signal))).catch(() => {}),
    abandon: () => {
      forget();
      channel.close();
    },
  };
}
