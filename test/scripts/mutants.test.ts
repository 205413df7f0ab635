// The list of planted bugs is kept: every edit still fits its file exactly once and leaves TypeScript, every test that must notice
// it is there, and no two are the same.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { concerning } from '../../scripts/mutants/changed.ts';
import { type Mutant, plant, readArea, readMutants } from '../../scripts/mutants/list.ts';
import { filesOf, rooms, testsOf } from '../../scripts/mutants/rooms.ts';
import { allCaught, tableOf } from '../../scripts/mutants/table.ts';

const mutants = readMutants('.');

describe('the list of mutants', () => {
  it('fits: each edit once in its file', () => {
    const sources = new Map(mutants.map(({ file }) => [file, readFileSync(file, 'utf8')]));
    const faults = mutants.flatMap((mutant) => {
      const planted = plant(mutant, sources.get(mutant.file) ?? '');
      return planted.ok ? [] : [`${mutant.area}: ${mutant.file}: ${mutant.breaks}: ${planted.why}`];
    });
    expect(faults).toEqual([]);
    expect(mutants.length).toBeGreaterThan(100);
  });

  it('names tests that are there, and no bug twice', () => {
    const tests = [...new Set(mutants.flatMap(({ tests }) => tests))];
    expect(tests.filter((file) => !existsSync(file))).toEqual([]);
    const names = mutants.map(({ file, breaks }) => `${file}: ${breaks}`);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
    const edits = mutants.map(({ file, find, replace }) => `${file}\n${find}\n${replace}`);
    expect(edits.filter((edit, at) => edits.indexOf(edit) !== at)).toEqual([]);
  });
});

const one: Mutant = {
  ...{ area: 'run', file: 'src/run/a.ts', breaks: 'it', find: 'a === b', replace: 'a !== b' },
  tests: ['test/run/a.test.ts'],
};

describe('an edit', () => {
  it('is planted where its text stands once', () => {
    expect(plant(one, 'if (a === b) b = 1;')).toEqual({ ok: true, text: 'if (a !== b) b = 1;' });
    const odd = { find: 'x', replace: "'$&$1'" };
    expect(plant(odd, 'const y = x;')).toEqual({ ok: true, text: "const y = '$&$1';" });
  });

  it.each([
    ['is gone', one, 'if (a == b) b = 1;', 'got it 0 times'],
    ['stands twice', one, 'a === b || a === b', 'got it 2 times'],
    ['changes nothing', { find: 'a', replace: 'a' }, 'a;', 'got the same text'],
    ['leaves no TypeScript', { find: '{', replace: '' }, 'if (a) { return }', 'expected TypeScript'],
  ])('no longer fits where it %s', (_, edit, source, why) => {
    expect(plant(edit, source)).toEqual({ ok: false, why: expect.stringContaining(why) });
  });

  it('has the tests of its area unless it names its own', () => {
    const text = [
      'tests: [test/a.test.ts]',
      'mutants:',
      '  - { file: src/a.ts, breaks: one, find: x, replace: y }',
      '  - { file: src/a.ts, breaks: two, find: x, replace: "", tests: [test/b.test.ts] }',
    ].join('\n');
    expect(readArea('a', text).map(({ tests }) => tests)).toEqual([['test/a.test.ts'], ['test/b.test.ts']]);
    expect(() => readArea('a', text.replace('tests: [test/a.test.ts]\n', ''))).toThrow(/tests/);
    expect(() => readArea('a', text.replace('src/a.ts', '../a.ts'))).toThrow(/file/);
  });

  it('is one of what changed by its file, its tests or its list', () => {
    const by = (...files: string[]) => concerning([one], new Set(files)).length;
    expect([
      by('src/run/a.ts'),
      by('test/run/a.test.ts'),
      by('test/mutants/run.yaml'),
      by('src/run/b.ts'),
    ]).toEqual([...[1, 1, 1, 0]]);
  });
});

describe('what came of the mutants', () => {
  const caught = { mutant: one, verdict: 'caught', detail: '' } as const;
  it('is a line an area, and in order only where each was caught', () => {
    const missed = { ...caught, mutant: { ...one, area: 'gate' }, verdict: 'not noticed' } as const;
    const lines = tableOf([caught, caught, missed]).split('\n');
    expect(lines.map((line) => line.split(/ {2,}/).slice(0, 4))).toEqual([
      ['area', 'planted', 'caught', 'not noticed'],
      ['run', '2', '2', '0'],
      ['gate', '1', '0', '1'],
      ['all', '3', '2', '1'],
    ]);
    expect([allCaught([caught]), allCaught([caught, missed])]).toEqual([true, false]);
    for (const verdict of ['edit no longer fits', 'tests fail without it', 'not tried'] as const)
      expect(allCaught([{ ...caught, verdict }])).toBe(false);
  });
});

describe('a room of mutants', () => {
  it.each(rooms)('$name has files and tests, none of them in two rooms', (room) => {
    expect(filesOf(room, '.').length).toBeGreaterThan(1);
    expect(testsOf(room, '.').length).toBeGreaterThan(0);
    const others = rooms.filter((each) => each !== room).flatMap((each) => filesOf(each, '.'));
    expect(filesOf(room, '.').filter((file) => others.includes(file))).toEqual([]);
  });
});
