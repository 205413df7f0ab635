// Plants one bug after the other in scratch copies, and asks the tests that must notice it.
import { type Mutant, plant } from './list.ts';
import { runTests } from './run-tests.ts';
import { openScratch, type Scratch } from './scratch.ts';

export type Verdict =
  /** A test failed, or did not come to its end. */
  | 'caught'
  | 'not noticed'
  /** The list must be kept: its text is not once in the file any more, or what stands there after it is no TypeScript. */
  | 'edit no longer fits'
  /** Its tests fail without it, so they say nothing. */
  | 'tests fail without it'
  | 'not tried';

export interface Tried {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  readonly detail: string;
}

export interface Limits {
  readonly jobs: number;
  /** For the tests of one mutant. */
  readonly mutantMs: number;
  /** For all; what has not begun by then is not tried. */
  readonly wholeMs: number;
}

/** In the order of the list. `onTried` hears of each as it ends. */
export async function play(
  root: string,
  mutants: readonly Mutant[],
  limits: Limits,
  onTried: (tried: Tried) => void,
): Promise<Tried[]> {
  const end = Date.now() + limits.wholeMs;
  using scratches = new DisposableStack();
  const first = scratches.use(openScratch(root));
  const unsound = await unsoundTests(first, mutants, limits);
  const tried: Tried[] = [];
  const queue = [...mutants.entries()];
  const work = async (scratch: Scratch) => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const [index, mutant] = next;
      const is = Date.now() < end ? await tryOne(scratch, mutant, unsound, limits) : late(mutant);
      tried[index] = is;
      onTried(is);
    }
  };
  const others = Array.from({ length: Math.min(limits.jobs, mutants.length) - 1 }, () =>
    scratches.use(openScratch(root)),
  );
  await Promise.all([first, ...others].map(work));
  return tried;
}

/** Test files that fail in the tree as it is. */
async function unsoundTests(
  scratch: Scratch,
  mutants: readonly Mutant[],
  { mutantMs }: Limits,
): Promise<ReadonlyMap<string, string>> {
  const files = [...new Set(mutants.flatMap(({ tests }) => tests))];
  if (files.length === 0) return new Map();
  const outcome = await runTests(scratch, files, { timeoutMs: mutantMs * files.length, bail: false });
  if (outcome.kind === 'passed') return new Map();
  if (outcome.kind === 'failed') return new Map(outcome.files.map((file) => [file, outcome.first]));
  return new Map(files.map((file) => [file, outcome.kind === 'broken' ? outcome.why : 'no end in time']));
}

async function tryOne(
  scratch: Scratch,
  mutant: Mutant,
  unsound: ReadonlyMap<string, string>,
  { mutantMs }: Limits,
): Promise<Tried> {
  const fails = mutant.tests.find((file) => unsound.has(file));
  if (fails !== undefined)
    return { mutant, verdict: 'tests fail without it', detail: `${fails}: ${unsound.get(fails)}` };
  const source = scratch.read(mutant.file);
  const planted = plant(mutant, source);
  if (!planted.ok) return { mutant, verdict: 'edit no longer fits', detail: planted.why };
  scratch.write(mutant.file, planted.text);
  try {
    const outcome = await runTests(scratch, mutant.tests, { timeoutMs: mutantMs, bail: true });
    switch (outcome.kind) {
      case 'passed':
        return { mutant, verdict: 'not noticed', detail: mutant.tests.join(', ') };
      case 'failed':
        return { mutant, verdict: 'caught', detail: outcome.first };
      case 'timeout':
        return { mutant, verdict: 'caught', detail: 'its tests did not come to an end in time' };
      case 'broken':
        return { mutant, verdict: 'not tried', detail: outcome.why };
    }
  } finally {
    scratch.write(mutant.file, source);
  }
}

function late(mutant: Mutant): Tried {
  return { mutant, verdict: 'not tried', detail: 'the time for all was over' };
}
