// Runs test files in a scratch copy, and tells a test that failed from a run that did not come to its end.
import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Scratch } from './scratch.ts';

export type Outcome =
  | { readonly kind: 'passed' }
  /** `first` is the test that failed, or the file that could not be loaded; `files` are all that failed. */
  | { readonly kind: 'failed'; readonly first: string; readonly files: readonly string[] }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'broken'; readonly why: string };

const resultsSchema = z.object({
  numTotalTests: z.int(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(''),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/** `bail` stops at the first test that fails. */
export async function runTests(
  { directory, env }: Pick<Scratch, 'directory' | 'env'>,
  files: readonly string[],
  { timeoutMs, bail }: { readonly timeoutMs: number; readonly bail: boolean },
): Promise<Outcome> {
  const results = join(directory, '.mutant-results.json');
  rmSync(results, { force: true });
  const { exit, output } = await runVitest(
    { cwd: directory, env },
    [...(bail ? ['--bail=1'] : []), ...files],
    results,
    timeoutMs,
  );
  if (exit === 'timeout') return { kind: 'timeout' };
  const read = readResults(results);
  if (!read) return { kind: 'broken', why: output.slice(-1000) };
  if (exit === 0 && read.numTotalTests > 0) return { kind: 'passed' };
  const failed = read.testResults.filter(({ status }) => status === 'failed');
  const [first] = failed;
  if (!first) return { kind: 'broken', why: output.slice(-1000) };
  const test = first.assertionResults.find(({ status }) => status === 'failed')?.fullName;
  return {
    kind: 'failed',
    first: test ?? `${first.name}: ${first.message.split('\n')[0]}`,
    files: failed.map(({ name }) => name.slice(name.lastIndexOf('/test/') + 1)),
  };
}

function readResults(path: string): z.infer<typeof resultsSchema> | null {
  try {
    return resultsSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    return null;
  }
}

function runVitest(
  where: { readonly cwd: string; readonly env: NodeJS.ProcessEnv },
  args: readonly string[],
  results: string,
  timeoutMs: number,
): Promise<{ exit: number | 'timeout'; output: string }> {
  const vitest = [
    ...['node_modules/vitest/vitest.mjs', 'run', '--reporter=json', `--outputFile.json=${results}`],
    ...args,
  ];
  // A group of its own: what a test has started ends with it when its time is over.
  const child = spawn(process.execPath, vitest, {
    ...where,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk)).on('error', () => undefined);
  return new Promise((resolve) => {
    let isLate = false;
    const end = (signal: NodeJS.Signals) => {
      if (child.pid !== undefined)
        try {
          process.kill(-child.pid, signal);
        } catch {
          // It has ended meanwhile.
        }
    };
    const timer = setTimeout(() => {
      isLate = true;
      end('SIGKILL');
    }, timeoutMs);
    const settle = (exit: number) => {
      clearTimeout(timer);
      resolve({ exit: isLate ? 'timeout' : exit, output: Buffer.concat(chunks).toString() });
    };
    child.on('error', () => settle(-1));
    child.on('close', (code) => settle(code ?? -1));
  });
}
