// The list of planted bugs (test/mutants/*.yaml): what each breaks, and the tests that must notice it.
import { readdirSync, readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';

export const listDirectory = 'test/mutants';

const mutantSchema = z.strictObject({
  file: z.string().regex(/^(src|jobs)\/[a-z0-9/-]+\.ts$/),
  breaks: z
    .string()
    .min(1)
    .describe('What is wrong with it, in a few words; no two of an area are the same.'),
  find: z.string().min(1).describe('Text that stands in the file exactly once.'),
  replace: z.string().describe('What stands there instead; empty to take it out.'),
  tests: z.array(z.string().regex(/^test\/[a-z0-9/-]+\.test\.ts$/)).min(1),
});

const areaSchema = z.strictObject({
  tests: mutantSchema.shape.tests.optional().describe('For mutants that name none of their own.'),
  mutants: z.array(mutantSchema.partial({ tests: true })).min(1),
});

export type Mutant = z.infer<typeof mutantSchema> & { readonly area: string };

/** Every mutant under `root`, area by area. Throws a ZodError with the path of what is wrong. */
export function readMutants(root: string): Mutant[] {
  const directory = join(root, listDirectory);
  const files = readdirSync(directory)
    .filter((name) => name.endsWith('.yaml'))
    .sort();
  return files.flatMap((name) =>
    readArea(basename(name, '.yaml'), readFileSync(join(directory, name), 'utf8')),
  );
}

/** The mutants of one area's file. */
export function readArea(area: string, text: string): Mutant[] {
  const { tests, mutants } = areaSchema.parse(parse(text));
  return mutants.map((each) => ({ ...mutantSchema.parse({ ...each, tests: each.tests ?? tests }), area }));
}

export type Planted =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly why: string };

/** The file with the bug in it; or why the edit no longer fits. Pure. */
export function plant({ find, replace }: Pick<Mutant, 'find' | 'replace'>, source: string): Planted {
  const found = source.split(find).length - 1;
  if (found !== 1) return { ok: false, why: `expected its text once in the file, got it ${found} times` };
  if (find === replace) return { ok: false, why: 'expected an edit, got the same text' };
  // By a function: `$&` and the like stand for themselves.
  const text = source.replace(find, () => replace);
  try {
    stripTypeScriptTypes(text);
  } catch (error) {
    return { ok: false, why: `expected TypeScript after the edit, got ${String(error)}` };
  }
  return { ok: true, text };
}
