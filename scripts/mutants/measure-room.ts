// Measures one room with StrykerJS, in a copy of the tree: in the checkout nothing is changed but what it remembers of the last time.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { filesOf, type Room, testsOf } from './rooms.ts';
import { openScratch } from './scratch.ts';

export interface Measured {
  readonly room: Room;
  /** Percent of the mutants that a test noticed, of those that can be told; null when none was tried. */
  readonly score: number | null;
  readonly noticed: number;
  readonly survived: number;
  /** Whether StrykerJS came to its end. */
  readonly ended: boolean;
}

const reportSchema = z.object({
  files: z.record(z.string(), z.object({ mutants: z.array(z.object({ status: z.string() })) })),
});

export interface MeasureOptions {
  readonly concurrency: number;
  /** Only these files of the room; all without it. */
  readonly only?: ReadonlySet<string> | undefined;
  readonly minutes: number;
}

/** Null when nothing of the room is to be mutated. */
export function measureRoom(root: string, room: Room, options: MeasureOptions): Measured | null {
  const files = filesOf(room, root).filter((file) => options.only?.has(file) ?? true);
  if (files.length === 0) return null;
  using scratch = openScratch(root, testsOf(room, root));
  // Not committed: what was measured before is not measured again while neither it nor its tests have changed.
  const memory = join(root, '.interlock', 'mutants');
  mkdirSync(memory, { recursive: true });
  const report = join(scratch.directory, 'mutation.json');
  scratch.write(
    'stryker.config.json',
    JSON.stringify({
      ...{ testRunner: 'vitest', plugins: ['@stryker-mutator/vitest-runner'], mutate: files, inPlace: true },
      ...{
        concurrency: options.concurrency,
        coverageAnalysis: 'perTest',
        vitest: { related: false, pool: 'threads' },
      },
      // What is made once when a file is loaded would need a new process each: the list has those that matter.
      ignoreStatic: true,
      // Sentences for people; no test looks at their words.
      mutator: { excludedMutations: ['StringLiteral'] },
      ...{ incremental: true, incrementalFile: join(memory, `${room.name}.json`) },
      ...{ reporters: ['progress-append-only', 'clear-text', 'json'], jsonReporter: { fileName: report } },
      clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
      ...{ thresholds: { high: 100, low: room.threshold, break: null }, disableTypeChecks: false },
      ...{ checkers: [], allowConsoleColors: false, timeoutMS: 15_000, dryRunTimeoutMinutes: 10 },
    }),
  );
  const stryker = join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
  const { status } = spawnSync(process.execPath, [stryker, 'run', 'stryker.config.json'], {
    cwd: scratch.directory,
    stdio: ['ignore', 'inherit', 'inherit'],
    // Tests that go through a table of half a million rows take every so manieth.
    env: { ...scratch.env, SAMPLE: '41' },
    timeout: options.minutes * 60_000,
  });
  return { room, ...countMutants(report), ended: status === 0 };
}

/** As StrykerJS counts: what its tests ran into the ground over counts as noticed, what no test reaches as survived. */
function countMutants(report: string): Pick<Measured, 'score' | 'noticed' | 'survived'> {
  const read = reportSchema.safeParse(readJson(report));
  const statuses = read.success
    ? Object.values(read.data.files).flatMap(({ mutants }) => mutants.map(({ status }) => status))
    : [];
  const count = (...of: readonly string[]) => statuses.filter((status) => of.includes(status)).length;
  const [noticed, survived] = [count('Killed', 'Timeout'), count('Survived', 'NoCoverage')];
  const all = noticed + survived;
  return { noticed, survived, score: all === 0 ? null : (100 * noticed) / all };
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}

/** Whether its tests notice as much as they must. */
export function holds({ room, score, ended }: Measured): boolean {
  return ended && (score === null || score >= room.threshold);
}
