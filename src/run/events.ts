// The events of a run, as the ledger holds them. A run's state is the fold of these and of nothing else.
import { z } from 'zod';
import { decisions, gapRowSchema, requiredRulingSchema, ruledGapSchema } from '../gaps/schema.ts';
import { planSchema } from '../plan/schema.ts';
import { digest, identifier, json, timestamp } from '../plan/schema-scalars.ts';
import { anchorChoiceSchema } from './anchor-choice.ts';
import { gateResultSchema, reasonSchema } from './gate-result.ts';
import { knownPlaceSchema } from './known-place.ts';

export const personSchema = z.strictObject({ id: z.string().min(1), name: z.string().min(1) });
export type Person = z.infer<typeof personSchema>;

export const operations = ['deploy', 'verify', 'rollback', 'tidy'] as const;
export type Operation = (typeof operations)[number];

const nonce = z.string().regex(/^[0-9a-f]{32}$/);
const gate = identifier.describe('What the gate is called in its run: its name, or its kind.');
const via = z.enum(['reaction', 'button', 'command', 'sweep']);
const approvalOf = z.strictObject({
  approver: personSchema,
  group: z.string().min(1).describe('The one group in which this consent counts.'),
  votedAt: timestamp,
  channel: z.string(),
  messageTs: z.string().describe('The Slack message that was answered.'),
  via: via.describe('A button leaves no reaction behind, so its absence withdraws nothing.'),
  factor: z.enum(['totp']).nullable().describe('The second factor that came with it.'),
});
export type Approval = z.infer<typeof approvalOf>;

const driftSchema = z.strictObject({ name: z.string(), before: z.string(), after: z.string() });
export type Drift = z.infer<typeof driftSchema>;

