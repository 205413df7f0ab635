import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { treeAsOf } from '../../examples/world/build-ssot.ts';
import { buildWorld, type WorldOptions } from '../../examples/world/build-world.ts';
import { BASELINE_COMMIT, BASELINE_COUNTS } from '../../examples/world/facts.ts';
import { git } from '../../examples/world/git-repository.ts';
import { CHANGE_SETS, LINEAGE, predecessorsOf } from '../../examples/world/lineage.ts';
import { payloadFolder, readTree } from '../../examples/world/tree.ts';
import { loadPlan } from '../../src/plan/load.ts';
import { layOut, promotedTree, runTap, temporaryFolder } from './payload.ts';

// Worlds as of a later point of the lineage: what earlier runs brought is in repo and host, and the next change set is staged.

async function openWorld(options: Omit<WorldOptions, 'directory' | 'database'>) {
  return buildWorld({ ...options, directory: await temporaryFolder(), database: 'none' });
}

describe.each(CHANGE_SETS.filter((name) => name !== 'o8b'))('before %s', (changeSet) => {
  const applied = predecessorsOf(changeSet);
  const { folder, plan: planName, variants } = LINEAGE[changeSet];

  test('main has a commit of each run so far, by the author of the plan, and ends with the baseline of the plan', async () => {
    const { ssot, counts } = await openWorld({ changeSet });
    const plan = await loadPlan(`examples/plans/${planName}.yaml`);
    expect([ssot.baseline, ssot.head]).toEqual([plan.source?.baseline, plan.source?.baseline]);
    const commits = (await git(ssot.directory, ['log', '--reverse', '--format=%H %ae'])).trim().split('\n');
    const email = plan.commit?.author.email;
    expect(commits).toEqual([
      `${BASELINE_COMMIT} world@example.invalid`,
      ...applied.map((name) => `${LINEAGE[name].commit.id} ${email}`),
    ]);
    expect(await git(ssot.directory, ['status', '--porcelain'])).toBe('');
    expect(counts).toMatchObject({ promoted: LINEAGE[changeSet].counts });
    expect(counts.baseline).not.toEqual(BASELINE_COUNTS);
  });

  test('the live tree is the one that the last run promoted, and the next change set is staged as ratified', async () => {
    const { host, staging } = await openWorld({ changeSet });
    expect([...(await readTree(host.live))]).toEqual([...(await treeAsOf(applied))]);
    const staged = await readTree(staging.directory);
    expect([...staged]).toEqual([...(await readTree(payloadFolder(folder)))]);
  });

  test('drift, secret and failing-test are about this change set', async () => {
    const drifted = await openWorld({ changeSet, scenario: 'drift' });
    const touched = await git(drifted.ssot.directory, ['diff', '--name-only', 'main^', 'main']);
    expect(touched).toBe(`${variants.drift.path}\n`);
    expect(drifted.staging.files).toContainEqual(
      expect.objectContaining({ path: variants.drift.path, change: 'modified' }),
    );
    const { staging } = await openWorld({ changeSet, scenario: 'secret' });
    expect(await readFile(join(staging.directory, variants.secret), 'utf8')).toMatch(/PRIVATE KEY-----\n/);

    const tree = await layOut(await promotedTree('failing-test', changeSet));
    const { targeted } = LINEAGE[changeSet].counts;
    const { command } =
      (await loadPlan(`examples/plans/${planName}.yaml`)).tests['targeted'] ?? expect.fail();
    expect(await runTap(tree, command.slice(1))).toEqual({
      tests: targeted,
      passed: targeted - 1,
      failed: 1,
    });
  });
});

test('each commit that a run makes of a change set is the one that is known of it', async () => {
  const { ssot } = await openWorld({ changeSet: 'o8b', applied: CHANGE_SETS });
  const commits = (await git(ssot.directory, ['log', '--reverse', '--format=%H'])).trim().split('\n');
  expect(commits.slice(1)).toEqual(CHANGE_SETS.map((name) => LINEAGE[name].commit.id));
});

test('a world can lack what its change set was written against', async () => {
  const { ssot, host, staging } = await openWorld({ changeSet: 'o8c-postgres-proof', applied: [] });
  expect(ssot.head).toBe(BASELINE_COMMIT);
  expect([...(await readTree(host.live)).keys()]).not.toContain('src/live/production-adapter.ts');
  expect(staging.files.map(({ path }) => path)).toContain('src/live/record-leg-b.ts');
});
