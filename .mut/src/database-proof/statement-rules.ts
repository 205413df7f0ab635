// What a statement may be. An allow list: what is not known here is refused, also what a later PostgreSQL brings.
import { refusalOfName } from './function-rules.ts';
import { isObject, walk } from './parse-sql.ts';
import { collectReferences, type References, type SqlName } from './references.ts';

const allowed = new Set([
  ...['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'],
  // A proof never commits, so a deferred constraint would never be looked at.
  'ConstraintsSetStmt',
  'VariableSetStmt',
]);
const settings = new Set(['timezone', 'datestyle', 'intervalstyle', 'enable_seqscan', 'enable_indexscan']);

/** Reasons against a tree: a statement of a step, or one of a function's body. Empty when there are none. */
export function refusalsOfStatement(statement: unknown): string[] {
  const reasons: string[] = [];
  for (const { as, fields } of walk(statement)) {
    for (const [name, inner] of Object.entries(fields)) {
      if (/^[A-Z]\w*Stmt$/.test(name) && !allowed.has(name)) reasons.push(wordsFor(name));
      if (name === 'intoClause') reasons.push('SELECT INTO makes a table');
      if (name === 'VariableSetStmt' && isObject(inner)) reasons.push(...refusalsOfSet(inner));
    }
    if (as === 'CurrentOfExpr') reasons.push('a cursor of the session is not part of the proof');
  }
  return [...reasons, ...refusalsOfReferences(collectReferences(statement))];
}

/** Reasons against what a text names: also for view definitions, defaults and the like. */
export function refusalsOfReferences({ functions, written, settings: calls }: References): string[] {
  return [
    ...functions.flatMap(({ name }) => {
      const reason = refusalOfName(name);
      return reason === undefined ? [] : [`the function ${name} ${reason}`];
    }),
    ...written
      .filter(isSystemTable)
      .map(({ name }) => `${name} is PostgreSQL’s own; writing to it changes settings or the catalog`),
    ...calls
      .filter(({ setting, isLocal }) => !(isLocal && isCustom(setting)))
      .map(
        ({ setting }) =>
          `set_config is allowed for a constant setting with a dot in its name, and local (true); got ${setting ?? 'another expression'}`,
      ),
  ];
}

function isSystemTable({ schema, name }: SqlName): boolean {
  return (
    schema === 'pg_catalog' || schema === 'information_schema' || (schema === null && name.startsWith('pg_'))
  );
}

function refusalsOfSet({ name, is_local: isLocal, kind }: { [field: string]: unknown }): string[] {
  const setting = typeof name === 'string' ? name.toLowerCase() : '';
  if (kind !== 'VAR_SET_VALUE' || isLocal !== true)
    return [`expected SET LOCAL of a value, got another form of SET or RESET${setting && ` for ${setting}`}`];
  if (settings.has(setting) || isCustom(setting)) return [];
  return [
    `SET LOCAL is allowed for ${[...settings].join(', ')} and settings with a dot in their name, got ${setting}; roles and timeouts are fields of the plan`,
  ];
}

/** A setting that an application made for itself, such as `request.jwt.claims`. */
function isCustom(setting: string | null): boolean {
  return setting !== null && /^[a-z_][\w$]*(\.[a-z_][\w$]*)+$/i.test(setting);
}

/** "CreateTableAsStmt" → "CREATE TABLE AS". */
function wordsFor(type: string): string {
  const words = type
    .replace(/Stmt$/, '')
    .replaceAll(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toUpperCase();
  return `expected SELECT, VALUES, INSERT, UPDATE, DELETE, MERGE, SET LOCAL or SET CONSTRAINTS, got ${words}`;
}
