// What the facts of a proof amount to. Pure: anyone who holds plan and facts can judge again.
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import { type Assertion, assertion, type Status } from './assertion.ts';
import type { DatabaseProofFacts, TableFacts } from './facts.ts';
import { isTransient, judgeStep } from './judge-step.ts';

/** One row a criterion, in the order of a reader: the steps, then what was left behind. Ids are unique and stable. */
export function judgeDatabaseProof(proof: DatabaseProof, facts: DatabaseProofFacts): Assertion[] {
  return uniqueIds([
    judgeReach(facts),
    ...proof.steps.flatMap((step, at) => judgeStep(step, facts.steps[at], at + 1, facts)),
    ...(proof.readOnly ? [judgeReadOnly(facts)] : [judgeDeferred(facts)]),
    judgeTransaction(facts),
    ...facts.tables.map((table) => judgeTable(table, proof)),
    judgeLeak(facts),
    judgeSequences(facts, proof),
    judgeSession(facts),
    judgePrepared(facts),
  ]);
}

function judgeReach({ functions, extensions, triggers, superuser, login }: DatabaseProofFacts): Assertion {
  const trusted = functions.filter(({ accepted }) => accepted === 'function-in-plan').map(({ name }) => name);
  const definers = functions.filter(({ definer }) => definer).map(({ name }) => name);
  const actual = [
    `${functions.length - trusted.length} functions of users read`,
    ...(trusted.length > 0 ? [`not read but named in the plan: ${trusted.join(', ')}`] : []),
    ...(extensions.length > 0
      ? [`extensions: ${extensions.map((each) => `${each.name} (${each.accepted})`).join(', ')}`]
      : []),
    ...(definers.length > 0 ? [`with their owner’s rights: ${definers.join(', ')}`] : []),
    `triggers: ${triggers.map((each) => `${each.name} on ${each.table} (${each.function})`).join(', ') || 'none'}`,
    ...(superuser ? [`${login} is a superuser, or as good as one`] : []),
  ].join('; ');
  return assertion(
    'reach',
    'all that the proof can reach was read, or is trusted by name',
    'pass',
    'no refusal',
    actual,
  );
}

function judgeReadOnly({ transaction: { xid, ended } }: DatabaseProofFacts): Assertion {
  const status: Status = xid !== null ? 'fail' : ended === 'lost' ? 'inconclusive' : 'pass';
  const actual =
    xid !== null ? `transaction id ${xid}` : ended === 'lost' ? 'the connection was lost' : 'none';
  return assertion(
    'read-only',
    'PostgreSQL gave no transaction id: nothing was written',
    status,
    'no id',
    actual,
  );
}

function judgeDeferred({ deferred }: DatabaseProofFacts): Assertion {
  const status: Status =
    deferred === 'hold'
      ? 'pass'
      : deferred === null || isTransient(deferred.sqlstate)
        ? 'inconclusive'
        : 'fail';
  const actual =
    deferred === null
      ? 'not tried'
      : deferred === 'hold'
        ? 'hold'
        : `${deferred.sqlstate}: ${deferred.message}`;
  return assertion(
    'deferred-constraints',
    'a commit would have been accepted',
    status,
    'deferred constraints hold',
    actual,
  );
}

function judgeTransaction({ transaction, readOnly, afterwards }: DatabaseProofFacts): Assertion {
  const { xid, status, ended, stopped } = transaction;
  const how = ended === 'lost' ? `the connection was lost (${stopped}); ` : '';
  const title = 'the server says that the transaction was aborted';
  const judge = (verdict: Status, actual: string) =>
    assertion('transaction', title, verdict, 'aborted', how + actual);
  if (xid === null) return judge(readOnly && ended !== 'lost' ? 'pass' : 'inconclusive', 'no transaction id');
  if (status === null) return judge('inconclusive', `${xid}: ${afterwards ?? 'the server no longer knows'}`);
  return judge(
    status === 'aborted' ? 'pass' : status === 'committed' ? 'fail' : 'inconclusive',
    `${xid} ${status}`,
  );
}

