// Times, sizes and digests as people read them.
import type { GateState } from '../../run/state.ts';

/** `30 ms`, `0.4 s`, `41 s`, `2 min 03 s`, `1 h 05 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 0.1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** Milliseconds from one RFC 3339 time to a later one; 0 when the clocks of two machines disagree. */
export function between(from: string, to: string): number {
  return Math.max(0, Date.parse(to) - Date.parse(from));
}

/** How long a gate waited for a worker and how long it took, in ms; null where it has no such time. */
export function gateTimes({ queuedAt, result }: GateState): {
  waitedMs: number | null;
  tookMs: number | null;
} {
  if (!result) return { waitedMs: null, tookMs: null };
  return {
    waitedMs: queuedAt === null ? null : between(queuedAt, result.startedAt),
    tookMs: between(result.startedAt, result.finishedAt),
  };
}

/** `2026-05-21 05:33:34 UTC`. Slack's own date markup is not drawn by every client, and UTC is what the ledger says. */
export function utc(at: string): string {
  return `${at.slice(0, 10)} ${clock(at)}`;
}

/** `05:33:34 UTC`. */
export function clock(at: string): string {
  return `${at.slice(11, 19)} UTC`;
}

/** `187,156 bytes`. */
export function bytes(count: number): string {
  return `${count.toLocaleString('en-US')} bytes`;
}

/** The first twelve hex digits, for places where the whole digest stands elsewhere. */
export function short(digest: string): string {
  const hex = digest.replace(/^sha256:/, '');
  return hex.length > 12 ? `${hex.slice(0, 12)}…` : hex;
}

/** The text with each digest in it shortened. */
export function shortDigests(text: string): string {
  return text.replace(
    /\b(sha256:)?([0-9a-f]{64})\b/g,
    (_, algorithm: string | undefined, hex: string) => `${algorithm ?? ''}${short(hex)}`,
  );
}

/** `1 file`, `9 files`; with a plural of its own: `2 matches`. */
export function count(number: number, noun: string, plural = `${noun}s`): string {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : plural}`;
}

function pad(number: number): string {
  return String(number).padStart(2, '0');
}
