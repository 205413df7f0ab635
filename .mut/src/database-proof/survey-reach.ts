// Everything user-defined that a proof can reach: through calls, operators, casts, views, rules, triggers, defaults, constraints,
// indexes, policies, partitions and cascades, and from the bodies of the functions found there on again.
import type pg from 'pg';
import { z } from 'zod';
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import * as queries from './catalog-queries.ts';
import type { DatabaseProofFacts } from './facts.ts';
import { type FunctionRow, functionRow, type Judged, judgeFunction } from './judge-function.ts';
import { parseStatements } from './parse-sql.ts';
import { DatabaseProofError } from './proof-error.ts';
import { collectReferences, type References, type SqlName } from './references.ts';
import { refusalsOfReferences } from './statement-rules.ts';

export interface Reach extends Pick<DatabaseProofFacts, 'functions' | 'extensions' | 'triggers'> {
  readonly refusals: readonly string[];
}

/** More than this is no proof that anyone could review. */
const maxReached = 2_000;

const oidRow = z.object({ oid: z.string() });
const relationRow = z.object({ oid: z.string(), name: z.string(), foreign: z.boolean() });
const textRow = z.object({ what: z.string(), sql: z.string() });
const triggerRow = z.object({ table: z.string(), name: z.string(), function: z.string(), oid: z.string() });

/** Reads the catalog alone, in the open transaction. Leaves an empty search_path. */
export async function surveyReach(
  client: pg.Client,
  start: References,
  allow: DatabaseProof['allow'],
): Promise<Reach> {
  const judged = new Map<string, Row>();
  const relations = new Set<string>();
  const triggers: DatabaseProofFacts['triggers'] = [];
  const refusals = new Set<string>();
  const ask = async <T>(row: z.ZodType<T>, sql: string, values: unknown[] = []): Promise<T[]> =>
    z.array(row).parse((await client.query(sql, values)).rows);

  function readTexts(texts: readonly z.infer<typeof textRow>[]): References[] {
    return texts.flatMap(({ what, sql }) => {
      try {
        const found = collectReferences(parseStatements(sql));
        for (const reason of refusalsOfReferences(found)) refusals.add(`${what}: ${reason}`);
        return [found];
      } catch {
        refusals.add(`${what} could not be read`);
        return [];
      }
    });
  }

  /** What one batch of names and oids leads to. */
  async function follow(names: References, oids: readonly string[]): Promise<[References[], string[]]> {
    const found: References[] = [];
    const behind = [...oids];
    behind.push(...(await ask(oidRow, queries.operatorsQuery, pairs(names.operators))).map(({ oid }) => oid));
    const attributes = names.attributes.map(({ name }) => name);
    const rows = await ask(functionRow, queries.functionsQuery, [
      behind,
      ...pairs(names.functions),
      attributes,
    ]);
    const next: string[] = [];
    for (const row of rows.filter(({ oid }) => !judged.has(oid))) {
      const judgement = judgeFunction(row, allow);
      judged.set(row.oid, { ...row, verdict: judgement.verdict });
      if (judgement.verdict === 'refused') for (const reason of judgement.reasons) refusals.add(reason);
      else if (judgement.body) found.push(judgement.body.references);
      if (judgement.verdict === 'read') next.push(...row.parts);
    }
    const tables = await ask(relationRow, queries.relationsQuery, pairs(names.relations));
    const fresh = tables.filter(({ oid }) => !relations.has(oid));
    for (const { oid, name, foreign } of fresh) {
      relations.add(oid);
      if (foreign) refusals.add(`${name} is a foreign table: what is done there is not this transaction’s`);
    }
    const reached = fresh.map(({ oid }) => oid);
    found.push(...readTexts(await ask(textRow, queries.textsQuery, [reached])));
    for (const { oid, ...trigger } of await ask(triggerRow, queries.triggersQuery, [reached])) {
      triggers.push(trigger);
      next.push(oid);
    }
    return [found, next];
  }

  await client.query(`select pg_catalog.set_config('search_path', '', true)`);
  let open = [start, ...readTexts(await ask(textRow, queries.domainsQuery))];
  let oids = (await ask(oidRow, queries.castsQuery)).map(({ oid }) => oid);
  const asked = new Set<string>();
  while (open.length > 0 || oids.length > 0) {
    const [found, next] = await follow(notYet(open, asked), oids);
    open = found;
    oids = next.filter((oid) => !judged.has(oid));
    if (judged.size + relations.size > maxReached)
      throw new DatabaseProofError(
        'reach-refused',
        `expected a proof that reaches at most ${maxReached} tables and functions, got more; write schemas with its names`,
      );
  }
  return { ...describeReach([...judged.values()]), triggers, refusals: [...refusals].sort() };
}

type Row = FunctionRow & { readonly verdict: Judged['verdict'] };

function describeReach(rows: readonly Row[]): Pick<Reach, 'functions' | 'extensions'> {
  const functions = new Map<string, Reach['functions'][number]>();
  const extensions = new Map<string, Reach['extensions'][number]>();
  for (const { verdict, schema, name, language, definer, extension } of rows) {
    const full = `${schema}.${name}`;
    if (verdict === 'read' || verdict === 'function-in-plan') {
      const isDefiner = definer || (functions.get(full)?.definer ?? false);
      functions.set(full, { name: full, language, accepted: verdict, definer: isDefiner });
    } else if (extension !== null && (verdict === 'trusted-extension' || verdict === 'extension-in-plan')) {
      extensions.set(extension, { name: extension, accepted: verdict });
    }
  }
  const sorted = <T extends { name: string }>(each: ReadonlyMap<string, T>) =>
    [...each.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return { functions: sorted(functions), extensions: sorted(extensions) };
}

function pairs(names: readonly SqlName[]): [(string | null)[], string[]] {
  return [names.map(({ schema }) => schema), names.map(({ name }) => name)];
}

/** The names that no earlier batch has asked for: bodies may call each other in a circle. */
function notYet(all: readonly References[], asked: Set<string>): References {
  function fresh(kind: 'functions' | 'attributes' | 'operators' | 'relations'): SqlName[] {
    return all.flatMap((each) =>
      each[kind].filter(({ schema, name }) => {
        const key = JSON.stringify([kind, schema, name]);
        return !asked.has(key) && asked.add(key);
      }),
    );
  }
  return {
    functions: fresh('functions'),
    attributes: fresh('attributes'),
    operators: fresh('operators'),
    relations: fresh('relations'),
    written: [],
    settings: [],
  };
}
