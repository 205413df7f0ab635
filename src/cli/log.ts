// The process's log: JSON lines on standard error.
import { type Logger, pino } from 'pino';

/** What cannot be written, such as on a full disk, is lost; the process goes on. */
export function createLog(): Logger {
  const destination = pino.destination({ dest: 2, sync: true });
  destination.on('error', () => undefined);
  return pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, level: process.env['INTERLOCK_LOG'] ?? 'info' },
    destination,
  );
}
