import { z } from 'zod';
import { type JsonValue, jsonValue } from '../ledger/json-value.ts';

/**
 * How a JSON value travels in a job: as text. The embedded store keeps payloads as `jsonb`, which refuses NUL
 * characters (captured output has them) and reorders members; text arrives as it left.
 */
const payload = z.object({ json: z.string() });

export function packPayload(value: JsonValue): { json: string } {
  return { json: JSON.stringify(value) };
}

/**
 * The value, or undefined when it was not packed by `packPayload`: whoever can write to Redis can put anything there.
 */
export function tryUnpackPayload(packed: unknown): JsonValue | undefined {
  try {
    return jsonValue.parse(JSON.parse(payload.parse(packed).json));
  } catch {
    return undefined;
  }
}
