// `npm test`: type check, lint, unit and integration tests. Ends with the plain line "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { everyPackage, installMissing } from '../src/demo/debian-packages.ts';

const directory = mkdtempSync(join(tmpdir(), 'interlock-test-'));
const outputFile = join(directory, 'results.json');
const say = (line: string) => console.log(`interlock: ${line}`);
const tests = process.argv.slice(2);
let passed = 0;
let failed = 0;

try {
  installMissing(everyPackage, 'the test suite', say);
  for (const [name, ...command] of [
    ['type check', 'node_modules/typescript/bin/tsc', '--noEmit'],
    ['lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ] as const) {
    say(name);
    count(run(command));
  }
  say('tests');
  const exit = run([
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${outputFile}`,
    ...tests,
  ]);
  const results = readResults();
  passed += results.numPassedTests;
  // A file that could not be loaded, or an error outside of any test, is a failure too.
  const outside = exit === 0 ? 0 : Math.max(1 - results.numFailedTests, 0);
  failed += results.numFailedTests + outside;
} catch (error) {
  console.error(`interlock: ${error instanceof Error ? error.message : String(error)}`);
  failed += 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 2 ? 0 : 1;

function run(args: readonly string[]): number {
  return spawnSync(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status ?? 1;
}

function count(exitCode: number): void {
  if (exitCode === 0) passed += 1;
  else failed += 1;
}

function readResults(): { numPassedTests: number; numFailedTests: number } {
  try {
    return z
      .object({ numPassedTests: z.int(), numFailedTests: z.int() })
      .parse(JSON.parse(readFileSync(outputFile, 'utf8')));
  } catch {
    return { numPassedTests: 0, numFailedTests: 0 };
  }
}
