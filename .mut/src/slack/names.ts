// Names of people for the thread, where nobody is to be pinged.
import type { WebClient } from '@slack/web-api';
import { identifyUser } from './identify.ts';

/** Looks names up once and keeps them. A name that cannot be had now is left out and asked for again later. */
export function createNames(
  client: WebClient,
): (ids: readonly string[]) => Promise<ReadonlyMap<string, string>> {
  const known = new Map<string, string>();
  return async (ids) => {
    const missing = [...new Set(ids)].filter((id) => !known.has(id));
    await Promise.all(
      missing.map(async (id) => {
        // Only the name is used, so the team does not matter here.
        const identity = await identifyUser(client, '', id).catch(() => null);
        if (identity) known.set(id, identity.name);
      }),
    );
    return known;
  };
}
