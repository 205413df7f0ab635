import type { CommandResult } from '../host.ts';
import { unreadable, wholeStdout } from '../run-ok.ts';

/**
 * Records of `width` fields, each field ended by NUL: the one byte that no path and no argument can hold.
 * Throws as `wholeStdout` does, and `output-unreadable` for a record that is not whole.
 */
export function readFields(result: CommandResult, width: number): string[][] {
  const fields = splitFields(result, wholeStdout(result));
  if (fields.length % width !== 0)
    throw unreadable(result, `records of ${width} fields`, `${fields.length} fields`);
  return Array.from({ length: fields.length / width }, (_, at) => fields.slice(at * width, (at + 1) * width));
}

/** Text made of fields that each end in NUL. */
export function splitFields(result: CommandResult, text: string): string[] {
  if (text === '') return [];
  if (!text.endsWith('\0')) throw unreadable(result, 'NUL at the end', JSON.stringify(text.slice(-40)));
  return text.slice(0, -1).split('\0');
}

/** A whole number of the output. */
export function readNumber(result: CommandResult, text: string | undefined): number {
  const number = text !== undefined && /^[0-9]+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw unreadable(result, 'a whole number', JSON.stringify(text));
  return number;
}
