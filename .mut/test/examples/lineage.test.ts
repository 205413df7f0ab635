import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { treeAsOf } from '../../examples/world/build-ssot.ts';
import { CHANGE_SETS, type ChangeSetName, LINEAGE, predecessorsOf } from '../../examples/world/lineage.ts';
import { ratify } from '../../examples/world/ratify.ts';
import { payloadFolder, RATIFIED_LIST, readPayload, writeTree } from '../../examples/world/tree.ts';
import { scanForPatterns, scanForSecrets } from '../../src/evidence/secret-scan.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { type PostgresFixture, startPostgres } from '../fixtures/postgres.ts';
import { promotedTree, runProofs, runTap, temporaryFolder, typeCheck } from './payload.ts';

// The change sets after O8B, each laid over the tree that the ones before it leave, as its plan says.

let postgres: PostgresFixture;
beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.close());

const FOLLOW_UPS = CHANGE_SETS.filter((name) => name !== 'o8b');
const planOf = (name: ChangeSetName) => loadPlan(`examples/plans/${LINEAGE[name].plan}.yaml`);

/** The arguments of a plan's suite, with the environment file of this machine in place of the plan's. */
async function argumentsOf(command: readonly string[], dsn = ''): Promise<string[]> {
  const file = join(await temporaryFolder(), 'integration.env');
  await writeFile(file, `IU_CUTTER_TEST_DSN=${dsn}\n`);
  expect(command[0]).toBe('node');
  return command.slice(1).map((each) => (each.startsWith('--env-file=') ? `--env-file=${file}` : each));
}

/** Databases that an integration suite made on the server and did not drop. */
async function databasesLeft(dsn: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: dsn });
  await client.connect();
  try {
    return (await client.query("SELECT datname FROM pg_database WHERE datname LIKE 'iu\\_cutter\\_%'")).rows;
  } finally {
    await client.end();
  }
}

describe.each(FOLLOW_UPS)('%s', (name) => {
  const { folder, counts } = LINEAGE[name];
  let tree: string;
  beforeAll(async () => {
    tree = await mkdtemp(join(tmpdir(), 'interlock-lineage-'));
    await writeTree(tree, await promotedTree('pass', name));
  });
  afterAll(() => rm(tree, { recursive: true, force: true }));

  test('is ratified as it is, in its list and in its plan (run `node scripts/ratify.ts` after an edit)', async () => {
    const [changeSet, onto] = [await readPayload(folder), await treeAsOf(predecessorsOf(name))];
    const { files, modified, added, list } = ratify(changeSet, onto);
    expect(await readFile(join(payloadFolder(folder), RATIFIED_LIST), 'utf8')).toBe(list);
    const plan = await planOf(name);
    expect(plan.changeSet).toMatchObject({ ratifiedList: RATIFIED_LIST, modified, added });
    expect(plan.changeSet?.files).toEqual(
      Object.fromEntries(files.map(({ path, sha256 }) => [path, sha256])),
    );
  });

  test('brings no file that is there already as it is, and leaves none of the tree out', async () => {
    const [changeSet, onto] = [await readPayload(folder), await treeAsOf(predecessorsOf(name))];
    const idle = [...changeSet].filter(([path, content]) => onto.get(path)?.equals(content));
    expect(idle.map(([path]) => path)).toEqual([]);
    const { files } = ratify(changeSet, onto);
    const added = files.filter(({ change }) => change === 'added').length;
    expect((await promotedTree('pass', name)).size).toBe(onto.size + added);
  });

  test('passes the suites of its plan on a real server, with the counts that are known of it', async () => {
    const plan = await planOf(name);
    const suites = Object.entries(plan.tests).map(
      ([
        suite,
        {
          command,
          expect: { passed },
        },
      ]) => ({ suite, command, passed }),
    );
    expect({
      ...Object.fromEntries(suites.map(({ suite, passed }) => [suite, passed])),
      proofs: plan.proofs?.expect,
    }).toEqual(counts);
    const dsn = await postgres.createDatabase();
    for (const { suite, command, passed } of suites) {
      const ran = await runTap(tree, await argumentsOf(command, dsn));
      expect({ suite, ...ran }).toEqual({ suite, tests: passed, passed, failed: 0 });
    }
    expect(await databasesLeft(dsn)).toEqual([]);
  });

  test('fails its integration suite without a server, and skips nothing', async () => {
    const { command } = (await planOf(name)).tests['integration'] ?? expect.fail('no such suite');
    const { passed, failed } = await runTap(tree, await argumentsOf(command));
    expect(failed).toBeGreaterThan(passed);
  });

  test('has as many proofs as its plan says, all of which hold, and those that the plan names', async () => {
    const plan = await planOf(name);
    const { code, proofs } = await runProofs(tree);
    expect([code, proofs.filter(({ holds }) => holds).length]).toEqual([0, counts.proofs]);
    const claims = [...plan.passCriteria, ...plan.forbiddenActions].flatMap(({ evidence }) => evidence);
    const named = claims.flatMap((each) => ('proof' in each ? [each.proof] : []));
    expect(proofs.map(({ id }) => id)).toEqual(expect.arrayContaining(named));
  });

  test('type-checks under its own settings, and a pg.Client fits its adapter', async () => {
    expect(await typeCheck(tree, '../src/live/pg-connection.ts')).toEqual({ code: 0, stdout: '' });
  });

  test('holds no secret and no forbidden pattern, needs no package, and leaves the kill switch as it is', async () => {
    const promoted = await promotedTree('pass', name);
    const files = [...promoted].map(([path, content]) => ({ path, content }));
    expect(await scanForSecrets(files)).toEqual([]);
    expect(scanForPatterns(files, (await planOf(name)).forbiddenPatterns)).toEqual([]);
    expect(promoted.get('package.json')?.toString('utf8')).not.toContain('ependencies');
    const changeSet = await readPayload(folder);
    for (const path of changeSet.keys()) expect(path).not.toMatch(/^src\/kill-switch\/|^sql\//);
  });

  test('closes gaps in its plan that the plan before it left open, and loses none', async () => {
    const before = await planOf(predecessorsOf(name).at(-1) ?? expect.fail('no plan before it'));
    const { gaps } = await planOf(name);
    const carried = before.gaps.filter(({ status }) => status !== 'closed').map(({ id }) => id);
    expect(gaps.map(({ id }) => id)).toEqual(expect.arrayContaining(carried));
    expect(gaps.filter(({ id, status }) => carried.includes(id) && status === 'closed')).not.toEqual([]);
  });
});
