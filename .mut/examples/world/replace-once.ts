/** Replaces a text that must be there exactly once: a variant of a file that silently is none would prove nothing. */
export function replaceOnce(content: string, search: string, replacement: string): string {
  const [before, after, ...more] = content.split(search);
  if (before === undefined || after === undefined || more.length > 0) {
    throw new Error(
      `expected "${search}" once, got it ${content.split(search).length - 1} times. Adapt the variant.`,
    );
  }
  return `${before}${replacement}${after}`;
}
