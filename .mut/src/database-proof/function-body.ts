// The body of a function, as far as a text tells what it will do. What cannot be read is never taken for harmless.
import { parsePlPgSQLSync } from 'libpg-query';
import { isObject, parseStatements, walk } from './parse-sql.ts';
import { collectReferences, joinReferences, type References } from './references.ts';
import { refusalsOfStatement } from './statement-rules.ts';

export interface FunctionText {
  readonly language: string;
  /** `prosrc`. */
  readonly source: string;
  /** `CREATE FUNCTION …`, as the server prints it. */
  readonly definition: string;
  /** Written as BEGIN ATOMIC or RETURN: the body is in the definition alone. */
  readonly atomic: boolean;
  /** Defaults of the arguments, separated by commas. */
  readonly defaults: string | null;
}

export interface ReadBody {
  readonly references: References;
  readonly refusals: readonly string[];
}

/** `undefined` when the language has no reader, or its reader fails. */
export function readBody(text: FunctionText): ReadBody | undefined {
  try {
    const defaults = text.defaults === null ? [] : parseStatements(`select ${text.defaults}`);
    const body = statementsOf(text);
    if (!body) return undefined;
    const all = [...defaults, ...body.statements];
    return {
      references: joinReferences(all.map(collectReferences)),
      refusals: [...body.refusals, ...all.flatMap(refusalsOfStatement)],
    };
  } catch {
    return undefined;
  }
}

interface Body {
  readonly statements: readonly unknown[];
  readonly refusals: readonly string[];
}

function statementsOf({ language, source, definition, atomic }: FunctionText): Body | undefined {
  if (language === 'plpgsql') return plpgsqlStatements(definition);
  if (language !== 'sql') return undefined;
  if (!atomic) return { statements: parseStatements(source), refusals: [] };
  const [created] = parseStatements(definition);
  const create = created?.['CreateFunctionStmt'];
  return isObject(create) ? { statements: [create['sql_body']], refusals: [] } : undefined;
}

const endsTransaction = new Set(['PLpgSQL_stmt_commit', 'PLpgSQL_stmt_rollback']);
const buildsSql = new Set(['PLpgSQL_stmt_dynexecute', 'PLpgSQL_stmt_dynfors', 'dynquery']);

function plpgsqlStatements(definition: string): Body {
  const statements: unknown[] = [];
  const refusals: string[] = [];
  for (const { as, fields } of walk(parsePlPgSQLSync(definition))) {
    if (endsTransaction.has(as)) refusals.push('it ends the transaction');
    if (buildsSql.has(as)) refusals.push('it runs SQL that it builds as text (EXECUTE)');
    if (as === 'PLpgSQL_expr') {
      for (const sql of asStatements(String(fields['query']), Number(fields['parseMode'])))
        statements.push(...parseStatements(sql));
    }
  }
  return { statements, refusals };
}

/** By RawParseMode of PostgreSQL: 0 a statement, 2 an expression, 3 to 5 an assignment. */
function asStatements(query: string, mode: number): string[] {
  if (mode === 0) return [query];
  if (mode === 2) return [`select ${query}`];
  const [, target, value] = /^([^:=]*):?=(.*)$/s.exec(query) ?? [];
  if (mode < 3 || target === undefined || value === undefined)
    throw new RangeError(`expected an assignment, got mode ${mode}`);
  // Subscripts of the target are expressions too.
  return [`select ${value}`, `select ${target}`];
}
