// Whether a function that a proof can reach may run: read and found harmless, or trusted by name. Pure.
import { z } from 'zod';
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import { type ReadBody, readBody } from './function-body.ts';
import { harmlessVolatile, refusalOfName } from './function-rules.ts';

export const functionRow = z.object({
  oid: z.string(),
  schema: z.string(),
  name: z.string(),
  language: z.string(),
  trusted: z.boolean().describe('Of the language: ordinary people may write functions in it.'),
  kind: z.string().describe('prokind: f, p(rocedure), a(ggregate) or w(indow).'),
  volatile: z.boolean(),
  definer: z.boolean(),
  trigger: z.boolean(),
  source: z
    .string()
    .nullable()
    .transform((text) => text ?? ''),
  atomic: z.boolean(),
  defaults: z.string().nullable(),
  settings: z.array(z.string()),
  definition: z.string(),
  extension: z.string().nullable(),
  extensionTrusted: z.boolean(),
  parts: z.array(z.string()),
});
export type FunctionRow = z.infer<typeof functionRow>;

export type Judged =
  | { readonly verdict: 'refused'; readonly reasons: readonly string[] }
  /** `body` is what there is to follow. */
  | {
      readonly verdict: 'system' | 'read' | 'trusted-extension' | 'extension-in-plan' | 'function-in-plan';
      readonly body?: ReadBody;
    };

const systemSchemas = new Set(['pg_catalog', 'information_schema']);

export function judgeFunction(row: FunctionRow, allow: DatabaseProof['allow']): Judged {
  const name = `${row.schema}.${row.name}`;
  const refuse = (...reasons: string[]): Judged => ({
    verdict: 'refused',
    reasons: reasons.map((reason) => `${name} ${reason}`),
  });
  const byName = refusalOfName(row.name);
  if (byName !== undefined) return refuse(byName);
  if (systemSchemas.has(row.schema))
    return row.volatile && !row.trigger && row.kind === 'f' && !harmlessVolatile.has(row.name)
      ? refuse('is volatile, and not known to end with the transaction')
      : { verdict: 'system' };
  if (row.kind === 'p') return refuse('is a procedure');
  if (row.settings.some((setting) => /^(role|session_authorization)=/.test(setting)))
    return refuse('changes its role');
  const isNative = row.language === 'c' || row.language === 'internal';
  // Whatever a plan says: such a language reaches files, programs and the network.
  if (!row.trusted && !isNative)
    return refuse(`is written in ${row.language}, which is not confined to the database`);
  if (row.kind === 'a') return { verdict: 'read' };
  if (row.extension !== null) {
    if (row.extensionTrusted) return { verdict: 'trusted-extension' };
    if (allow.extensions.includes(row.extension)) return { verdict: 'extension-in-plan' };
  }
  if (allow.functions.includes(name)) return { verdict: 'function-in-plan' };
  const next = `name ${name} in allow.functions${row.extension === null ? '' : `, or ${row.extension} in allow.extensions`} if reviewers trust it`;
  const body = readBody(row);
  if (!body) return refuse(`is written in ${row.language} and could not be read; ${next}`);
  if (body.refusals.length > 0)
    return refuse(...[...new Set(body.refusals)].map((reason) => `cannot be followed: ${reason}; ${next}`));
  return { verdict: 'read', body };
}
