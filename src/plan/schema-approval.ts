// Who may ask, who may approve, and for how long.
import { z } from 'zod';
import { identifier } from './schema-scalars.ts';

const slackUser = z.string().regex(/^[UW][A-Z0-9]{2,}$/, 'a Slack user id such as U024BE7LH');

export const approvalSchema = z.strictObject({
  channels: z
    .array(z.string().regex(/^[CG][A-Z0-9]{2,}$/, 'a Slack channel id such as C024BE91L'))
    .min(1)
    .describe('Channels in which the plan may be run.'),
  requesters: z.array(slackUser).min(1).describe('Who may start, abort and roll back a run.'),
  groups: z
    .record(
      identifier,
      z.strictObject({
        members: z.array(slackUser).min(1),
        quorum: z.int().min(1).default(1).describe('How many different members must approve.'),
      }),
    )
    .refine((groups) => Object.keys(groups).length > 0, 'at least one group')
    .describe(
      'Every group must reach its quorum. One person counts in one group only, and the requester in none.',
    ),
  expiresAfterMinutes: z.int().min(1).max(10080).default(240),
});
