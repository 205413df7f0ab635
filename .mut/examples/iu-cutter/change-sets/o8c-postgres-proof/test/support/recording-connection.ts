import { writeFile } from 'node:fs/promises';
import type { TestContext } from 'node:test';
import { switchFile } from '../../src/kill-switch/execution-enabled.ts';
import type { PgConnection } from '../../src/live/pg-connection.ts';
import {
  type BackupSettings,
  type ProductionAdapterSettings,
  ProductionLiveExecutionAdapter,
} from '../../src/live/production-adapter.ts';
import { VERIFY_CLAIMS } from '../../src/phases/verify-claims.ts';
import { temporaryTree } from './temporary-tree.ts';

type Answer = readonly Record<string, unknown>[] | Error;

/** Stands in for a connected client: keeps every statement, and answers those that a test has an answer for. */
export class RecordingConnection implements PgConnection {
  readonly statements: { readonly text: string; readonly params: readonly unknown[] }[] = [];
  ended = 0;
  readonly #answers: readonly (readonly [RegExp, Answer])[];

  constructor(...answers: (readonly [RegExp, Answer])[]) {
    this.#answers = [
      ...answers,
      [/FROM cut_authorization/, [{ cut_id: 'cut-1' }]],
      [/FROM verify_record/, VERIFY_CLAIMS.map((claim) => ({ claim }))],
      [/RETURNING/, [{ id: 'unit' }]],
    ];
  }

  /** The first word of each statement and the table it is about. */
  get story(): string {
    return this.statements
      .map(({ text }) =>
        [/^\w+/.exec(text)?.[0], /(?:FROM|INTO|UPDATE) (\w+)/.exec(text)?.[1]].filter(Boolean).join(' '),
      )
      .join(', ');
  }

  async query(text: string, params: unknown[] = []) {
    this.statements.push({ text, params });
    const answer = this.#answers.find(([pattern]) => pattern.test(text))?.[1] ?? [];
    if (answer instanceof Error) throw answer;
    return { rows: answer };
  }

  async end() {
    this.ended += 1;
  }
}

export const BACKUP: BackupSettings = { recipient: 'A FINGERPRINT', store: async () => 'backups/1' };

/** An adapter over a recording connection, in a tree of its own that is switched on. */
export async function openAdapter(
  context: TestContext,
  connection: PgConnection,
  settings: Omit<ProductionAdapterSettings, 'connections' | 'tree'> = {},
) {
  const tree = await temporaryTree(context);
  await writeFile(switchFile(tree), '{"execution_enabled": true}');
  const connections = async () => connection;
  return { adapter: new ProductionLiveExecutionAdapter({ ...settings, tree, connections }), tree };
}
