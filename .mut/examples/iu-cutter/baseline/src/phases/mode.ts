import { Refusal } from './refusal.ts';

/** `LIVE` writes production; `DRYRUN` counts what would be written. There is no third. */
export const Mode = { LIVE: 'LIVE', DRYRUN: 'DRYRUN' } as const;
export type Mode = (typeof Mode)[keyof typeof Mode];

/** Reads a mode from text. @throws Refusal `unknown-mode`: no guess, and no fallback to either. */
export function parseMode(text: string): Mode {
  if (text === Mode.LIVE || text === Mode.DRYRUN) return text;
  throw new Refusal('unknown-mode', `expected LIVE or DRYRUN, got "${text}". Modes are written in capitals.`);
}
