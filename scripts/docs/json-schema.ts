// A JSON Schema as people read it: fields with type, default and meaning.
import { z } from 'zod';
import * as scalars from '../../src/plan/schema-scalars.ts';

/** The part of JSON Schema that zod writes for plans. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: JsonSchema | boolean;
  readonly propertyNames?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
}

/** A form that is described once, in a section of its own. */
export interface NamedForm {
  readonly name: string;
  readonly link: string;
  readonly schema: JsonSchema;
}

export interface Field {
  readonly path: string;
  readonly type: string;
  /** Null for a field that must be there. */
  readonly default: string | null;
  readonly meaning: string;
}

export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
}

const texts: ReadonlyMap<string | undefined, string> = new Map(
  (
    [
      [scalars.identifier, 'name'],
      [scalars.absolutePath, 'absolute path'],
      [scalars.relativePath, 'relative path'],
      [scalars.branchName, 'branch'],
      [scalars.hexSha256, 'sha256, in hex'],
      [scalars.commitId, 'commit id'],
      [scalars.digest, 'digest'],
    ] as const
  ).map(([schema, words]) => [jsonSchemaOf(schema).pattern, words]),
);

const same = (a: JsonSchema, b: JsonSchema) => formOf(a) === formOf(b);

/** The form alone: what a place says of it may differ, and so may the name of a recursive part. */
function formOf({ description: _, default: __, ...form }: JsonSchema): string {
  return JSON.stringify(form, (key, value) =>
    key === '$schema' || key === '$defs' ? undefined : key === '$ref' ? '' : value,
  );
}

const formsOf = (schema: JsonSchema) => schema.oneOf ?? schema.anyOf;
const entryOf = ({ additionalProperties }: JsonSchema) =>
  typeof additionalProperties === 'object' ? additionalProperties : undefined;

export function typeOf(schema: JsonSchema, named: readonly NamedForm[]): string {
  const form = named.find((each) => same(each.schema, schema));
  if (form) return `[${form.name}](${form.link})`;
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.enum) return schema.enum.map((each) => `\`${String(each)}\``).join(' or ');
  const forms = formsOf(schema);
  if (forms) {
    const types = [...new Set(forms.map((each) => typeOf(each, named)))];
    return forms.some(({ properties }) => properties) ? 'one of the forms below' : types.join(' or ');
  }
  switch (schema.type) {
    case 'string':
      return textType(schema);
    case 'integer':
    case 'number':
      return numberType(schema);
    case 'boolean':
      return '`true` or `false`';
    case 'array':
      return `list of ${schema.items ? typeOf(schema.items, named) : 'values'}`;
    case 'object': {
      const value = entryOf(schema);
      if (!value) return 'fields';
      const key = schema.propertyNames ? textType(schema.propertyNames) : 'text';
      return `${typeOf(value, named)}, by ${key}`;
    }
    default:
      return 'any value';
  }
}

function textType({ pattern, format }: JsonSchema): string {
  const known = texts.get(pattern);
  if (known !== undefined) return known;
  return format === 'uri' ? 'URL' : 'text';
}

function numberType({ minimum, maximum }: JsonSchema): string {
  const isBounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  const from = minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER ? minimum : null;
  if (isBounded && from !== null) return `number, ${from}–${maximum}`;
  return from === null ? 'number' : `number, ${from} or more`;
}

/** The fields of an object, and of what is in it, each by its path; forms that are described elsewhere are left to that. */
export function fieldsOf(schema: JsonSchema, named: readonly NamedForm[], prefix = ''): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${prefix}${name}`;
    const isRequired = (schema.required ?? []).includes(name);
    return [
      {
        path,
        type: typeOf(field, named),
        default: isRequired ? null : field.default === undefined ? '' : JSON.stringify(field.default),
        meaning: field.description ?? (field.const === undefined ? '' : 'Always this.'),
      },
      ...inside(field, named, path),
    ];
  });
}

/** Fields of the objects in a field: its own, those of a list, those by name. */
function inside(field: JsonSchema, named: readonly NamedForm[], path: string): Field[] {
  if (named.some((each) => same(each.schema, field))) return [];
  if (field.properties) return fieldsOf(field, named, `${path}.`);
  const value = entryOf(field);
  if (value) return inside(value, named, `${path}.NAME`);
  return field.items ? inside(field.items, named, `${path}[]`) : [];
}

/** A Markdown table; nothing for no fields. */
export function fieldTable(fields: readonly Field[]): string {
  const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
  const rows = fields.map(({ path, type, default: value, meaning }) => {
    const without = value === null ? '*required*' : value === '' ? '' : `\`${value}\``;
    return `| \`${path}\` | ${cell(type)} | ${cell(without)} | ${cell(meaning)} |`;
  });
  return rows.length === 0
    ? ''
    : ['| field | type | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
