// Facts of the gates that only look, prove or decide; src/run/facts.ts has them beside those of the others.
import { z } from 'zod';
import { databaseProofFactsSchema } from '../database-proof/facts.ts';
import { absolutePath, identifier } from '../plan/schema-scalars.ts';
import { probeDifferenceSchema, proofReadingSchema, suiteCountsSchema } from './readings.ts';

const count = z.int().min(0);
const text = z.string().min(1);

export const probesFactsSchema = z.object({ probes: z.array(probeDifferenceSchema) });
export type ProbesFacts = z.infer<typeof probesFactsSchema>;

export const hostSurveyFactsSchema = z.object({
  host: identifier,
  system: text,
  freeBytes: count.nullable().describe('Null when the plan asks for none.'),
  toolsPresent: z.array(text),
  toolsAbsent: z.array(text),
  servicesRunning: z.array(text),
  writable: z.array(absolutePath),
});
export type HostSurveyFacts = z.infer<typeof hostSurveyFactsSchema>;

export const commandProofFactsSchema = z.object({
  machine: text,
  command: z.array(z.string()),
  exitCode: z.int().nullable(),
  suites: z.array(suiteCountsSchema),
  proofs: z.array(proofReadingSchema),
});
export type CommandProofFacts = z.infer<typeof commandProofFactsSchema>;

export const databaseProofGateFactsSchema = z.object({ databaseProofs: z.array(databaseProofFactsSchema) });
export type DatabaseProofGateFacts = z.infer<typeof databaseProofGateFactsSchema>;

export const decideFactsSchema = z.object({
  question: text,
  decision: text,
  why: text,
  by: z.enum(['rule', 'people']),
  restsOn: z.array(z.string()),
});
export type DecideFacts = z.infer<typeof decideFactsSchema>;

export const gapReviewFactsSchema = z.object({
  gaps: z.array(z.object({ id: text, title: text, status: text, scope: z.string() })),
});
export type GapReviewFacts = z.infer<typeof gapReviewFactsSchema>;
