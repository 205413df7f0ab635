// Puts what was seen inside and afterwards side by side. Pure.
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import type { DatabaseProofFacts, SequenceFacts, TableFacts } from './facts.ts';
import type { Afterwards } from './look-afterwards.ts';
import type { Inside } from './run-proof.ts';

/** `afterwards` is why nobody could look, when it is a text. */
export function describeProof(
  { id, title, database, readOnly, watch }: DatabaseProof,
  inside: Inside,
  afterwards: Afterwards | string,
): DatabaseProofFacts {
  const { login, reach, run } = inside;
  const seen = typeof afterwards === 'string' ? null : afterwards;
  const tables = watch.map(({ table }): TableFacts => {
    const [before, after] = [inside.before.get(table), seen?.tables.get(table)];
    const isCompared = before?.checksum != null && after?.checksum != null;
    return {
      table,
      before: before?.rows ?? 0,
      inside: inside.inside.get(table) ?? null,
      after: after?.rows ?? null,
      contents: isCompared ? (before.checksum === after.checksum ? 'same' : 'different') : null,
      ours: after?.ours ?? null,
    };
  });
  return {
    id,
    title,
    database,
    readOnly,
    server: login.server,
    login: login.login,
    superuser: login.superuser,
    functions: reach.functions,
    extensions: reach.extensions,
    triggers: reach.triggers,
    steps: run.steps,
    deferred: run.deferred,
    transaction: {
      ended: inside.ended,
      stopped: run.stopped,
      xid: inside.xid,
      status: seen?.status ?? null,
    },
    tables,
    leaked: tables.reduce<number | null>(
      (sum, { ours }) => (sum === null || ours === null ? null : sum + ours),
      seen ? 0 : null,
    ),
    sequences: changedSequences(inside, seen),
    unreadableSequences: inside.sequences.filter(({ readable }) => !readable).map(({ name }) => name),
    session: inside.session,
    preparedTransactions: seen ? seen.prepared.filter((gid) => !inside.prepared.includes(gid)) : null,
    afterwards: typeof afterwards === 'string' ? afterwards : null,
  };
}

function changedSequences({ sequences, taken, ended }: Inside, seen: Afterwards | null): SequenceFacts[] {
  return sequences.flatMap(({ name, value: before, readable }) => {
    const after = seen?.sequences.find((each) => each.name === name);
    const isChanged = seen === null ? taken.has(name) : after !== undefined && after.value !== before;
    if (!readable || !isChanged) return [];
    // A change that came after the session had answered for itself is not its own.
    const ours = taken.get(name) ?? (ended === 'lost' || taken.has(name) ? null : false);
    return [{ name, before, after: after?.value ?? null, ours }];
  });
}
