// A part of the world in a process of its own. A large process starts programs slowly (fork copies its page tables), and one
// that plays a host starts many.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Most ms that a part may take to end once it is told to. */
const GRACE_MS = 10_000;

export interface OwnProcess {
  /** What the part said when it was ready. */
  readonly answer: unknown;
  /** Ends the part and waits until it has. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Starts the module, which must call `serveParent`, and resolves with its answer to the request. It ends with this process,
 * however that ends.
 * @throws Error when the part ends before it answers; what it said is on standard error
 */
export async function startOwnProcess(module: URL, request: unknown): Promise<OwnProcess> {
  const child = fork(fileURLToPath(module), { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const answer = await new Promise<unknown>((resolve, reject) => {
    child.once('error', reject);
    child.once('message', resolve);
    child.once('exit', (code, signal) =>
      reject(new Error(`expected ${module.pathname} to start, got its end by ${signal ?? code}`)),
    );
    child.send({ request });
  });
  child.on('error', () => undefined);
  // An open channel must not keep this process alive.
  child.channel?.unref();
  child.unref();
  return { answer, close: () => end(child, ended) };
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.connected) child.disconnect();
  child.ref();
  const late = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
  await ended;
  clearTimeout(late);
}

/** For the module of a part: serves what the parent asks for, until the parent is gone. */
export function serveParent(
  serve: (request: unknown) => Promise<{ answer: object; close(): Promise<void> }>,
): void {
  // Ctrl-C goes to the whole group; the parent still needs this part while it ends.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
  process.once('message', async (message: { request: unknown }) => {
    const { answer, close } = await serve(message.request);
    process.once('disconnect', () => void close().finally(() => process.exit()));
    if (process.connected) process.send?.(answer);
    else await close().finally(() => process.exit());
  });
}
