import type { Answer } from './control.ts';

/** An answer that says no, with a word for programs and a sentence for people. */
export function refuse<T>(code: string, text: string): Answer<T> {
  return { ok: false, refusal: { code, text } };
}
