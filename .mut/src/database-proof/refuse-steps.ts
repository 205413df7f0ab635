// What a proof's own text rules out, before anything is connected to.
import type { DatabaseProof } from '../plan/schema-database-proof.ts';
import { loadParser, parseStatements } from './parse-sql.ts';
import { collectReferences, joinReferences, type References } from './references.ts';
import { refusalsOfStatement } from './statement-rules.ts';

export interface ReadSteps {
  /** One line a reason, each beginning with "step N:". */
  readonly refusals: readonly string[];
  readonly references: References;
}

/** Reads every statement of a proof. Never throws for what the plan says: what cannot be read is refused. */
export async function readSteps({
  steps,
  readOnly,
}: Pick<DatabaseProof, 'steps' | 'readOnly'>): Promise<ReadSteps> {
  await loadParser();
  const refusals: string[] = [];
  const references: References[] = [];
  for (const [at, { sql, expect }] of steps.entries()) {
    const refuse = (reason: string) => refusals.push(`step ${at + 1}: ${reason}`);
    let statements: unknown[];
    try {
      statements = parseStatements(sql);
    } catch (error) {
      refuse(`expected one SQL statement, got: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    if (statements.length !== 1) refuse(`expected one SQL statement, got ${statements.length}`);
    for (const statement of statements) {
      const found = collectReferences(statement);
      references.push(found);
      for (const reason of new Set(refusalsOfStatement(statement))) refuse(reason);
      if (readOnly && found.written.length > 0 && expect.error === undefined)
        refuse(`the proof is readOnly, got a statement that writes to ${found.written[0]?.name}`);
    }
  }
  return { refusals, references: joinReferences(references) };
}
