import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { baselineTree } from '../../examples/world/build-ssot.ts';
import { changeSetTree } from '../../examples/world/build-staging.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import { type Tree, treeOf, writeTree } from '../../examples/world/tree.ts';

/** A folder of the test's own, gone after it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'interlock-world-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The tree that a run of the scenario promotes. */
export async function promotedTree(scenario: Scenario = 'pass'): Promise<Tree> {
  return treeOf([...(await baselineTree()), ...(await changeSetTree(scenario))]);
}

export async function layOut(tree: Tree): Promise<string> {
  const folder = join(await temporaryFolder(), 'tree');
  await writeTree(folder, tree);
  return folder;
}

export interface SuiteResult {
  readonly tests: number;
  readonly passed: number;
  readonly failed: number;
}

const PATTERNS = { full: 'test/**/*.test.ts', targeted: 'test/live/*.test.ts' };

/** Runs the payload's unit tests, and reads the sums at the end of the TAP stream. In one process they take a third of the time. */
export async function runSuite(
  tree: string,
  suite: keyof typeof PATTERNS,
  isolation: 'process' | 'none' = 'none',
): Promise<SuiteResult> {
  const { stdout } = await runNode(tree, [
    '--test',
    `--test-isolation=${isolation}`,
    '--test-reporter=tap',
    PATTERNS[suite],
  ]);
  const sum = (name: string) => Number(new RegExp(`^# ${name} (\\d+)$`, 'm').exec(stdout)?.[1]);
  return { tests: sum('tests'), passed: sum('pass'), failed: sum('fail') };
}

const ProofOutput = z.object({
  proofs: z.array(z.object({ id: z.string(), claim: z.string(), holds: z.boolean(), detail: z.string() })),
});

/** Runs the proofs of a tree where it lies. */
export async function runProofs(tree: string) {
  const { code, stdout } = await runNode(tree, ['src/proofs/main.ts', '--json']);
  return { code, ...ProofOutput.parse(JSON.parse(stdout)) };
}

/** Runs this Node in a folder; resolves whatever the exit code is. */
export async function runNode(
  cwd: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string }> {
  // A test runner that finds itself inside another one changes its output.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  return new Promise((settle, reject) => {
    execFile(process.execPath, [...args], { cwd, env }, (error, stdout) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') settle({ code, stdout });
      else reject(error);
    });
  });
}
