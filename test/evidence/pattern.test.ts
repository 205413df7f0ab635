import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { findPattern, groupsOf, matchesPattern, patternFault } from '../../src/evidence/pattern.ts';

const lines = { lines: true };
/** ms; on a machine that is busy with other tests. RegExp needs minutes for each of the searches below. */
const soon = 15_000;

describe('a pattern', () => {
  test.each([
    ['^version: (.+)$', 'a\nversion: 1.4.2\nb'],
    ['^version: (.+)$', 'a\r\nversion: 1.4.2\r\nb'],
    [
      'EXECUTION_ENABLED\\s*(?::\\s*boolean\\s*)?=\\s*(true|false)',
      'export const EXECUTION_ENABLED: boolean = false;',
    ],
    ['(?<word>\\w+)-(\\d+)?', 'x one- two'],
    ['(a)|(b)', 'b'],
    ['\\u00e9|\\u{1F600}', 'caf\u00e9'],
    ['[^]b', '\nb'],
    ['\\p{Lu}\\p{Ll}+', 'the Name'],
    ['a\\r\\nb', 'a\r\nb'],
    ['^\\s*$', 'a\n\nb'],
    ['nothing', 'some'],
  ])('%j finds in %j what RegExp finds', (source, text) => {
    const found = findPattern(source, text, lines);
    expect(found).toEqual(new RegExp(source, 'mu').exec(text)?.map((group) => group ?? null) ?? null);
    expect(patternFault(source)).toBeNull();
  });

  it('without lines has its ends at those of the text', () => {
    expect(matchesPattern('^b', 'a\nb', { lines: false })).toBe(false);
    expect(matchesPattern('^b', 'a\nb', lines)).toBe(true);
    expect(groupsOf('(a)(?:b)(?<c>c)')).toBe(2);
  });

  it('finds what RegExp finds in any text of letters and line ends', () => {
    const words = fc.array(fc.constantFrom('a', 'b', '\n', '\r\n', ' ', 'é', '1'), { maxLength: 40 });
    fc.assert(
      fc.property(
        words,
        fc.constantFrom('^a+$', '(a|b)*1', 'a.b', '\\ba', '^(\\w+)\\s+(\\w+)$'),
        (all, source) => {
          const text = all.join('');
          const normal = text.replaceAll('\r\n', '\n');
          expect(findPattern(source, text, lines)).toEqual(
            new RegExp(source, 'mu').exec(normal)?.map((group) => group ?? null) ?? null,
          );
        },
      ),
    );
  });

  test.each([
    ['(?=a)b', 'look-around'],
    ['(?!a)b', 'look-around'],
    ['(?<=a)b', 'look-around'],
    ['(?<!a)b', 'look-around'],
    ['(a)\\1', 'back references'],
    ['(?<n>a)\\k<n>', 'back references'],
    ['\\p{Script=Greek}', '\\\\p'],
    ['a{1001}', '1000'],
    ['(?:a?){600}', 'instructions'],
    ['(', 'regular expression'],
    ['a'.repeat(1_001), 'characters'],
  ])('%j is refused, with the reason and what to do', (source, reason) => {
    const fault = patternFault(source);
    expect(fault).toMatch(/^expected a regular expression.*got ".*; write it without that$/);
    expect(fault).toMatch(new RegExp(reason));
    expect(() => findPattern(source, 'a', lines)).toThrow(expect.objectContaining({ code: 'bad-pattern' }));
  });

  it('takes an escaped backslash before a k for what it is', () => {
    expect(findPattern('a\\\\k', 'a\\k', lines)).toEqual(['a\\k']);
  });
});

describe('a search ends', () => {
  const size = 500_000;
  test.each([
    ['^\\s*version: (.+)$', '\n'.repeat(size)],
    ['^\\s*version: (.+)$', ' \n\t'.repeat(size / 3)],
    ['(a+)+$', `${'a'.repeat(size)}!`],
    ['^(\\w+\\s?)*$', `${'word '.repeat(size / 5)}!`],
    ['(.*)(.*)(.*)x$', 'y'.repeat(size)],
    ['(x+x+)+y', 'x'.repeat(size)],
  ])('%j over a text made against it', (source, text) => {
    const start = performance.now();
    findPattern(source, text, lines);
    expect(performance.now() - start).toBeLessThan(soon);
  });

  it('for the largest pattern there can be, over the longest text that it may look at', () => {
    const source = '([a-z0-9 ]{0,200})([a-z ]{0,200})(q|z)';
    expect(patternFault(source)).toBeNull();
    const start = performance.now();
    expect(findPattern(source, 'a'.repeat(40_000), lines)).toBeNull();
    expect(performance.now() - start).toBeLessThan(soon);
    expect(() => findPattern(source, 'a'.repeat(50_000), lines)).toThrow(
      expect.objectContaining({ code: 'text-too-long' }),
    );
  });

  it('for one of many groups, each of which is carried along, over the longest text that it may look at', () => {
    const source = `^(?:${'(a?)'.repeat(200)})*$`;
    let longest = 0;
    try {
      findPattern(source, 'a'.repeat(100_000), lines);
    } catch (error) {
      longest = Number(/at most (\d+) characters/.exec(String(error))?.[1]);
    }
    expect(longest).toBeGreaterThan(1_000);
    const start = performance.now();
    expect(findPattern(source, 'a'.repeat(longest), lines)).not.toBeNull();
    expect(performance.now() - start).toBeLessThan(soon);
  });

  it('at once where the text is longer than that', () => {
    expect(() => findPattern('^\\s*version: (.+)$', '\n'.repeat(16_000_000), lines)).toThrow(
      expect.objectContaining({
        code: 'text-too-long',
        message: expect.stringContaining('shorten the pattern'),
      }),
    );
  });
});
