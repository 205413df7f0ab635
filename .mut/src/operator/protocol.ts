// What the command line may ask of a running control plane, and what it answers: JSON, parsed on both sides.
import { z } from 'zod';
import { tidyFactsSchema } from '../run/facts-of-tidy.ts';
import { reasonSchema } from '../run/gate-result.ts';
import { flipSchema, levels } from '../run/switch.ts';

/** Bytes that a question may have. */
export const mostBytes = 16_384;
export const endpoint = '/v1/operator';

const run = z.string().min(1).max(200);
const plan = z.string().min(1).max(200).nullable();
const reason = z.string().min(1).max(2000);
const target = z.string().min(1).max(200).nullable();
const level = flipSchema.shape.level;

/** Every act that there is here. None of them asks for a deploy or a way back, consents to a run, or judges one. */
export const askSchema = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('status') }),
  z.strictObject({ act: z.literal('runs') }),
  z.strictObject({ act: z.literal('run'), run }),
  z.strictObject({ act: z.literal('locks') }),
  z.strictObject({ act: z.literal('abort'), run, reason }),
  z.strictObject({ act: z.literal('unlock'), run, reason }),
  z.strictObject({ act: z.literal('publish'), run }),
  z.strictObject({
    act: z.literal('tidy'),
    subject: run.describe('Name of a plan or id of a run.'),
    target: target.optional().describe('One of its targets; null for the unnamed one, missing for all.'),
    remove: z.boolean(),
  }),
  z.strictObject({ act: z.literal('leftovers'), run: run.describe('A tidy.') }),
  z.strictObject({ act: z.literal('disable'), plan, level, reason }),
  z.strictObject({ act: z.literal('enable'), plan, reason }),
]);
export type Ask = z.infer<typeof askSchema>;
export type OperatorAct = Ask['act'];

export const questionSchema = z.strictObject({
  /** As the shell says; what is proved is that it could reach the socket. */
  login: z.string().regex(/^[^\s\p{Cc}]{1,64}$/u, 'a login name'),
  ask: askSchema,
});
export type Question = z.infer<typeof questionSchema>;

const switchView = z.object({ enabled: z.boolean(), level: z.int(), reason: z.string() });
const runLine = z.object({
  run: z.string(),
  plan: z.string(),
  operation: z.string(),
  mode: z.string(),
  requester: z.string(),
  requestedAt: z.string(),
  verdict: z.string().nullable(),
});
const flip = z.object({ plan: z.string().nullable(), level: z.union(levels.map((each) => z.literal(each))) });

export const valueSchemas = {
  status: z.object({
    machine: z.string(),
    all: switchView,
    plans: z.array(switchView.extend({ name: z.string() })),
  }),
  runs: z.array(runLine),
  run: runLine.extend({
    approval: z.object({ status: z.string(), digest: z.string() }).nullable(),
    outcome: z.string().nullable(),
    gates: z.array(z.object({ gate: z.string(), status: z.string(), reason: z.string().nullable() })),
  }),
  locks: z.array(
    z.object({
      host: z.string(),
      livePath: z.string(),
      runId: z.string(),
      owner: z.object({ name: z.string() }),
      reason: z.string(),
      since: z.string(),
    }),
  ),
  abort: z.null(),
  unlock: z.null(),
  publish: z.object({ published: z.boolean(), detail: z.string() }),
  tidy: z.object({ run: z.string() }),
  leftovers: z.object({
    run: z.string(),
    /** Whether every live path was looked at, or is not going to be. */
    done: z.boolean(),
    places: z.array(
      z.object({
        status: z.string(),
        reason: z.string().nullable(),
        facts: tidyFactsSchema.nullable(),
      }),
    ),
  }),
  disable: flip,
  enable: flip,
} as const satisfies Record<OperatorAct, z.ZodType>;
export type Value<A extends OperatorAct> = z.infer<(typeof valueSchemas)[A]>;

export const answerSchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), refusal: reasonSchema }),
]);
