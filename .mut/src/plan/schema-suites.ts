// Test suites and behavioural proofs.
import { z } from 'zod';
import { argv } from './schema-scalars.ts';

export const suiteFormat = z
  .enum(['tap', 'node-test', 'junit', 'vitest-json', 'pytest'])
  .describe('Format of its standard output.');

export const suiteSchema = z.strictObject({
  command: argv.describe(
    'Argument vector, run in the root of the tree under test. Never passed through a shell.',
  ),
  format: suiteFormat,
  expect: z
    .strictObject({
      passed: z.int().min(1).describe('Exact number of passing tests; fewer or more is a fail.'),
    })
    .describe('Counts are part of the criterion.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(7200)
    .default(600)
    .describe('Seconds after which it is ended, which is inconclusive.'),
});

export const proofsSchema = z.strictObject({
  command: argv.describe(
    'Argument vector, run in the root of the tree under test. It prints the proofs as JSON.',
  ),
  expect: z.int().min(1).describe('Number of proofs that must hold; a proof that is missing did not hold.'),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(7200)
    .default(120)
    .describe('Seconds after which it is ended, which is inconclusive.'),
});
