/**
 * Where what is not whole yet lies, until it gets its name: parts of an upload, a tree that is being unpacked or removed. It
 * follows from the name, so that the next attempt can remove what an earlier one had no time to.
 */
export function partOf(path: string): string {
  return `${path}.part`;
}
