// What kind of channel something was done in: ours alone, or shared with another organisation.
import type { WebClient } from '@slack/web-api';
import { z } from 'zod';
import type { Place } from '../approval/identity.ts';

const channelSchema = z.object({
  channel: z.object({ is_ext_shared: z.boolean(), is_pending_ext_shared: z.boolean().optional() }),
});

/** Asks `conversations.info`. What cannot be read is not known to be ours. */
export async function readPlace(client: WebClient, channel: string): Promise<Place> {
  try {
    const { is_ext_shared, is_pending_ext_shared = false } = channelSchema.parse(
      await client.conversations.info({ channel }),
    ).channel;
    return { channel, isShared: is_ext_shared || is_pending_ext_shared };
  } catch {
    return { channel, isShared: null };
  }
}
