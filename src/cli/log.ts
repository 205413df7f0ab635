// The process's log: JSON lines on standard error.
import { type Logger, pino } from 'pino';

export function createLog(): Logger {
  return pino(
    { base: null, timestamp: pino.stdTimeFunctions.isoTime, level: process.env['INTERLOCK_LOG'] ?? 'info' },
    pino.destination({ dest: 2, sync: true }),
  );
}
