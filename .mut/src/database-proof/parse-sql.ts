// SQL as PostgreSQL's own parser reads it (libpg-query): quoting, escapes and comments cannot hide anything from the rules.
import { loadModule, parseSync, scanSync } from 'libpg-query';

export { loadModule as loadParser };

/** Half of them can be levels; twice that many levels are known to fit. */
const maxTokens = 8_000;

/** An object of a parse tree, and the name under which it stands: its node type ("FuncCall") or a field ("relation"). */
export interface TreeNode {
  readonly as: string;
  readonly fields: { readonly [field: string]: unknown };
}

export const isObject = (value: unknown): value is { [field: string]: unknown } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The statements of a text, each as `{ SelectStmt: … }`. Call `loadParser()` once before. Throws what the parser says when it
 * is not SQL, and a RangeError when it may be nested too deeply.
 */
export function parseStatements(sql: string): { [type: string]: unknown }[] {
  // The parser reads a C string: what stands after a NUL would go unseen.
  if (sql.includes('\0')) throw new RangeError('expected SQL without a NUL character');
  if (sql.trim() === '') return [];
  // The parser writes its tree by recursion. A stack that overflows there is not unwound, and the next text would be read over
  // the remains; the scanner does not recurse.
  if (sql.length > maxTokens && scanSync(sql).tokens.length > maxTokens)
    throw new RangeError(`expected SQL of at most ${maxTokens} tokens, got more`);
  return (parseSync(sql).stmts ?? []).map(({ stmt }) => (isObject(stmt) ? stmt : {}));
}

/** Every object of a tree, itself included, in no promised order. Not recursive: a tree may be deep. */
export function* walk(tree: unknown, as = ''): Generator<TreeNode> {
  const open: { as: string; value: unknown }[] = [{ as, value: tree }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value } = next;
    if (Array.isArray(value)) {
      for (const item of value) open.push({ as: next.as, value: item });
    } else if (isObject(value)) {
      yield { as: next.as, fields: value };
      for (const [name, inner] of Object.entries(value)) open.push({ as: name, value: inner });
    }
  }
}

/** The texts of a dotted name such as `[{ String: { sval: 'public' } }, …]`. */
export function nameParts(list: unknown): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item) => {
    const text = isObject(item) ? item['String'] : undefined;
    return isObject(text) && typeof text['sval'] === 'string' ? [text['sval']] : [];
  });
}
