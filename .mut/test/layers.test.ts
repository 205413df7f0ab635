// DESIGN's rules of who may import whom, and of what decisions may touch.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { direction } from './layers/direction.ts';
import { parseModule, readModules } from './layers/modules.ts';
import { mutation } from './layers/mutation.ts';
import { isPure, purity } from './layers/purity.ts';
import type { Rule, Sources } from './layers/rule.ts';
import { shape } from './layers/shape.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tree = readModules(root, ['src', 'jobs', 'commands', 'examples']);
const parse = (sources: Sources) => Object.entries(sources).map(([path, text]) => parseModule(path, text));
const lines = (faults: ReturnType<Rule['faults']>) => faults.map(({ path, what }) => `${path} ${what}`);

it('sees the whole tree, and every import leads to a file of it', () => {
  const paths = new Set(tree.map(({ path }) => path));
  expect(paths.size).toBeGreaterThan(200);
  for (const known of ['src/main.ts', 'jobs/promote.ts', 'commands/deploy.ts'])
    expect(paths).toContain(known);
  const lost = tree.flatMap(({ imports }) =>
    imports
      .filter(({ to }) => to.endsWith('.ts') && !paths.has(to) && !to.startsWith('examples/iu-cutter/'))
      .map(({ from, to }) => `${from} imports ${to}`),
  );
  expect(lost).toEqual([]);
  expect(tree.filter(({ path }) => isPure(path)).length).toBeGreaterThan(40);
});

describe.each([...direction, ...mutation, ...purity, ...shape])(
  '$name',
  ({ faults, exceptions = {}, broken, kept }) => {
    it('holds', () => {
      expect(lines(faults(tree).filter(({ path }) => !(path in exceptions)))).toEqual([]);
    });

    it('has no exception that is not needed', () => {
      const needed = new Set(faults(tree).map(({ path }) => path));
      expect(Object.keys(exceptions).filter((path) => !needed.has(path))).toEqual([]);
    });

    it('fails for sources that break it, and only for them', () => {
      for (const sources of broken)
        expect(lines(faults(parse(sources))), JSON.stringify(sources)).not.toEqual([]);
      expect(lines(faults(parse(kept)))).toEqual([]);
    });
  },
);

describe('the reader of imports', () => {
  it('tells what is loaded from what is only a type', () => {
    const { imports } = parseModule(
      'src/a/b.ts',
      `import type { T } from './t.ts'; import { type U } from './u.ts'; import d, * as all from '../d.ts';
       export type { V } from './v.ts'; export { x as y } from './x.ts'; export * from '@scope/name/deep';
       type W = typeof import('./w.ts').w; const z = await import('./z.ts'); import 'fs/promises';`,
    );
    expect(imports.map(({ to, names, typeOnly, dynamic }) => [to, names.join(), typeOnly, dynamic])).toEqual([
      ['src/a/t.ts', 'T', true, false],
      ['src/a/u.ts', 'U', false, false],
      ['src/d.ts', 'default,*', false, false],
      ['src/a/v.ts', 'V', true, false],
      ['src/a/x.ts', 'x', false, false],
      ['@scope/name', '*', false, false],
      ['src/a/w.ts', '*', true, false],
      ['src/a/z.ts', '*', false, true],
      ['node:fs/promises', '', false, false],
    ]);
  });

  it('refuses an import that only a run could tell', () => {
    expect(() => parseModule('src/a.ts', 'await import(name);')).toThrow(RangeError);
  });

  it('does not take text, comments or other objects for the environment', () => {
    expect(
      parseModule('src/a.ts', 'const s = "process.env"; /* process.env */ settings.env;').ambient.size,
    ).toBe(0);
  });
});
