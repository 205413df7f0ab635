// Files that somebody named on the command line: what was expected there, what is there, and what to do.
import { isUtf8 } from 'node:buffer';
import { lstat, readFile, stat } from 'node:fs/promises';

/** Text of a file. Throws a RangeError for one that is not there or cannot be read. */
export async function readGiven(path: string, what: string): Promise<string> {
  const bytes = await readGivenBytes(path, what);
  // Bytes that are not UTF-8 are all read as one character: of one text there would be several files.
  if (!isUtf8(bytes)) throw fault(path, what, 'bytes that are not UTF-8');
  return bytes.toString('utf8');
}

export async function readGivenBytes(path: string, what: string): Promise<Buffer> {
  await requireFile(path, what);
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw fault(
      path,
      what,
      cause.code === 'EACCES' ? 'one that you may not read' : String(cause.code),
      cause,
    );
  });
}

/** Null when nothing is there. Throws a RangeError for what cannot be read. */
export async function readIfThere(path: string, what: string): Promise<string | null> {
  const found = await lstat(path).catch((cause: NodeJS.ErrnoException) => {
    if (isAbsent(cause)) return null;
    throw fault(path, what, String(cause.code), cause);
  });
  return found && readGiven(path, what);
}

/** Throws a RangeError for what is not there, and for anything but a directory. */
export async function requireDirectory(path: string, what: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw fault(path, what, isAbsent(cause) ? 'no such directory' : String(cause.code), cause);
  });
  if (!found.isDirectory()) throw fault(path, what, 'a file, not a directory');
}

/** Throws a RangeError for what is not there, and for a directory; a pipe of a shell's is fine. */
export async function requireFile(path: string, what: string): Promise<void> {
  const found = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    throw fault(path, what, isAbsent(cause) ? 'no such file' : String(cause.code), cause);
  });
  if (found.isDirectory()) throw fault(path, what, 'a directory');
}

function isAbsent({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENOENT' || code === 'ENOTDIR';
}

function fault(path: string, what: string, got: string, cause?: unknown): RangeError {
  return new RangeError(`expected ${what} at ${path}, got ${got}; correct the path`, { cause });
}
