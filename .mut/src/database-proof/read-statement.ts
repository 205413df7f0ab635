// Runs one statement of a step and keeps a bounded part of what it returns, in the types that a plan can write.
import pg from 'pg';
import { canonicalJson } from '../evidence/digest.ts';
import { type Json, json } from '../plan/schema-scalars.ts';

export interface StatementResult {
  readonly rowCount: number;
  readonly rows: Json[][];
  readonly rowsKept: boolean;
}

const maxRows = 100;
const maxColumns = 50;
const maxTextChars = 4_000;

const { builtins } = pg.types;
const numbers = new Set<number>([
  ...[builtins.INT2, builtins.INT4, builtins.INT8, builtins.OID],
  ...[builtins.FLOAT4, builtins.FLOAT8, builtins.NUMERIC],
]);

/** Numbers and booleans as such, JSON as what it holds, all else as PostgreSQL writes it. */
export function toJson(text: string, type: number): Json {
  if (type === builtins.BOOL) return text === 't';
  if (numbers.has(type)) {
    // A number that JavaScript would change stays a text: 1.50 is not 1.5 to everybody, and 2^60 + 1 has no number of its own.
    const number = Number(text);
    return Number.isFinite(number) && String(number) === text ? number : text;
  }
  return type === builtins.JSON || type === builtins.JSONB ? parseJson(text) : text;
}

/** The text itself where RFC 8785 cannot write what it holds: half a surrogate pair, or 1e400. */
function parseJson(text: string): Json {
  try {
    const value = json.parse(JSON.parse(text));
    canonicalJson(value);
    return value;
  } catch {
    return text;
  }
}

/** Rejects with what PostgreSQL says, or when the connection breaks. Rows past the bound are counted and let go. */
export async function readStatement(
  client: pg.Client,
  text: string,
  params: readonly (string | number | boolean | null)[],
): Promise<StatementResult> {
  const rows: Json[][] = [];
  let rowsKept = true;
  const config = {
    text,
    values: [...params],
    // The extended protocol takes one statement, whatever the text holds.
    queryMode: 'extended',
    rowMode: 'array',
    types: { getTypeParser: (type: number) => (value: string) => bound(value, type) },
  };
  function bound(value: string, type: number): Json {
    if (value.length <= maxTextChars) return toJson(value, type);
    rowsKept = false;
    // Not a part of it: nobody recognises half a credential, to take it out.
    return `[${value.length} characters]`;
  }
  const query = new pg.Query(config);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  query.on('row', (row: unknown) => {
    if (rows.length === maxRows || !Array.isArray(row) || row.length > maxColumns) rowsKept = false;
    else rows.push(row as Json[]);
  });
  query.on('error', reject);
  query.on('end', (result: { rowCount: number | null }) => resolve(result.rowCount ?? 0));
  client.query(query);
  return { rowCount: await promise, rows, rowsKept };
}
