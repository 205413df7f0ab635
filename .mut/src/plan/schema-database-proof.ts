// Proofs on a database: SQL that is run in a transaction which is always rolled back; docs/database-proof.md.
import { z } from 'zod';
import { identifier, json } from './schema-scalars.ts';

const table = z
  .string()
  .regex(/^[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?$/, 'a table, or schema.table, in lower case');
const role = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_.@-]{0,62}$/, 'the name of a role')
  // PostgreSQL takes it for "no role at all", which is the login's own.
  .refine((name) => name.toLowerCase() !== 'none', 'a role other than "none"');
const sqlName = z
  .string()
  .regex(/^[A-Za-z_][\w$]{0,62}\.[A-Za-z_][\w$]{0,62}$/, 'schema.name, as the catalog spells them');

const expectSchema = z
  .strictObject({
    error: z
      .string()
      .regex(/^[0-9A-Z]{5}$/, 'five digits or capitals, such as 42501')
      .optional()
      .describe(
        'SQLSTATE with which the statement must fail. It runs in a savepoint, and the proof goes on.',
      ),
    rowCount: z.int().min(0).optional().describe('Rows that the statement returns or changes, exactly.'),
    value: json.optional().describe('The statement returns one row of one column, with this value.'),
    rows: z
      .array(z.array(json).min(1).max(50))
      .max(100)
      .optional()
      .describe('All rows that the statement returns, in this order; each a list of its columns.'),
    change: z
      .record(table, z.int())
      .optional()
      .describe('Watched table → rows that it has gained since the proof began: +1, 0, -2.'),
    counts: z
      .record(table, z.int().min(0))
      .optional()
      .describe('Watched table → rows that it has now, inside the transaction.'),
  })
  .refine((expect) => Object.keys(expect).length > 0, 'at least one expectation')
  .refine(
    ({ error, rowCount, value, rows }) =>
      error === undefined || (rowCount === undefined && value === undefined && rows === undefined),
    'either an error or a result: a statement that fails returns nothing',
  )
  .describe('What must hold when the statement has been run.');

const stepSchema = z.strictObject({
  title: z.string().min(1).max(150).describe('What the step shows, in words.'),
  role: role.optional().describe('Role of this step alone; without it the role of the proof.'),
  // A deeper nesting than this length can hold would exhaust the parser's stack.
  sql: z
    .string()
    .min(1)
    .max(8000)
    .describe('One statement: SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE, SET LOCAL or SET CONSTRAINTS.'),
  params: z
    .array(z.union([z.string().max(8000), z.number(), z.boolean(), z.null()]))
    .max(50)
    .default([])
    .describe('Values of $1, $2 …'),
  expect: expectSchema,
});

const allowSchema = z
  .strictObject({
    functions: z
      .array(sqlName)
      .max(200)
      .default([])
      .describe('Functions whose body cannot be read and which reviewers trust to leave nothing behind.'),
    extensions: z
      .array(z.string().min(1).max(63))
      .max(50)
      .default([])
      .describe('Extensions whose functions reviewers trust in the same way.'),
    sequences: z
      .array(sqlName)
      .max(200)
      .default([])
      .describe('Sequences that the proof may advance: a rollback does not take that back.'),
    superuser: z
      .boolean()
      .default(false)
      .describe(
        'The login may be a superuser. Nothing but the refusals of Interlock confines the proof then.',
      ),
  })
  .describe('Exceptions that reviewers have accepted; each is named in the result.');

export const databaseProofSchema = z
  .strictObject({
    id: identifier.describe('Name of the proof; unique in the plan.'),
    title: z.string().min(1).max(150).describe('The claim, in words.'),
    database: identifier.describe('A database of the plan.'),
    readOnly: z
      .boolean()
      .describe(
        'The proof changes nothing even inside: PostgreSQL refuses every write. Needs no permission.',
      ),
    role: role.optional().describe('Role under which the steps run (SET LOCAL ROLE); without it the login.'),
    searchPath: z
      .array(z.string().regex(/^[a-z_][a-z0-9_]{0,62}$/))
      .min(1)
      .max(10)
      .default(['public'])
      .describe('Schemas in which names without a schema are looked up, whatever the roles have set.'),
    statementTimeoutMs: z
      .int()
      .min(1)
      .max(600_000)
      .default(10_000)
      .describe('ms after which a statement is cancelled; that is inconclusive, not a fail.'),
    lockTimeoutMs: z
      .int()
      .min(1)
      .max(60_000)
      .default(2_000)
      .describe(
        'ms for which a statement waits for a lock of another. It holds its own against others as long as the proof runs.',
      ),
    watch: z
      .array(
        z.strictObject({
          table: table.describe('A table, all of whose rows the login can see.'),
          contents: z
            .boolean()
            .default(true)
            .describe(
              'Compares what the rows hold, not only how many there are. Takes longer on a large table.',
            ),
          othersWrite: z
            .boolean()
            .default(false)
            .describe(
              'Others write to it meanwhile: its count after may differ, if no row is of the proof’s transaction.',
            ),
        }),
      )
      .max(50)
      .default([])
      .describe('Tables whose rows are counted before, inside and after.'),
    allow: allowSchema.prefault({}),
    steps: z.array(stepSchema).min(1).max(50).describe('Statements in their order, all in one transaction.'),
  })
  .superRefine(({ watch, steps }, context) => {
    const watched = new Set(watch.map((each) => each.table));
    if (watched.size < watch.length)
      context.addIssue({ code: 'custom', path: ['watch'], message: 'expected each table once' });
    for (const [at, { expect }] of steps.entries())
      for (const kind of ['change', 'counts'] as const)
        for (const name of Object.keys(expect[kind] ?? {}))
          if (!watched.has(name))
            context.addIssue({
              code: 'custom',
              path: ['steps', at, 'expect', kind, name],
              message: `expected a table of \`watch\`, got ${name}`,
            });
  })
  .describe('A proof on a database, in a transaction that is always rolled back.');
export type DatabaseProof = z.infer<typeof databaseProofSchema>;
export type DatabaseProofStep = DatabaseProof['steps'][number];
