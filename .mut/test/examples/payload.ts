import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { z } from 'zod';
import { treeAsOf } from '../../examples/world/build-ssot.ts';
import { changeSetTree } from '../../examples/world/build-staging.ts';
import { type ChangeSetName, predecessorsOf } from '../../examples/world/lineage.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import { type Tree, treeOf, writeTree } from '../../examples/world/tree.ts';

/** A folder of the test's own, gone after it. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'interlock-world-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** The tree that a run of the scenario promotes. */
export async function promotedTree(
  scenario: Scenario = 'pass',
  changeSet: ChangeSetName = 'o8b',
): Promise<Tree> {
  const before = await treeAsOf(predecessorsOf(changeSet));
  return treeOf(new Map([...before, ...(await changeSetTree(scenario, changeSet))]));
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

/** Runs the payload's unit tests. In one process they take a third of the time. */
export async function runSuite(
  tree: string,
  suite: keyof typeof PATTERNS,
  isolation: 'process' | 'none' = 'none',
): Promise<SuiteResult> {
  return runTap(tree, ['--test', `--test-isolation=${isolation}`, '--test-reporter=tap', PATTERNS[suite]]);
}

/** Runs a suite that reports as TAP, and reads the sums at the end. */
export async function runTap(tree: string, args: readonly string[]): Promise<SuiteResult> {
  const { stdout } = await runNode(tree, args);
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

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

/**
 * Type-checks a tree under its own settings, and that a connected `pg.Client` is what its adapter takes.
 * @param connection module that exports `PgConnection`, as seen from `test/`
 */
export async function typeCheck(tree: string, connection: string): Promise<{ code: number; stdout: string }> {
  await writeFile(
    join(tree, 'test', 'pg-client-fits.ts'),
    `import type { Client } from 'pg';\nimport type { PgConnection } from '${connection}';\n` +
      'export const fits = (client: Client): PgConnection => client;\n',
  );
  const settings = {
    extends: './tsconfig.json',
    compilerOptions: {
      typeRoots: [join(modules, '@types')],
      paths: { pg: [join(modules, '@types/pg/index.d.ts')] },
    },
  };
  await writeFile(join(tree, 'tsconfig.test.json'), JSON.stringify(settings));
  return runNode(tree, [join(modules, 'typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.test.json']);
}

/** Runs this Node in a folder; resolves whatever the exit code is. */
export async function runNode(
  cwd: string,
  args: readonly string[],
): Promise<{ code: number; stdout: string }> {
  // A test runner that finds itself inside another one changes its output, and a server that a developer has named is not ours.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, IU_CUTTER_TEST_DSN: ___, ...env } = process.env;
  return new Promise((settle, reject) => {
    execFile(process.execPath, [...args], { cwd, env }, (error, stdout) => {
      const code = error === null ? 0 : error.code;
      if (typeof code === 'number') settle({ code, stdout });
      else reject(error);
    });
  });
}
