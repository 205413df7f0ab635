import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildWorld } from '../../examples/world/build-world.ts';
import { BASELINE_COMMIT, FAILING_PROOFS, PROMOTED_COUNTS } from '../../examples/world/facts.ts';
import { git } from '../../examples/world/git-repository.ts';
import { SCENARIOS, type Scenario } from '../../examples/world/scenario.ts';
import { readTree, writeTree } from '../../examples/world/tree.ts';
import { layOut, promotedTree, runProofs, runSuite, temporaryFolder } from './payload.ts';

async function openWorld(scenario: Scenario) {
  return buildWorld({ directory: await temporaryFolder(), scenario, database: 'none' });
}

test('a world differs from that of pass in nothing but what its scenario says', async () => {
  const pass = await openWorld('pass');
  const expected: Partial<Record<Scenario, string>> = {
    drift: 'main',
    secret: 'change set',
    'failing-test': 'change set',
    'failing-proof': 'host',
  };
  for (const scenario of SCENARIOS) {
    const world = await openWorld(scenario);
    const differences = [
      world.ssot.head === pass.ssot.head ? undefined : 'main',
      JSON.stringify(world.staging.files) === JSON.stringify(pass.staging.files) ? undefined : 'change set',
      (await readdir(world.host.parent)).length === (await readdir(pass.host.parent)).length
        ? undefined
        : 'host',
    ];
    expect(differences.filter(Boolean).join(', '), scenario).toBe(expected[scenario] ?? '');
  }
});

test('drift: main is one commit beyond the baseline, which touches one file that the change set modifies', async () => {
  const { ssot, staging } = await openWorld('drift');
  expect(ssot.baseline).toBe(BASELINE_COMMIT);
  expect(await git(ssot.directory, ['rev-parse', 'main^'])).toBe(`${BASELINE_COMMIT}\n`);
  expect(await git(ssot.directory, ['status', '--porcelain'])).toBe('');
  const touched = (await git(ssot.directory, ['diff', '--name-only', 'main^', 'main'])).trim().split('\n');
  const modified = staging.files.filter(({ change }) => change === 'modified').map(({ path }) => path);
  expect(touched).toHaveLength(1);
  expect(modified).toContain(touched[0]);
});

test('secret: one ratified file holds an access key and a private key, and its tests still pass', async () => {
  const { staging } = await openWorld('secret');
  const found = [...(await readTree(staging.directory))].filter(([, content]) => {
    const text = content.toString('utf8');
    return (
      /\bAKIA[A-Z2-7]{16}\b/.test(text) && /^-----BEGIN RSA PRIVATE KEY-----\n[\w+/\n]+\n-----END/m.test(text)
    );
  });
  expect(found.map(([path]) => path)).toEqual(['test/live/production-adapter.test.ts']);
  const { targeted } = PROMOTED_COUNTS;
  const tree = await layOut(await promotedTree('secret'));
  expect(await runSuite(tree, 'targeted')).toEqual({ tests: targeted, passed: targeted, failed: 0 });
});

test('failing-test: exactly one test of the change set fails, and as many are run', async () => {
  const tree = await layOut(await promotedTree('failing-test'));
  const { targeted } = PROMOTED_COUNTS;
  expect(await runSuite(tree, 'targeted')).toEqual({ tests: targeted, passed: targeted - 1, failed: 1 });
  expect((await runProofs(tree)).code).toBe(0);
});

test('failing-proof: everything holds in a worktree, in the staged tree and before, and not once it is live', async () => {
  const { host } = await openWorld('failing-proof');
  const promoted = await promotedTree('failing-proof');
  expect((await runProofs(host.live)).code).toBe(0);

  const staged = join(host.parent, 'iu-cutter-v0.6.staged');
  await writeTree(staged, promoted);
  for (const tree of [staged, await layOut(promoted)]) expect((await runProofs(tree)).code).toBe(0);

  await writeTree(host.live, promoted);
  const { code, proofs } = await runProofs(host.live);
  expect(code).toBe(1);
  expect(proofs.filter(({ holds }) => !holds).map(({ id }) => id)).toEqual(FAILING_PROOFS);
  const { full } = PROMOTED_COUNTS;
  expect(await runSuite(host.live, 'full')).toEqual({ tests: full, passed: full, failed: 0 });
});
