// Slack's libraries log through ours: warnings and errors only, since their debug lines hold whole messages.
import { type Logger, LogLevel } from '@slack/bolt';
import type { Log } from './ports.ts';

export function slackLogger(log: Log): Logger {
  const text = (parts: readonly unknown[]) =>
    parts.map((part) => (part instanceof Error ? part.message : String(part))).join(' ');
  return {
    debug() {},
    info() {},
    warn: (...parts: unknown[]) => log.warn({ from: 'slack' }, text(parts)),
    error: (...parts: unknown[]) => log.error({ from: 'slack' }, text(parts)),
    setLevel() {},
    getLevel: () => LogLevel.WARN,
    setName() {},
  };
}
