// Names of uploaded files: unique in a run's thread, and harmless wherever they are saved.
import { keyOf } from '../../plan/schema-gates.ts';
import type { GateState } from '../../run/state.ts';

/** Letters, digits, dots, dashes and underscores only: titles may come from a host. */
export function fileName(parts: readonly string[], ending: string): string {
  const stem = parts
    .join('-')
    .replace(/[^A-Za-z0-9._]+/g, '-')
    .replace(/^[-.]+|[-.]+$/g, '');
  return `${stem.slice(0, 80) || 'file'}${ending}`;
}

/** A name that begins with the gate, and with the attempt from the second on. */
export function gateFileName(
  { gate, attempt }: Pick<GateState, 'gate' | 'attempt'>,
  parts: readonly string[],
  ending: string,
): string {
  return fileName([gate.id, keyOf(gate), ...(attempt > 1 ? [`attempt-${attempt}`] : []), ...parts], ending);
}
