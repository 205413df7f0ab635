import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { existingDatabase, seedProduction } from '../../examples/world/database.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { layOut, promotedTree, runNode } from './payload.ts';

// The payload's own suite has no database. Here its statements meet the schema they were written for.

let postgres: PostgresFixture;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

/** Cuts a sample live: in the promoted tree, in a process of its own, with the driver of this project. */
const CUT_LIVE = `
import { readFile } from 'node:fs/promises';
import { cutDocument } from './src/cut/cut-document.ts';
import { planCut } from './src/cut/cut-plan.ts';
import { openDocument } from './src/document/source-document.ts';
import { defaultConnectionProvider, ProductionLiveExecutionAdapter } from './src/live/production-adapter.ts';
import { runPhases } from './src/phases/run-phases.ts';

const [dsn, driver] = process.argv.slice(2);
const { default: pg } = await import(driver);
const connect = async () => {
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  return client;
};
const document = openDocument('regulation.md', await readFile('samples/regulation.md', 'utf8'));
const units = cutDocument(document);
const bare = planCut(document, units);
const plan = { ...bare, rows: bare.rows.map((row, at) => ({ ...row, content: units[at] })) };
const client = await connect();
await client.query(
  "INSERT INTO cut_authorization SELECT 'cut-live', 'ruling-1', $1, $2, now() + interval '1 minute', NULL",
  [plan.documentKey, plan.digest],
);
await client.end();
const adapter = new ProductionLiveExecutionAdapter({
  connections: defaultConnectionProvider({ dsn, connect }),
  backup: { recipient: 'A FINGERPRINT', store: async () => 'backups/cut-live.asc' },
  legBWriter: async (connection, { cutId, plan }) => {
    await connection.query('INSERT INTO cut_manifest VALUES ($1, $2, $3)', [cutId, plan.digest, plan.rows.length]);
    return { cut_manifest: 1 };
  },
  verifyWriter: async (connection, { cutId }) => {
    await connection.query("INSERT INTO verify_record VALUES ($1, 'units-present', true)", [cutId]);
    return { verify_record: 1 };
  },
});
try {
  const outcomes = await runPhases({ mode: 'LIVE', order: { cutId: 'cut-live', actor: 'tester', plan }, adapter });
  console.log(JSON.stringify(outcomes.map(({ rows }) => rows)));
} catch (error) {
  console.log(error.code);
}
`;

async function cutLive(switchedOn: boolean): Promise<{ printed: string; rows: unknown }> {
  const tree = await layOut(await promotedTree());
  if (switchedOn) await writeFile(`${tree}.override.json`, '{"execution_enabled": true}');
  await writeFile(join(tree, 'cut-live.ts'), CUT_LIVE);
  const dsn = await postgres.createDatabase();
  await seedProduction(existingDatabase(dsn));
  const { stdout } = await runNode(tree, ['cut-live.ts', dsn, import.meta.resolve('pg')]);
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  const { rows } = await client.query(
    `SELECT u.lifecycle, count(*)::int AS units, count(v.*)::int AS versions, count(l.*)::int AS moves
       FROM information_unit u LEFT JOIN unit_version v ON v.unit_id = u.id LEFT JOIN iu_lifecycle_log l ON l.unit_id = u.id
      WHERE u.document_key = 'regulation' GROUP BY u.lifecycle`,
  );
  await client.end();
  return { printed: stdout.trim(), rows };
}

test('the five phases of the live wiring fit the production schema', async () => {
  const { printed, rows } = await cutLive(true);
  expect(JSON.parse(printed)).toEqual([
    { revert_record: 1 },
    { information_unit: 19, unit_version: 19 },
    { cut_manifest: 1 },
    { verify_record: 1 },
    { iu_lifecycle_log: 19 },
  ]);
  expect(rows).toEqual([{ lifecycle: 'enacted', units: 19, versions: 19, moves: 19 }]);
});

test('with the kill switch off, the same run is refused and production stays as it was', async () => {
  expect(await cutLive(false)).toEqual({ printed: 'execution-disabled', rows: [] });
});