function judgeTable(
  { table, before, inside, after, contents, ours }: TableFacts,
  { watch }: DatabaseProof,
): Assertion {
  const seen = `${before} → ${inside ?? 'not counted'} inside → ${after ?? 'not counted'} after`;
  const isCompared = contents === null ? '' : `, ${contents} contents`;
  const judge = (status: Status, actual: string) =>
    assertion(
      `rows-${table}`,
      `rows of ${table}`,
      status,
      `${before} after${contents === null ? '' : ', same contents'}, none of the proof`,
      `${seen}${isCompared}, ${actual}`,
    );
  if (after === null || ours === null) return judge('inconclusive', 'nobody could look');
  if (ours > 0) return judge('fail', `${ours} of the proof’s transaction`);
  if (after === before && contents !== 'different') return judge('pass', 'none of the proof’s transaction');
  if (watch.find((each) => each.table === table)?.othersWrite)
    return judge('pass', 'none of the proof’s transaction; others write to it');
  return judge(
    'inconclusive',
    'none of the proof’s transaction: others wrote (set othersWrite if they may), or it was done on another connection',
  );
}

function judgeLeak({ leaked }: DatabaseProofFacts): Assertion {
  const status: Status = leaked === null ? 'inconclusive' : leaked === 0 ? 'pass' : 'fail';
  return assertion(
    'leaked',
    'rows of the proof’s own left behind',
    status,
    '0',
    String(leaked ?? 'nobody could look'),
  );
}

function judgeSequences(
  { sequences, unreadableSequences, readOnly }: DatabaseProofFacts,
  { allow }: DatabaseProof,
): Assertion {
  const mine = sequences.filter(({ ours }) => ours !== false);
  const excess = mine.filter(({ name }) => !allow.sequences.includes(name));
  const actual = [
    ...mine.map(
      ({ name, before, after, ours }) =>
        `${name} ${before ?? 'unused'} → ${after ?? 'not read'}${ours ? '' : ', by whom is not known'}${allow.sequences.includes(name) ? ', allowed by the plan' : ''}`,
    ),
    ...(unreadableSequences.length > 0 ? [`not readable: ${unreadableSequences.join(', ')}`] : []),
  ].join('; ');
  const status: Status = excess.some(({ ours }) => ours)
    ? 'fail'
    : excess.length > 0 || (unreadableSequences.length > 0 && !readOnly)
      ? 'inconclusive'
      : 'pass';
  return assertion(
    'sequences',
    'sequences that the proof has advanced, which a rollback does not undo',
    status,
    allow.sequences.length > 0 ? `none but ${allow.sequences.join(', ')}` : 'none',
    actual || 'none',
  );
}

function judgeSession({ session }: DatabaseProofFacts): Assertion {
  const title = 'nothing outlived the rollback in the session';
  const expected = 'no advisory lock, temporary object, cursor, prepared statement or channel';
  if (!session)
    return assertion(
      'session',
      title,
      'inconclusive',
      expected,
      'the connection was lost, and the session with it',
    );
  const left = Object.entries(session).filter(([, count]) => count > 0);
  const actual = left.map(([what, count]) => `${what} ${count}`).join(', ') || 'none';
  return assertion('session', title, left.length > 0 ? 'fail' : 'pass', expected, actual);
}

function judgePrepared({ preparedTransactions: gids }: DatabaseProofFacts): Assertion {
  const status: Status = gids?.length === 0 ? 'pass' : 'inconclusive';
  const actual = gids === null ? 'nobody could look' : gids.join(', ') || 'none';
  return assertion(
    'prepared-transactions',
    'transactions that were prepared meanwhile',
    status,
    'none',
    actual,
  );
}

/** Two tables may come out as one id: "a.b" and "a-b" are both a-b. */
function uniqueIds(all: readonly Assertion[]): Assertion[] {
  const seen = new Map<string, number>();
  return all.map((each) => {
    const times = (seen.get(each.id) ?? 0) + 1;
    seen.set(each.id, times);
    return times === 1 ? each : { ...each, id: `${each.id}-again-${times}` };
  });
}
