// Claims about a database that are shown by SQL in transactions which are always rolled back.
import { judgeDatabaseProof } from '../src/database-proof/judge-proof.ts';
import { DatabaseProofError } from '../src/database-proof/proof-error.ts';
import { runDatabaseProof } from '../src/database-proof/run-proof.ts';
import { redactTexts } from '../src/evidence/redact-texts.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { parametersOf } from '../src/gate/parameters.ts';
import type { DatabaseProof } from '../src/plan/schema-database-proof.ts';
import { json } from '../src/plan/schema-scalars.ts';
import { findDatabase } from '../src/probe/take-snapshot.ts';
import { type DatabaseProofGateFacts, databaseProofGateFactsSchema } from '../src/run/facts-of-findings.ts';

export const databaseProof: Gate = {
  kind: 'database-proof',
  async run(context): Promise<DatabaseProofGateFacts> {
    const { proofs } = parametersOf(context, 'database-proof');
    const found = [];
    for (const proof of proofs) {
      await context.progress(proof.title);
      found.push(await prove(proof, context, proofs.length > 1));
    }
    return { databaseProofs: found };
  },
};

async function prove(
  proof: DatabaseProof,
  context: GateContext,
  isOneOfMany: boolean,
): Promise<DatabaseProofGateFacts['databaseProofs'][number]> {
  const { record, redact } = context;
  const facts = await runDatabaseProof(proof, {
    database: (name) => findDatabase(context, name),
    host: (name) => context.host(name),
    signal: context.signal,
    killSwitch: context.killSwitch,
  }).catch((error: unknown) => {
    throw explain(error, proof);
  });
  const [kept] = databaseProofGateFactsSchema.parse({
    databaseProofs: [redactTexts(json.parse(JSON.parse(JSON.stringify(facts))), redact)],
  }).databaseProofs;
  if (!kept) throw new RangeError(`expected facts of ${proof.id}, got none`);
  const evidence = [record.keep(`proof ${proof.id}`, JSON.stringify(kept, null, 2), 'application/json')];
  for (const { id, title, status, expected, actual } of judgeDatabaseProof(proof, facts)) {
    record.check(isOneOfMany ? `${proof.id}-${id}`.replaceAll('.', '-') : id, title, status === 'pass', {
      expected,
      actual,
      evidence,
      otherwise: status === 'fail' ? 'fail' : 'inconclusive',
    });
  }
  return kept;
}

/** What was refused, or could not begin, was not tried; what was stopped is not known. */
function explain(error: unknown, { id }: DatabaseProof): unknown {
  if (!(error instanceof DatabaseProofError)) return error;
  const text = `${id}: ${[error.message, ...error.refusals.slice(0, 20)].join('\n')}`;
  return new GateStop(error.code === 'aborted' ? 'inconclusive' : 'blocked', error.code, text, {
    cause: error,
  });
}
