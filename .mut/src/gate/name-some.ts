/** "a; b; c and 40 more": a list for people, who need no more than the first of a thousand. */
export function nameSome(items: readonly string[], most = 20): string {
  const more = items.length - most;
  return `${items.slice(0, most).join('; ')}${more > 0 ? ` and ${more} more` : ''}`;
}
