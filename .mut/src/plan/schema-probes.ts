// Probes: read-only observations, each with what is expected of it.
import { z } from 'zod';
import { absolutePath, argv, identifier, json, relativePath } from './schema-scalars.ts';

/** A text, number or boolean stands for `{ equals: … }`. */
const sideSchema = z.union([
  z.strictObject({ equals: json.describe('Exactly this.') }),
  z.strictObject({ matches: z.string().min(1).describe('Regular expression over the displayed value.') }),
  z.string(),
  z.number(),
  z.boolean(),
]);

const expectSchema = z
  .union([
    z.strictObject({ unchanged: z.literal(true).describe('Reads the same the second time as the first.') }),
    z.strictObject({ equals: json.describe('Reads exactly this, before and after.') }),
    z.strictObject({
      matches: z.string().min(1).describe('Regular expression (RE2) over the value, before and after.'),
    }),
    z.strictObject({
      before: sideSchema.describe(
        'What it must read before the change: a text, a number or a boolean, `equals` or `matches`.',
      ),
      after: sideSchema.describe('What it must read afterwards, which must be another value; as `before`.'),
    }),
  ])
  .describe('What the probe must read.');
export type ProbeExpectation = z.infer<typeof expectSchema>;

const common = {
  id: identifier.describe('Name of the probe; unique in the plan.'),
  title: z.string().min(1).max(150).describe('What is observed, in words.'),
  expect: expectSchema,
};
const tableName = z.string().regex(/^[a-z_][a-z0-9_.]*$/);
const tableNames = z.array(tableName).min(1);
const onHost = { host: identifier.describe('A host of the plan.') };

export const probeSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    ...common,
    kind: z.literal('row-counts'),
    database: identifier.describe('A database of the plan.'),
    tables: tableNames.describe('Tables whose rows are counted.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('table-contents'),
    database: identifier.describe('A database of the plan.'),
    tables: tableNames.optional().describe('Only these; without it every table of every schema.'),
    sample: z
      .record(tableName, z.number().min(0.001).max(99))
      .optional()
      .describe('For big tables: how many percent of the pages of the table are read, always the same ones.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('table-writes'),
    database: identifier.describe('A database of the plan.'),
    tables: tableNames.optional().describe('Only these; without it every table of every schema.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('schema-fingerprint'),
    database: identifier.describe('A database of the plan.'),
    schemas: z.array(z.string().min(1)).min(1).default(['public']).describe('Schemas whose form is read.'),
  }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('git-head'),
    path: absolutePath.describe('Path of the repository.'),
  }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('file-digest'),
    path: absolutePath.describe('Path of the file.'),
  }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('tree-digest'),
    path: absolutePath.describe('Path of the directory.'),
  }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('constant'),
    path: absolutePath.describe('Path of a directory.'),
    file: relativePath.describe('File in it.'),
    pattern: z.string().min(1).describe('Regular expression (RE2) with one capture group: the value.'),
  }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('command'),
    argv: argv.describe('Argument vector. Never passed through a shell. It must only read.'),
    cwd: absolutePath.optional().describe('Working directory.'),
  }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('services'),
    units: z
      .array(z.string().regex(/^[A-Za-z0-9:_.\\@-]+\.service$/))
      .min(1)
      .optional()
      .describe('Only these units, such as `nginx.service`; without it every service that is not at rest.'),
  }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('crontab') }),
  z.strictObject({ ...common, ...onHost, kind: z.literal('containers') }),
  z.strictObject({
    ...common,
    ...onHost,
    kind: z.literal('listening-ports'),
    ports: z
      .array(z.int().min(1).max(65535))
      .min(1)
      .optional()
      .describe('Only these; without it every TCP port that something listens on.'),
  }),
  z.strictObject({
    ...common,
    kind: z.literal('http'),
    url: z
      .url({ protocol: /^https?$/ })
      .refine((text) => !URL.canParse(text) || new URL(text).username === '', 'a URL without credentials')
      .describe('What is asked for, by one GET.'),
    via: identifier.optional().describe('Host through which it is asked (SSH forward); else by the worker.'),
    pattern: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Regular expression (RE2) over the body: its first group, or all of it, is read, not the digest.',
      ),
    timeoutSeconds: z.int().min(1).max(120).default(10).describe('Seconds to wait for the answer.'),
  }),
]);
export type Probe = z.infer<typeof probeSchema>;
