// Where the socket of a data directory is, also where the directory's path is longer than an address may be.
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from './operator-error.ts';

/** Of its own, mode 0700: the data directory itself may be one that others can enter. */
export const socketDirectory = (data: string) => join(data, 'control');
const name = 'control.sock';

/** `sun_path` holds 108 bytes on Linux and 104 elsewhere, with the zero at its end. */
const mostPathBytes = 103;

export interface SocketPlace {
  /** Its path for people and for file calls. */
  readonly file: string;
  /** Its path for `listen` and `connect`. */
  readonly address: string;
  /** Once neither is needed any more. */
  release(): void;
}

/** The directory must be there. Throws OperatorError `path-too-long` where the system knows no shorter way. */
export function placeOfSocket(data: string): SocketPlace {
  const directory = socketDirectory(data);
  const file = join(directory, name);
  if (Buffer.byteLength(file) <= mostPathBytes) return { file, address: file, release: () => undefined };
  if (process.platform !== 'linux')
    throw new OperatorError(
      'path-too-long',
      `expected a socket path of at most ${mostPathBytes} bytes, got ${Buffer.byteLength(file)} (${file}); use a data directory with a shorter path`,
    );
  // An open directory has a short path in every process.
  const opened = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  return { file, address: `/proc/self/fd/${opened}/${name}`, release: () => closeSync(opened) };
}
