// Slack's libraries log through ours: warnings and errors only, since their debug lines hold whole messages.
import { type Logger, LogLevel } from '@slack/bolt';
import { keyFiles } from '../attestation/keys.ts';
import type { Log } from './ports.ts';

/** ssh-keygen(1) gives the file its name, so the thread shows it without an extension. The library's warning bears no code. */
const expected = `filename supplied '${keyFiles.allowedSigners}' may be missing a proper extension.`;

export function slackLogger(log: Log): Logger {
  const text = (parts: readonly unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug() {},
    info() {},
    warn(...parts: unknown[]) {
      const said = text(parts);
      if (!said.startsWith(expected)) log.warn({ from: 'slack' }, said);
    },
    error: (...parts: unknown[]) => log.error({ from: 'slack' }, text(parts)),
    setLevel() {},
    getLevel: () => LogLevel.WARN,
    setName() {},
  };
}
