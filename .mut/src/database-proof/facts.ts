// What was seen of a proof. The judge decides on this alone, and a report can be written from it.
import { z } from 'zod';
import { identifier, json } from '../plan/schema-scalars.ts';

const count = z.int().min(0);
const failure = z.object({ sqlstate: z.string(), message: z.string() });
export type Failure = z.infer<typeof failure>;

export const stepFactsSchema = z.object({
  title: z.string(),
  role: z.string().nullable().describe('Null: the login.'),
  outcome: z.enum(['returned', 'failed', 'not-run']),
  failure: failure.nullable(),
  rowCount: count.nullable(),
  rows: z.array(z.array(json)).describe('The first of them; see rowsKept.'),
  rowsKept: z.boolean().describe('False when there were more rows, or longer values, than are kept.'),
  counts: z.record(z.string(), count).describe('Of the tables that the step expects something of.'),
  durationMs: z.number(),
});
export type StepFacts = z.infer<typeof stepFactsSchema>;

export const tableFactsSchema = z.object({
  table: z.string(),
  before: count,
  inside: count.nullable().describe('Null when the steps were not run to the end.'),
  after: count
    .nullable()
    .describe('In a new transaction on a new connection; null when it could not be counted.'),
  contents: z
    .enum(['same', 'different'])
    .nullable()
    .describe('Of the rows after, by checksum, to those before; null when that was not compared.'),
  ours: count
    .nullable()
    .describe('Rows after, whose xmin is a transaction id of the proof: a leak, whoever else wrote.'),
});
export type TableFacts = z.infer<typeof tableFactsSchema>;

export const sequenceFactsSchema = z.object({
  name: z.string(),
  before: z.string().nullable().describe('last_value; null when nothing was ever taken from it.'),
  after: z.string().nullable(),
  ours: z
    .boolean()
    .nullable()
    .describe('Whether the proof’s session took from it; null when that cannot be told.'),
});
export type SequenceFacts = z.infer<typeof sequenceFactsSchema>;

export const sessionFactsSchema = z
  .object({
    advisoryLocks: count,
    temporaryObjects: count,
    heldCursors: count,
    preparedStatements: count,
    listening: count,
  })
  .describe('What the session still held after the rollback; all of it ends with the session.');

export type SessionFacts = z.infer<typeof sessionFactsSchema>;

export const reachedFunctionSchema = z.object({
  name: z.string(),
  language: z.string(),
  accepted: z.enum(['read', 'function-in-plan']),
  definer: z.boolean().describe('SECURITY DEFINER: runs with its owner’s rights, whatever the role.'),
});
export const reachedExtensionSchema = z.object({
  name: z.string(),
  accepted: z
    .enum(['trusted-extension', 'extension-in-plan'])
    .describe('Trusted: PostgreSQL lets people install it who are no superusers.'),
});
export const reachedTriggerSchema = z.object({ table: z.string(), name: z.string(), function: z.string() });

export const databaseProofFactsSchema = z.object({
  id: identifier,
  title: z.string(),
  database: identifier,
  readOnly: z.boolean(),
  server: z.string(),
  login: z.string(),
  superuser: z.boolean(),
  functions: z
    .array(reachedFunctionSchema)
    .describe('Those of users that the proof can reach; overloads are one.'),
  extensions: z.array(reachedExtensionSchema).describe('Those that some of the functions come from.'),
  triggers: z.array(reachedTriggerSchema),
  steps: z.array(stepFactsSchema),
  deferred: z
    .union([z.literal('hold'), failure])
    .nullable()
    .describe('SET CONSTRAINTS ALL IMMEDIATE after the last step; null when it was not tried.'),
  transaction: z.object({
    ended: z.enum(['rolled-back', 'lost']),
    stopped: z.string().nullable().describe('Why steps were not run, when it was not a failed step.'),
    xid: z.string().nullable().describe('Null: the transaction was never given one, so it wrote nothing.'),
    status: z
      .enum(['aborted', 'committed', 'in progress'])
      .nullable()
      .describe(
        'pg_xact_status, asked from a new connection; null when there is no xid, or nobody could ask.',
      ),
  }),
  tables: z.array(tableFactsSchema),
  leaked: count.nullable().describe('Rows of the proof’s own in all watched tables afterwards.'),
  sequences: z.array(sequenceFactsSchema).describe('Those whose value changed meanwhile.'),
  unreadableSequences: z.array(z.string()),
  session: sessionFactsSchema.nullable().describe('Null when the connection was lost.'),
  preparedTransactions: z
    .array(z.string())
    .nullable()
    .describe('Gids that were not there before; null when nobody could look.'),
  afterwards: z
    .string()
    .nullable()
    .describe('Why nothing could be looked at afterwards; null when it could.'),
});
export type DatabaseProofFacts = z.infer<typeof databaseProofFactsSchema>;
