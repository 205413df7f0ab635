// What a claim rests on, by name. The report has it in full.
import { trimPlain } from './trim.ts';

/** `probe row-counts`, `proof PROOF-1`, `check test/secrets`; of the journal the entry itself. Plain text, not escaped. */
export function shortGround(text: string): string {
  return /^(?:probe|proof|check) [^\s:]+/.exec(text)?.[0] ?? trimPlain(text, 120);
}