const dataSchemas = {
  'run.requested': z.strictObject({
    plan: planSchema,
    planDigest: digest,
    mode: z.enum(['LIVE', 'DRYRUN']),
    operation: z.enum(operations),
    requester: personSchema,
    channel: z.string().min(1),
    subjectRun: z.string().nullable().describe('The run that is verified or rolled back.'),
    subjectFacts: z.record(z.string(), json).describe('Facts of that run’s gates, by gate.'),
    limitsSaid: z
      .union([z.literal(true), z.literal('readings')])
      .optional()
      .describe(
        'That claims say what two readings cannot see; `readings`: also where there were no two, or the second came before a rollback. Ledgers of earlier versions have less, and keep their words.',
      ),
    anchors: z
      .array(anchorChoiceSchema)
      .optional()
      .describe('What a rollback brings back, one a live path, chosen when it was asked for.'),
    places: z
      .array(knownPlaceSchema)
      .optional()
      .describe('Of a tidy: the live paths that it is about, with what the ledger knew of their trees then.'),
    takesBack: z
      .strictObject({
        runs: z.array(z.string().min(1)).min(1).describe('Those whose trees it takes out of service.'),
        elsewhere: z
          .array(z.strictObject({ lineage: z.string().min(1), gaps: z.array(gapRowSchema) }))
          .describe('Gaps of other lineages that rest on those runs.'),
        rulings: z
          .literal(true)
          .optional()
          .describe(
            'That rulings on those runs count no more either. Absent in ledgers of earlier versions.',
          ),
      })
      .optional()
      .describe(
        'Of a rollback, as it was when it was asked for: whose evidence counts no more once it is done.',
      ),
    subjectAttempts: z
      .array(z.strictObject({ nonce, notAfter: timestamp }))
      .optional()
      .describe(
        'Authorizations of the attempts of the run that is rolled back: taken away before anything is concluded.',
      ),
    previous: z
      .strictObject({ run: z.string(), head: digest })
      .nullable()
      .describe('The last run on the same target: chains the runs.'),
    gaps: z
      .array(gapRowSchema)
      .default([])
      .describe(
        'The gap register of the lineage as it was then: the run’s own ledger says what it carried in.',
      ),
    requiredRulings: z
      .array(requiredRulingSchema)
      .default([])
      .describe('How the plans were ruled on whose ruling this plan requires.'),
    control: z.strictObject({
      machine: z.string(),
      knowledgeBase: z.strictObject({ readable: z.boolean(), writable: z.boolean(), detail: z.string() }),
    }),
  }),
  'gate.queued': z.strictObject({
    gate,
    attempt: z.int().min(1),
    role: z.string(),
    jobId: z.string(),
    nonce: nonce
      .optional()
      .describe('What its authorization spends: the identity of this attempt. Older ledgers have none.'),
  }),
  'gate.finished': z.strictObject({
    gate,
    attempt: z.int().min(1),
    result: gateResultSchema,
    seenTree: z
      .strictObject({ run: z.string(), as: z.enum(['candidate', 'before']) })
      .optional()
      .describe(
        'Of a look that saw neither tree of its run: the run that brought that tree there, or replaced it, by the ledger.',
      ),
  }),
  'gate.skipped': z.strictObject({ gate, reason: reasonSchema }),
  'approval.requested': z.strictObject({
    digest,
    subject: z
      .record(z.string(), json)
      .describe('Everything the approval stands for; its digest is what people approve.'),
    expiresAt: timestamp,
  }),
  'approval.voted': z.strictObject({
    digest,
    voter: personSchema,
    groups: z
      .array(z.string().min(1))
      .describe('Groups in which the voter counts; none when it did not count.'),
    vote: z.enum(['approve', 'reject', 'withdraw']),
    via,
    channel: z.string(),
    messageTs: z.string(),
    votedAt: timestamp,
    factor: z.enum(['totp']).nullable(),
    counted: z.boolean(),
    refusal: reasonSchema.nullable(),
  }),
  'approval.granted': z.strictObject({ digest, approvals: z.array(approvalOf).min(1) }),
  'approval.rejected': z.strictObject({ digest, by: personSchema }),
  'approval.expired': z.strictObject({ digest }),
  'approval.lapsed': z.strictObject({
    digest,
    voter: personSchema,
    groups: z
      .array(z.string().min(1))
      .default([])
      .describe('Groups in which the consent still counts; it is gone when there are none.'),
    refusal: reasonSchema.describe('Why whoever consented may not consent any more, or not for all groups.'),
  }),
  'approval.voided': z.strictObject({
    digest,
    reason: reasonSchema,
    drift: z.array(driftSchema).describe('What is no longer as it was shown.'),
  }),
  'freeze.overridden': z.strictObject({
    by: personSchema,
    reason: z.string().min(1),
    freezes: z.array(z.strictObject({ title: z.string(), until: timestamp })),
  }),
  'lock.broken': z.strictObject({ by: personSchema, reason: z.string().min(1) }),
  'gate.abandoned': z.strictObject({ gate, attempt: z.int().min(1), reason: reasonSchema }),
  'point-of-no-return': z.strictObject({ gate, digest }),
  'run.aborted': z.strictObject({ by: personSchema, reason: z.string() }),
  'look.given-up': z
    .strictObject({ by: personSchema, reason: z.string(), looks: z.array(gate).min(1) })
    .describe('Somebody ends the run although a host that it may have changed does not answer.'),
  'rollback.begun': z.strictObject({ trigger: z.enum(['automatic', 'requested']), reason: reasonSchema }),
  'run.finished': z.strictObject({
    verdict: z.enum(['PASS', 'PARTIAL', 'FAILED', 'BLOCKED', 'INCONCLUSIVE', 'DRYRUN']),
    outcome: z.string(),
    reason: reasonSchema.nullable(),
  }),
  'run.ruled': z
    .strictObject({
      by: personSchema,
      decision: z.enum(decisions),
      text: z.string().describe('Empty for a reaction, which has no words.'),
      conditions: z.array(z.string().min(1)),
      gaps: z.array(ruledGapSchema).describe('Of the lineage’s register.'),
      nextPlan: identifier.nullable(),
      via: z.enum(['command', 'reaction', 'modal']),
    })
    .describe('A reviewer’s decision on the finished run; the one event that may follow its end.'),
} as const;

export type EventType = keyof typeof dataSchemas;
export type EventData<T extends EventType> = z.infer<(typeof dataSchemas)[T]>;
/** An event that is about to be appended. */
export type NewEvent = { [T in EventType]: { type: T; data: EventData<T> } }[EventType];
/** An event as read from the ledger. */
export type RunEvent = NewEvent & {
  seq: number;
  at: string;
  /** Of the ledger's line, which chains it to all before. Absent in an event that no ledger has held. */
  hash?: string | undefined;
};

const typeSchema = z.enum(Object.keys(dataSchemas) as [EventType, ...EventType[]]);

/** Parses one ledger row of a run; throws a ZodError when it is not an event of this version. */
export function parseRunEvent(row: {
  seq: number;
  at: string;
  type: string;
  data: unknown;
  hash?: string | undefined;
}): RunEvent {
  const type = typeSchema.parse(row.type);
  const { seq, at, hash } = row;
  return { seq, at, hash, type, data: dataSchemas[type].parse(row.data) } as RunEvent;
}
