// in-toto Statement v1 (in-toto.io/Statement/v1) and the predicate types that a bundle holds.
import { z } from 'zod';
import { deploymentPredicateSchema } from './deployment-predicate.ts';

export const payloadType = 'application/vnd.in-toto+json';
export const statementType = 'https://in-toto.io/Statement/v1';

export const predicateTypes = {
  provenance: 'https://slsa.dev/provenance/v1',
  testResult: 'https://in-toto.io/attestation/test-result/v0.1',
  deployment: 'https://interlock.dev/attestation/deployment/v1',
  summary: 'https://slsa.dev/verification_summary/v1',
} as const;

/** Name of the extension field (a TypeURI, as in-toto asks) that gives the counts of a suite. */
export const countsField = 'https://interlock.dev/attestation/test-counts/v1';

const digestSet = z
  .record(z.string(), z.string().regex(/^[0-9a-f]+$/))
  .refine((set) => Object.keys(set).length > 0, 'at least one digest');

/** in-toto ResourceDescriptor v1. */
export const descriptorSchema = z.object({
  name: z.string().optional(),
  uri: z.string().optional(),
  digest: digestSet.optional(),
  annotations: z.record(z.string(), z.json()).optional(),
});
export type Descriptor = z.infer<typeof descriptorSchema>;

const subjectSchema = z.strictObject({
  name: z.string().min(1),
  digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
});
export type Subject = z.infer<typeof subjectSchema>;

const head = { _type: z.literal(statementType), subject: z.array(subjectSchema).min(1) };

const provenanceSchema = z.object({
  ...head,
  predicateType: z.literal(predicateTypes.provenance),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.string(),
      externalParameters: z.record(z.string(), z.json()),
      internalParameters: z.record(z.string(), z.json()),
      resolvedDependencies: z.array(descriptorSchema),
    }),
    runDetails: z.object({
      builder: z.object({ id: z.string() }),
      metadata: z.object({ invocationId: z.string(), startedOn: z.string(), finishedOn: z.string() }),
      byproducts: z.array(descriptorSchema),
    }),
  }),
});

const testResultSchema = z.object({
  ...head,
  predicateType: z.literal(predicateTypes.testResult),
  predicate: z.object({
    result: z.enum(['PASSED', 'WARNED', 'FAILED']),
    configuration: z.array(descriptorSchema).min(1),
    passedTests: z.array(z.string()).optional(),
    failedTests: z.array(z.string()).optional(),
    [countsField]: z
      .object({ passed: z.int(), failed: z.int(), skipped: z.int(), total: z.int() })
      .optional(),
  }),
});

const deploymentSchema = z.object({
  ...head,
  predicateType: z.literal(predicateTypes.deployment),
  predicate: deploymentPredicateSchema,
});

const summarySchema = z.object({
  ...head,
  predicateType: z.literal(predicateTypes.summary),
  predicate: z.object({
    verifier: z.object({ id: z.string() }),
    timeVerified: z.iso.datetime(),
    resourceUri: z.string(),
    policy: z.object({ uri: z.string(), digest: z.object({ sha256: z.string() }) }),
    inputAttestations: z.array(
      z.object({ uri: z.string().optional(), digest: z.object({ sha256: z.string() }) }),
    ),
    verificationResult: z.enum(['PASSED', 'FAILED']),
    verifiedLevels: z.array(z.string()),
    slsaVersion: z.string(),
  }),
});

export const statementSchema = z.discriminatedUnion('predicateType', [
  provenanceSchema,
  testResultSchema,
  deploymentSchema,
  summarySchema,
]);
export type Statement = z.infer<typeof statementSchema>;
export type ProvenanceStatement = z.infer<typeof provenanceSchema>;
export type TestResultStatement = z.infer<typeof testResultSchema>;
export type DeploymentStatement = z.infer<typeof deploymentSchema>;
export type SummaryStatement = z.infer<typeof summarySchema>;
