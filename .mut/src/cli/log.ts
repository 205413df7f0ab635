// The process's log: JSON lines on standard error.
import { type Logger, pino } from 'pino';

/** Bytes of lines that may wait for a place that takes none, such as a file on a full disk. Lines beyond that are dropped. */
const longestWait = 1024 * 1024;

export function createLog(): Logger {
  const destination = pino.destination({ dest: 2, sync: true, maxLength: longestWait });
  // A line that cannot be written is no fault of what it tells of, which may be a promote that has just ended.
  destination.on('error', () => undefined);
  return pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, level: process.env['INTERLOCK_LOG'] ?? 'info' },
    destination,
  );
}
