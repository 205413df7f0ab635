// The page on approvals lists the policy's fields as the schema has them.
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { acts } from '../../src/approval/authorize.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';

const page = await readFile('docs/approvals.md', 'utf8');

const fieldSchema = z.looseObject({
  description: z.string().optional(),
  default: z.unknown().optional(),
  get properties() {
    return z.record(z.string(), fieldSchema).optional();
  },
  get additionalProperties() {
    return z.union([z.boolean(), fieldSchema]).optional();
  },
});
type Field = z.infer<typeof fieldSchema>;

/** Rows of a table, one a field that people can write; entries of a map are `NAME`. */
function rowsOf(field: Field, path: readonly string[] = []): string[] {
  const { properties = {}, additionalProperties: entry, description } = field;
  const own =
    path.length === 0
      ? []
      : [`| \`${path.join('.')}\` | ${defaultOf(field)} | ${description ?? 'no description'} |`];
  const entries = typeof entry === 'object' ? Object.entries(entry.properties ?? {}) : [];
  return [
    ...own,
    ...Object.entries(properties).flatMap(([name, inner]) => rowsOf(inner, [...path, name])),
    ...entries.flatMap(([name, inner]) => rowsOf(inner, [...path, 'NAME', name])),
  ];
}

function defaultOf(field: Field): string {
  const { default: value } = field;
  return value === undefined || typeof value === 'object'
    ? ''
    : `\`${JSON.stringify(value).replaceAll('"', '')}\``;
}

it('the page on approvals has every field of the policy, in order, with the words of the schema', () => {
  const schema = fieldSchema.parse(z.toJSONSchema(approvalSchema, { io: 'input', unrepresentable: 'any' }));
  const [, table = ''] =
    /\| field \| default \| meaning \|\n\|---\|---\|---\|\n((?:\|.*\n)+)/.exec(page) ?? [];
  expect(table.trimEnd().split('\n')).toEqual(rowsOf(schema));
});

it('the page on approvals says of every act who may do it', () => {
  const [, table = ''] = /\| act \|.*\n\|[-|]+\n((?:\|.*\n)+)/.exec(page) ?? [];
  const listed = [...table.matchAll(/^\| `([a-z-]+)` \|/gm)].map(([, act]) => act);
  expect(listed.toSorted()).toEqual([...acts].toSorted());
});
