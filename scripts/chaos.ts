// `npm run chaos`: random courses of faults over promote and rollback. SEQUENCES (500) says how many, SEED repeats a run of it.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const sequences = process.env['SEQUENCES'] ?? '500';
const seed = process.env['SEED'] ?? String(randomInt(2 ** 31));
console.log(`interlock: ${sequences} courses with the seed ${seed}`);
const { status } = spawnSync(
  process.execPath,
  ['node_modules/vitest/vitest.mjs', 'run', 'test/run/what-is-live.test.ts'],
  { stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, SEQUENCES: sequences, SEED: seed } },
);
console.log(
  `interlock: ${status === 0 ? 'all as on the disk' : 'a course failed'}; repeat with SEED=${seed} SEQUENCES=${sequences} npm run chaos`,
);
process.exitCode = status ?? 1;
