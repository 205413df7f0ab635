// `npm run chaos`: random courses of faults over promote and rollback, and twenty times as many of a whole run. SEQUENCES (500)
// says how many, SEED repeats a run of it.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';

const sequences = Number(process.env['SEQUENCES'] ?? '500');
const seed = process.env['SEED'] ?? String(randomInt(2 ** 31));

/** Plays the courses of one test; returns its exit code. */
function play(test: string, courses: number): number {
  console.log(`interlock: ${courses} courses of ${test} with the seed ${seed}`);
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', test], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, SEQUENCES: String(courses), SEED: seed },
  });
  return status ?? 1;
}

const failed = [
  play('test/run/what-is-live.test.ts', sequences),
  play('test/model/courses.test.ts', sequences * 20),
].some((status) => status !== 0);
console.log(
  `interlock: ${failed ? 'a course failed' : 'all as they must be'}; repeat with SEED=${seed} SEQUENCES=${sequences} npm run chaos`,
);
process.exitCode = failed ? 1 : 0;
