import { HostError } from './host-error.ts';

/** The promise, or `aborted` as soon as the signal says so. The work behind the promise goes on. */
export async function raceAbort<T>(promise: Promise<T>, what: string, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void =>
    reject(
      new HostError('aborted', `${what}: aborted; nothing was started`, {
        ended: true,
        cause: signal.reason,
      }),
    );
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
