// What a place of a plan may hold, by the schema: what a fault of form can name as the next move. Pure.
import { z } from 'zod';
import { planSchema } from './schema.ts';

/** The part of JSON Schema that zod writes for objects, lists and their alternatives. */
interface Node {
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly items?: Node;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Node | boolean;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

export interface KnownFields {
  readonly all: readonly string[];
  /** Those that must be there in each form that is meant. */
  readonly required: readonly string[];
  /** One form after the other, each by its fields; null where a field of one is a field of another too. */
  readonly exactlyOne: readonly (readonly string[])[] | null;
}

let root: Node | undefined;

/** The fields at a path, in the form that the value there has chosen by its `kind`. Null where no fields are known. */
export function knownFieldsAt(plan: unknown, path: readonly PropertyKey[]): KnownFields | null {
  root ??= z.toJSONSchema(planSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  let [nodes, value] = [chosen(root, plan), plan];
  for (const key of path) {
    value = fieldOf(value, key);
    const below = value;
    nodes = nodes.flatMap((node) => childOf(node, key)).flatMap((node) => chosen(node, below));
  }
  const forms = nodes.flatMap(({ properties, required = [] }) =>
    properties ? [{ all: Object.keys(properties), required }] : [],
  );
  const [first] = forms;
  if (!first) return null;
  const all = [...new Set(forms.flatMap((form) => form.all))];
  return {
    all,
    required: first.required.filter((name) => forms.every(({ required }) => required.includes(name))),
    exactlyOne:
      forms.length > 1 && all.length === forms.flatMap((form) => form.all).length
        ? forms.map((form) => form.all)
        : null,
  };
}

function childOf({ properties, items, additionalProperties }: Node, key: PropertyKey): Node[] {
  if (typeof key === 'number') return items ? [items] : [];
  const name = String(key);
  const own = properties && Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (own) return [own];
  return typeof additionalProperties === 'object' ? [additionalProperties] : [];
}

/** Alternatives that the value's `kind` belongs to; all of them while it belongs to none. */
function chosen(node: Node, value: unknown): Node[] {
  const forms = node.oneOf ?? node.anyOf;
  if (!forms) return [node];
  const kind = fieldOf(value, 'kind');
  const meant = forms.filter(({ properties }) => {
    const own = properties?.['kind'];
    return own !== undefined && (own.const === kind || own.enum?.includes(kind) === true);
  });
  return (meant.length > 0 ? meant : forms).flatMap((form) => chosen(form, value));
}

function fieldOf(value: unknown, key: PropertyKey): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<PropertyKey, unknown>>)[key]
    : undefined;
}
