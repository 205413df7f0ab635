// Probes: read-only observations, each with what is expected of it.
import { z } from 'zod';
import { absolutePath, argv, identifier, json, relativePath } from './schema-scalars.ts';

const expectSchema = z
  .union([
    z.strictObject({ unchanged: z.literal(true).describe('Reads the same after promote as before.') }),
    z.strictObject({ equals: json.describe('Reads exactly this, before and after.') }),
    z.strictObject({
      matches: z.string().min(1).describe('Regular expression over the displayed value, before and after.'),
    }),
  ])
  .describe('What the probe must read.');
export type ProbeExpectation = z.infer<typeof expectSchema>;

const common = { id: identifier, title: z.string().min(1).max(150), expect: expectSchema };
const onHost = { host: identifier };

export const probeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('row-counts'),
    database: identifier,
    tables: z.array(z.string().regex(/^[a-z_][a-z0-9_.]*$/)).min(1),
  }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('git-head'), path: absolutePath }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('tree-digest'), path: absolutePath }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('constant'),
    path: absolutePath,
    file: relativePath,
    pattern: z.string().min(1).describe('Regular expression with one capture group: the value.'),
  }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('command'), argv, cwd: absolutePath.optional() }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('services') }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('crontab') }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('containers') }),
]);
export type Probe = z.infer<typeof probeSchema>;
