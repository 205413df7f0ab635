import { expect, test } from 'vitest';
import { baselineTree } from '../../examples/world/build-ssot.ts';
import { changeSetTree } from '../../examples/world/build-staging.ts';
import { BASELINE_COUNTS, PROMOTED_COUNTS } from '../../examples/world/facts.ts';
import { layOut, promotedTree, runNode, runProofs, runSuite, typeCheck } from './payload.ts';

test('the baseline passes its suite and its proofs with the counts that are known of it', async () => {
  const tree = await layOut(await baselineTree());
  const { full, targeted, proofs } = BASELINE_COUNTS;
  expect(await runSuite(tree, 'full')).toEqual({ tests: full, passed: full, failed: 0 });
  expect(await runSuite(tree, 'targeted')).toEqual({ tests: targeted, passed: targeted, failed: 0 });
  const run = await runProofs(tree);
  expect([run.code, run.proofs.filter(({ holds }) => holds).length]).toEqual([0, proofs]);
});

test('with the change set over it, it passes more, in one process and in many', async () => {
  const tree = await layOut(await promotedTree());
  const { full, targeted } = PROMOTED_COUNTS;
  for (const isolation of ['process', 'none'] as const) {
    expect(await runSuite(tree, 'full', isolation)).toEqual({ tests: full, passed: full, failed: 0 });
  }
  expect(await runSuite(tree, 'targeted')).toEqual({ tests: targeted, passed: targeted, failed: 0 });
});

test('with the change set over it, all eight proofs hold, each on a line of its own', async () => {
  const tree = await layOut(await promotedTree());
  const { code, stdout } = await runNode(tree, ['src/proofs/main.ts']);
  expect(code).toBe(0);
  expect(stdout.trimEnd().split('\n')).toEqual([
    'PROOF-1 PASS kill switch is off',
    'PROOF-2 PASS LIVE is refused before any adapter method',
    'PROOF-3 PASS the DRYRUN guard is a no-op',
    'PROOF-4 PASS a simulator-shaped object is refused as live adapter',
    'PROOF-5 PASS null, a plain object and a string are refused as live adapter',
    'PROOF-6 PASS a real adapter is accepted',
    'PROOF-7 PASS the default connection provider refuses without a DSN',
    'PROOF-8 PASS the adapter refuses before it opens a connection',
  ]);
  expect((await runProofs(tree)).proofs.filter(({ holds }) => holds)).toHaveLength(PROMOTED_COUNTS.proofs);
});

test('with the change set over it, it type-checks under its own settings, and a pg.Client fits its adapter', async () => {
  const tree = await layOut(await promotedTree());
  expect(await typeCheck(tree, '../src/live/production-adapter.ts')).toEqual({ code: 0, stdout: '' });
});

test('the change set is seven files of the baseline and two new ones', async () => {
  const [baseline, changeSet] = [await baselineTree(), await changeSetTree('pass')];
  const modified = [...changeSet].filter(([path, content]) => baseline.get(path)?.equals(content) === false);
  const added = [...changeSet.keys()].filter((path) => !baseline.has(path));
  expect([changeSet.size, modified.length, added.length]).toEqual([9, 7, 2]);
});

test('no file of the promoted tree holds a forbidden pattern or looks like a secret', async () => {
  const looks = /PIN_|AKIA[A-Z0-9]{16}|-----BEGIN [A-Z ]*PRIVATE KEY|secretlint-disable/;
  const found = [...(await promotedTree())].filter(([, content]) => looks.test(content.toString('utf8')));
  expect(found.map(([path]) => path)).toEqual([]);
});
