// Sizes and counts as people compare them. Evidence keeps the exact numbers.

/** `812 bytes`, `0.7 MB`, `82.7 GB`: decimal units, from a tenth of a megabyte on. */
export function readableBytes(bytes: number): string {
  if (bytes < 100_000) return `${bytes.toLocaleString('en-US')} bytes`;
  if (bytes < 950_000_000) return `${rounded(bytes / 1e6)} MB`;
  return bytes < 950_000_000_000 ? `${rounded(bytes / 1e9)} GB` : `${rounded(bytes / 1e12)} TB`;
}

/** `520`, `16 k`, `16 M`. */
export function readableCount(count: number): string {
  if (count < 9_950) return count.toLocaleString('en-US');
  return count < 950_000 ? `${rounded(count / 1e3)} k` : `${rounded(count / 1e6)} M`;
}

function rounded(value: number): string {
  return value < 99.95 ? value.toFixed(1).replace(/\.0$/, '') : String(Math.round(value));
}
