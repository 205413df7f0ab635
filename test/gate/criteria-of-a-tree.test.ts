// What a gate concludes from a tree and from the tests and proofs that run in it: each row is one lie that must not pass.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { digestsAt } from '../../src/gate/digests-at.ts';
import { checkManifest, observeTree } from '../../src/gate/observe-tree.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { runProofs, runSuite } from '../../src/gate/run-suite.ts';
import { treesAt } from '../../src/gate/trees-at.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';

const directory = mkdtempSync(join(tmpdir(), 'interlock-criteria-of-a-tree-'));
writeFileSync(join(directory, 'only-here'), '');
const observer = new LocalHost({ name: 'web-1' });
const { signal } = new AbortController();
const where = () => ({
  ...{ observer, directory, signal },
  record: createRecorder((text) => text),
});
afterAll(async () => {
  await observer.close();
  rmSync(directory, { recursive: true });
});

const one = '1..1\\nok 1 - it works\\n';
const two = '1..2\\nok 1 - it works\\nnot ok 2 - it does not\\n';

describe('a suite', () => {
  it.each<[string, string, string]>([
    ['as many as expected, in the tree', `test -e only-here && printf '${one}'`, 'pass'],
    ['all, and then an error', `printf '${one}'; exit 3`, 'fail'],
    ['one of two', `printf '${two}'`, 'fail'],
    ['more than expected', `printf '1..2\\nok 1 - a\\nok 2 - b\\n'`, 'fail'],
    ['fewer than expected', `printf '1..0\\n'`, 'fail'],
  ])('that passes %s', async (_, script, status) => {
    const at = where();
    const command = ['sh', '-c', script];
    await runSuite('full', { command, format: 'tap', expect: { passed: 1 }, timeoutSeconds: 20 }, at);
    expect(at.record.checks).toMatchObject([{ id: 'suite-full', status }]);
  });
});

describe('proofs', () => {
  const said = (...holds: boolean[]) =>
    JSON.stringify({ proofs: holds.map((each, at) => ({ id: `P${at}`, claim: 'it holds', holds: each })) });

  it.each<[string, string, string]>([
    ['hold', `test -e only-here && echo '${said(true)}'`, 'pass'],
    ['hold, and then an error', `echo '${said(true)}'; exit 3`, 'fail'],
    ['do not hold', `echo '${said(false)}'`, 'fail'],
    ['are more than expected', `echo '${said(true, true)}'`, 'fail'],
    ['are none', 'true', 'inconclusive'],
  ])('that %s', async (_, script, status) => {
    const at = where();
    const proofs = { command: ['sh', '-c', script], expect: 1, timeoutSeconds: 20 };
    await runProofs({ ...referencePlan(), proofs }, at);
    expect(at.record.checks).toMatchObject([{ id: 'proofs', status }]);
  });
});

describe('a tree', () => {
  const tree = join(directory, 'tree');
  const manifest = {
    ...{ name: 'app', commit: 'c'.repeat(40) },
    entries: [
      { path: 'a', sha256: sha256Hex('a'), bytes: 1, mode: '100644' as const },
      { path: 'b', sha256: sha256Hex('b'), bytes: 1, mode: '100755' as const },
    ],
  };

  it.each<[string, () => void, string]>([
    ['that is as the manifest says', () => undefined, '2 files equal to the manifest'],
    ['with one file more', () => writeFileSync(join(tree, 'c'), ''), 'not in the manifest: c'],
    ['with one file less', () => rmSync(join(tree, 'a')), 'missing: a'],
    ['with other bytes', () => writeFileSync(join(tree, 'a'), 'x'), 'different: a'],
    ['of which one may be executed', () => execFileSync('chmod', ['+x', join(tree, 'a')]), 'different: a'],
    [
      'of which one may not be executed',
      () => execFileSync('chmod', ['-x', join(tree, 'b')]),
      'different: b',
    ],
  ])('%s', async (_, change, actual) => {
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(tree);
    writeFileSync(join(tree, 'a'), 'a');
    writeFileSync(join(tree, 'b'), 'b', { mode: 0o755 });
    change();
    const { record } = where();
    const holds = checkManifest(
      record,
      'live-tree',
      'it',
      manifest,
      await observeTree(observer, tree, signal),
    );
    expect(record.checks).toMatchObject([{ status: holds ? 'pass' : 'fail', actual }]);
    expect(holds).toBe(actual.includes('equal'));
  });

  it('with a pipe in it is no tree', async () => {
    execFileSync('mkfifo', [join(tree, 'pipe')]);
    await expect(observeTree(observer, tree, signal)).rejects.toMatchObject({ code: 'strange-file' });
  });
});

it('what stands at a path is a tree, nothing, or something that is neither', async () => {
  const [tree, link, file] = ['t', 'l', 'f'].map((name) => join(directory, name)) as [string, string, string];
  mkdirSync(tree);
  symlinkSync(tree, link);
  writeFileSync(file, '');
  const paths = [link, tree, join(directory, 'none'), file];
  const { digest } = await observeTree(observer, tree, signal);
  expect(await digestsAt(observer, paths, signal)).toEqual(['a symlink', digest, null, 'a file']);
  const seen = await treesAt(observer, paths, signal);
  expect(seen.map(({ digest: of, strange }) => [of, strange])).toEqual([
    [null, 'a symlink'],
    [digest, null],
    [null, null],
    [null, 'a file'],
  ]);
  expect(seen.map(({ inode }) => inode === null)).toEqual([false, false, true, false]);
});
