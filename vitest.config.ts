import { defineConfig } from 'vitest/config';
import { pureTests } from './test/fixtures/pure-tests.ts';

/** Folders whose tests start a program at most now and then. */
const quick = [
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
/** Their files share a process, which loads the product once. */
const shared = [...quick, ...pureTests(import.meta.dirname)];

export default defineConfig({
  test: {
    globalSetup: 'test/fixtures/database-templates.ts',
    // Tests wait for events; these are for one that never comes, on a machine that is slow or shared.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 3,
    projects: [
      { extends: true, test: { name: 'pure', include: shared, isolate: false } },
      // A process for each file: a large one, with all that earlier files left in it, starts programs slowly.
      { extends: true, test: { name: 'real', include: ['test/**/*.test.ts'], exclude: shared } },
    ],
  },
});
