// What a statement names: functions, operators, tables. Types are not resolved, so a name stands for all that bear it.
import { isObject, nameParts, walk } from './parse-sql.ts';

/** `schema` is null where the text gives none. */
export interface SqlName {
  readonly schema: string | null;
  readonly name: string;
}

/** A call of set_config, as far as its text tells. */
export interface SettingCall {
  /** Null when it is not a constant. */
  readonly setting: string | null;
  readonly isLocal: boolean;
}

export interface References {
  readonly functions: readonly SqlName[];
  /** `row.name`, which is also a way to call a function of one argument. */
  readonly attributes: readonly SqlName[];
  readonly operators: readonly SqlName[];
  readonly relations: readonly SqlName[];
  /** Tables that are inserted into, updated, deleted from or merged into. */
  readonly written: readonly SqlName[];
  readonly settings: readonly SettingCall[];
}

const writing = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

/** Of a tree, or of several. */
export function collectReferences(tree: unknown): References {
  const functions: SqlName[] = [];
  const attributes: SqlName[] = [];
  const operators: SqlName[] = [];
  const relations: SqlName[] = [];
  const written: SqlName[] = [];
  const settings: SettingCall[] = [];
  for (const { as, fields } of walk(tree)) {
    if (Array.isArray(fields['funcname'])) {
      const called = toName(nameParts(fields['funcname']));
      functions.push(called);
      if (called.name === 'set_config') settings.push(readSetting(fields['args']));
    }
    if (typeof fields['relname'] === 'string') relations.push(relationName(fields));
    if (writing.has(as) && isObject(fields['relation'])) written.push(relationName(fields['relation']));
    switch (as) {
      case 'A_Expr':
        operators.push(toName(nameParts(fields['name'])));
        break;
      case 'SubLink':
        operators.push(toName(nameParts(fields['operName'])));
        break;
      case 'SortBy':
        operators.push(toName(nameParts(fields['useOp'])));
        break;
      case 'RangeTableSample':
        functions.push(toName(nameParts(fields['method'])));
        break;
      case 'ColumnRef':
        if (nameParts(fields['fields']).length > 1)
          attributes.push({ schema: null, name: nameParts(fields['fields']).at(-1) ?? '' });
        break;
      case 'A_Indirection':
        for (const name of nameParts(fields['indirection'])) attributes.push({ schema: null, name });
        break;
    }
  }
  const named = ({ name }: SqlName) => name !== '';
  return { functions, attributes, operators: operators.filter(named), relations, written, settings };
}

export function joinReferences(all: readonly References[]): References {
  return {
    functions: all.flatMap(({ functions }) => functions),
    attributes: all.flatMap(({ attributes }) => attributes),
    operators: all.flatMap(({ operators }) => operators),
    relations: all.flatMap(({ relations }) => relations),
    written: all.flatMap(({ written }) => written),
    settings: all.flatMap(({ settings }) => settings),
  };
}

function toName(parts: readonly string[]): SqlName {
  return { schema: parts.at(-2) ?? null, name: parts.at(-1) ?? '' };
}

function relationName(fields: { readonly [field: string]: unknown }): SqlName {
  const { schemaname, relname } = fields;
  return { schema: typeof schemaname === 'string' ? schemaname : null, name: String(relname) };
}

function readSetting(args: unknown): SettingCall {
  const [setting, , local] = Array.isArray(args) ? args.map(constant) : [];
  return { setting: typeof setting === 'string' ? setting : null, isLocal: local === true };
}

/** Of a literal, also one with a cast; undefined for anything else. A false boolean is an empty object in the tree. */
function constant(node: unknown): string | boolean | undefined {
  if (!isObject(node)) return undefined;
  const cast = node['TypeCast'];
  if (isObject(cast)) return constant(cast['arg']);
  const value = node['A_Const'];
  if (!isObject(value)) return undefined;
  const [text, flag] = [value['sval'], value['boolval']];
  if (isObject(text)) return typeof text['sval'] === 'string' ? text['sval'] : '';
  return isObject(flag) ? flag['boolval'] === true : undefined;
}
