import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** An empty tree in a folder of its own, so that no test sees what lies beside the tree it is part of. Gone after the test. */
export async function temporaryTree(context: TestContext, name = 'tree'): Promise<string> {
  const parent = await mkdtemp(join(tmpdir(), 'iu-cutter-'));
  context.after(() => rm(parent, { recursive: true, force: true }));
  const tree = join(parent, name);
  await mkdir(tree);
  return tree;
}
