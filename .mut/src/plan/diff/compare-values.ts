// Where two plans differ: values by path, entries of lists by their names, sets without an order. Pure.
import { canonicalJson } from '../../evidence/digest.ts';
import type { Json } from '../schema-scalars.ts';

export interface Difference {
  /** Entries of lists by name: gates/promote/title. */
  readonly path: readonly string[];
  /** Undefined where it was not there. */
  readonly before: Json | undefined;
  /** Undefined where it is not there any more. */
  readonly after: Json | undefined;
}

/** Lists of texts whose order says something. */
const sequences = new Set(['command', 'argv', 'searchPath', 'params']);

/** All differences, in the order of the fields of `a`, then of what `b` has beside them. */
export function compareValues(
  a: Json | undefined,
  b: Json | undefined,
  path: readonly string[] = [],
): Difference[] {
  if (a !== undefined && b !== undefined && canonicalJson(a) === canonicalJson(b)) return [];
  const [one, other] = [entriesOf(a, path), entriesOf(b, path)];
  if (!one || !other) return [{ path, before: a, after: b }];
  return [...new Set([...one.keys(), ...other.keys()])].flatMap((key) =>
    one.has(key) && other.has(key)
      ? compareValues(one.get(key), other.get(key), [...path, key])
      : [{ path: [...path, key], before: one.get(key), after: other.get(key) }],
  );
}

/** What is in a value, by name; null for what is compared as a whole. */
function entriesOf(value: Json | undefined, path: readonly string[]): Map<string, Json> | null {
  if (value === undefined || value === null || typeof value !== 'object') return null;
  if (!Array.isArray(value)) return new Map(Object.entries(value));
  const isSequence = sequences.has(path.at(-1) ?? '');
  if (isSequence) return null;
  const names = value.map((each, index) => nameOf(each, index, path.at(-1)));
  // Two of one name cannot be told apart by it.
  if (new Set(names).size < names.length) return null;
  return new Map(value.map((each, index) => [names[index] ?? '', each]));
}

function nameOf(value: Json, index: number, list: string | undefined): string {
  if (typeof value === 'string') return value;
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return String(index);
  const { id, name, kind, plan, pattern, table, check, title } = value;
  const own =
    list === 'gates'
      ? (name ?? kind)
      : list === 'tolerates'
        ? check
        : (id ?? plan ?? pattern ?? table ?? title);
  return typeof own === 'string' ? own : String(index);
}
