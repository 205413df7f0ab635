// Who may do what with a plan's runs, and when not.
import { z } from 'zod';
import { freezeSchema } from './schema-freeze.ts';
import { identifier } from './schema-scalars.ts';

const who = z.array(
  z
    .string()
    .regex(/^[UWS][A-Z0-9]{2,}$/, 'a Slack user id such as U024BE7LH, or a user group id such as S0615G0KT'),
);

/** Acts for which a plan may name people of their own, each with what holds when it names none. */
export const permissionsSchema = z
  .strictObject({
    abort: who.optional().describe('Who may end an open run; without it the requesters.'),
    rollback: who.optional().describe('Who may ask for the way back; without it the requesters.'),
    publish: who.optional().describe('Who may publish a report again; without it the requesters.'),
    rule: who.default([]).describe('Who may rule on a finished run.'),
    overrideFreeze: who.default([]).describe('Who may let a run go on in a freeze; it is attested.'),
    unlock: who.default([]).describe('Who may take the target’s lock from a run that will not end.'),
    disable: who
      .optional()
      .describe(
        'Who may switch execution off for this plan; without it the requesters, the members of every group, and those of `enable`.',
      ),
    enable: who.default([]).describe('Who may switch execution on again for this plan.'),
  })
  .describe('People and user groups by id.');

export const approvalSchema = z.strictObject({
  channels: z
    .array(z.string().regex(/^[CG][A-Z0-9]{2,}$/, 'a Slack channel id such as C024BE91L'))
    .min(1)
    .describe('Channels in which the plan may be run. Never one that is shared with another organisation.'),
  requesters: who.min(1).describe('Who may start and verify runs.'),
  groups: z
    .record(
      identifier,
      z.strictObject({
        members: who.min(1).describe('User ids, user group ids (read when somebody votes), or both.'),
        quorum: z.int().min(1).default(1).describe('How many different members must approve.'),
      }),
    )
    .default({})
    .describe(
      'Every group must reach its quorum. One person counts in one group only, and the requester in none. A plan that changes nothing and asks nobody may leave it out.',
    ),
  permissions: permissionsSchema.prefault({}),
  secondFactor: z
    .enum(['none', 'totp'])
    .default('none')
    .describe('`totp`: a consent counts only with a code of the approver’s authenticator app.'),
  freezes: z.array(freezeSchema).default([]).describe('When nothing goes live by this plan.'),
  expiresAfterMinutes: z
    .int()
    .min(1)
    .max(10080)
    .default(240)
    .describe('How long a request for approval waits; a timeout is not a consent.'),
});
