import { defineConfig } from 'vitest/config';

/** Tests that start no server: their files share a process, which loads the product once. */
const pure = [
  'approval',
  'attestation',
  'config',
  'evidence',
  'gaps',
  'gate',
  'layers',
  'operator',
  'totp',
].map((folder) => `test/${folder}/**/*.test.ts`);
const all = 'test/**/*.test.ts';

export default defineConfig({
  test: {
    globalSetup: 'test/fixtures/database-templates.ts',
    // Tests wait for events; these are for one that never comes, on a machine that is slow or shared.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'pure', include: [...pure, 'test/layers.test.ts'], isolate: false } },
      // A process for each file: a large one, with all that earlier files left in it, starts programs slowly.
      { extends: true, test: { name: 'real', include: [all], exclude: [...pure, 'test/layers.test.ts'] } },
    ],
  },
});
