// A copy of the checkout in which bugs are planted: nothing is ever changed in the checkout itself.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';

export interface Scratch extends Disposable {
  readonly directory: string;
  /** What its tests are run with: a test that is ended leaves its files in here, and they go with the rest. */
  readonly env: NodeJS.ProcessEnv;
  read(file: string): string;
  write(file: string, text: string): void;
}

const leftOut = new Set(['node_modules', '.git', '.interlock', '.stryker-tmp', 'coverage', 'secrets']);

/** What `npm test` has, but for what takes seconds to set up: a test that needs a database's template is none for a mutant. */
const configuration = (tests: readonly string[]) => `import { defineConfig } from 'vitest/config';
export default defineConfig({
  cacheDir: '.vite',
  test: { include: ${JSON.stringify(tests)}, setupFiles: ['one-seed.ts'], testTimeout: 60_000, hookTimeout: 60_000, maxWorkers: 1, watch: false },
});
`;

/** Properties go the same way every time, so that no mutant is noticed by chance, or by what they find without it. */
const oneSeed = `import fc from 'fast-check';
fc.configureGlobal({ seed: 10 });
`;

/** Copies the tree at `root`, without what is installed: that is linked. `tests` are globs of what there is to run. */
export function openScratch(root: string, tests: readonly string[] = ['test/**/*.test.ts']): Scratch {
  const directory = mkdtempSync(join(tmpdir(), 'interlock-mutants-'));
  cpSync(root, directory, { recursive: true, filter: (from) => !leftOut.has(basename(from)) });
  symlinkSync(resolve(root, 'node_modules'), join(directory, 'node_modules'));
  writeFileSync(join(directory, 'vitest.config.ts'), configuration(tests));
  writeFileSync(join(directory, 'one-seed.ts'), oneSeed);
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  return {
    directory,
    env: { ...process.env, TMPDIR: temporary },
    read: (file) => readFileSync(join(directory, file), 'utf8'),
    write: (file, text) => writeFileSync(join(directory, file), text),
    [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }),
  };
}
