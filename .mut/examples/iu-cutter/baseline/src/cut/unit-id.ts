import { createHash } from 'node:crypto';

/**
 * The id of a unit: a UUID version 8 (RFC 9562) over document key and address, the same on every machine and for every cut.
 * The length goes in front of the key so that no two pairs run together to the same bytes.
 */
export function unitId(documentKey: string, address: string): string {
  const bytes = createHash('sha256').update(`${documentKey.length}:${documentKey}#${address}`).digest();
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex', 0, 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
