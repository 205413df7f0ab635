// What two looks at a tree on a host call the same, as docs/security.md says.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { observeTree } from '../../src/gate/observe-tree.ts';
import { LocalHost } from '../../src/host/local-host.ts';

const host = new LocalHost();
const { signal } = new AbortController();
const parent = mkdtempSync(join(tmpdir(), 'interlock-observe-tree-'));
const tree = join(parent, 'tree');
const at = (name: string) => join(tree, name);

function relink(make: () => void): void {
  rmSync(at('l'));
  make();
}

beforeEach(() => {
  rmSync(tree, { recursive: true, force: true });
  mkdirSync(at('d'), { recursive: true });
  writeFileSync(at('f'), 'x', { mode: 0o600 });
  writeFileSync(at('p'), 'x', { mode: 0o755 });
  symlinkSync('f', at('l'));
});
afterAll(async () => {
  await host.close();
  rmSync(parent, { recursive: true });
});

it.each<[string, boolean, () => void]>([
  ['other content of the same length', true, () => writeFileSync(at('f'), 'y')],
  ['one file more', true, () => writeFileSync(join(at('d'), 'f'), '')],
  ['one file less', true, () => rmSync(at('f'))],
  ['another target of a link', true, () => relink(() => symlinkSync('p', at('l')))],
  ['a file in place of a link', true, () => relink(() => writeFileSync(at('l'), 'x'))],
  ["the owner's execute bit", true, () => chmodSync(at('f'), 0o700)],
  ['a file that all may write', false, () => chmodSync(at('f'), 0o666)],
  ['a program that its owner alone may run', false, () => chmodSync(at('p'), 0o700)],
  ['a folder that all may write', false, () => chmodSync(at('d'), 0o777)],
  ['an empty folder', false, () => mkdirSync(join(at('d'), 'empty'))],
  ['another time', false, () => utimesSync(at('f'), 1, 1)],
])('%s: seen is %s', async (_, isSeen, change) => {
  const before = await observeTree(host, tree, signal);
  change();
  const after = await observeTree(host, tree, signal);
  expect(after.digest !== before.digest).toBe(isSeen);
});
