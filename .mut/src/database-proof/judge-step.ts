// One step against what the plan expects of it. Pure.
import { canonicalJson, digestOf } from '../evidence/digest.ts';
import type { DatabaseProofStep } from '../plan/schema-database-proof.ts';
import type { Json } from '../plan/schema-scalars.ts';
import { type Assertion, assertion, type Status } from './assertion.ts';
import type { DatabaseProofFacts, StepFacts } from './facts.ts';

/**
 * SQLSTATEs that say something about the moment, not about the claim: cancelled, lock not available, deadlock, serialization,
 * no resources, no server. A proof that meets one has shown nothing.
 */
export function isTransient(sqlstate: string): boolean {
  return ['57014', '55P03', '40P01', '40001'].includes(sqlstate) || /^(08|53|57P|58|25P03)/.test(sqlstate);
}

export function judgeStep(
  { title, expect }: DatabaseProofStep,
  facts: StepFacts | undefined,
  number: number,
  { tables, transaction }: Pick<DatabaseProofFacts, 'tables' | 'transaction'>,
): Assertion[] {
  const wanted = wantedOf(expect);
  const judge = (what: string, status: Status, expected: string, actual: string) =>
    assertion(`step-${number}-${what}`, title, status, expected, actual);
  if (!facts || facts.outcome === 'not-run') {
    const reason = transaction.stopped ?? 'a step before it failed';
    return wanted.map(([what, expected]) => judge(what, 'inconclusive', expected, `not run: ${reason}`));
  }
  const { failure } = facts;
  if (failure && failure.sqlstate !== expect.error) {
    const status: Status = isTransient(failure.sqlstate) ? 'inconclusive' : 'fail';
    return wanted.map(([what, expected]) =>
      judge(what, status, expected, `${failure.sqlstate}: ${failure.message}`),
    );
  }
  return wanted.map(([what, expected, read]) => {
    const seen = read(facts, tables);
    return judge(what, seen.status, expected, seen.actual);
  });
}

interface Seen {
  readonly status: Status;
  readonly actual: string;
}
type Read = (facts: StepFacts, tables: DatabaseProofFacts['tables']) => Seen;

/** Each expectation: its id, its words, and how it is held against the facts of a step that did what it should. */
function wantedOf(expect: DatabaseProofStep['expect']): [what: string, expected: string, read: Read][] {
  const wanted: [string, string, Read][] = [];
  const { error, rowCount, value, rows, change = {}, counts = {} } = expect;
  if (error !== undefined)
    wanted.push([
      'error',
      `refused with ${error}`,
      ({ failure, rowCount: done }) =>
        failure
          ? { status: 'pass', actual: `${failure.sqlstate}: ${failure.message}` }
          : { status: 'fail', actual: `not refused: ${rowsIn(done)}` },
    ]);
  if (rowCount !== undefined)
    wanted.push([
      'row-count',
      rowsIn(rowCount),
      (facts) => same(facts.rowCount, rowCount, rowsIn(facts.rowCount)),
    ]);
  if (value !== undefined) wanted.push(['value', show(value), (facts) => sameRows(facts, [[value]])]);
  if (rows !== undefined) wanted.push(['rows', show(rows), (facts) => sameRows(facts, rows)]);
  for (const [table, by] of Object.entries(change))
    wanted.push([
      `change-${table}`,
      `${table} ${signed(by)}`,
      (facts, tables) => {
        const [now, before] = [facts.counts[table], tables.find((each) => each.table === table)?.before];
        if (now === undefined || before === undefined)
          return { status: 'inconclusive', actual: 'not counted' };
        return same(now - before, by, `${before} → ${now}, ${signed(now - before)}`);
      },
    ]);
  for (const [table, rowsNow] of Object.entries(counts))
    wanted.push([
      `count-${table}`,
      `${table} ${rowsNow}`,
      ({ counts: seen }) =>
        seen[table] === undefined
          ? { status: 'inconclusive', actual: 'not counted' }
          : same(seen[table], rowsNow, String(seen[table])),
    ]);
  return wanted;
}

function rowsIn(count: number | null): string {
  return `${count} ${count === 1 ? 'row' : 'rows'}`;
}

function same(actual: Json, expected: Json, words: string): Seen {
  return { status: canonicalJson(actual) === canonicalJson(expected) ? 'pass' : 'fail', actual: words };
}

/** What is not kept cannot be compared; but a different number of rows is different already. */
function sameRows({ rows, rowCount, rowsKept }: StepFacts, expected: Json[][]): Seen {
  const words = `${rowsIn(rowCount)}: ${show(rows)}`;
  if (rowCount !== expected.length) return { status: 'fail', actual: words };
  if (!rowsKept) return { status: 'inconclusive', actual: `${words}, cut` };
  return same(rows, expected, words);
}

const signed = (count: number) => (count > 0 ? `+${count}` : String(count));

const maxShown = 500;
/** Whole, or by its digest: a text that is cut before it is redacted may keep half a credential. */
function show(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > maxShown ? `${text.length} characters of JSON, ${digestOf(value)}` : text;
}
