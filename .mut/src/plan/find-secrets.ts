// A plan is in the ledger in full, so it must not hold a credential: it names secrets by their name in the configuration.

/** Path of each text, or key, that `redact` would change: it is, or looks like, a credential. Pure. */
export function placesOfSecrets(
  value: unknown,
  redact: (text: string) => string,
  path: readonly (string | number)[] = [],
): (readonly (string | number)[])[] {
  if (typeof value === 'string') return redact(value) === value ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  const members: [string | number, unknown][] = Array.isArray(value)
    ? value.map((each: unknown, index) => [index, each])
    : Object.entries(value);
  return members.flatMap(([key, member]) => {
    const at = [...path, key];
    const inKey = typeof key === 'string' && redact(key) !== key;
    return [...(inKey ? [at] : []), ...placesOfSecrets(member, redact, at)];
  });
}
