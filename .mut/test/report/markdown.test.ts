import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withFrontMatter } from '../../src/report/front-matter.ts';
import { code, codeBlock, duration, prose, table } from '../../src/report/markdown.ts';

const hostile = fc.string({
  unit: fc.constantFrom('a', '|', '\\', '`', '\n', '\r', '<', '[', '*', '-', '\u202e', '\u2028', ' '),
});

describe('Markdown of hostile text', () => {
  it('never breaks out of a table cell', () => {
    fc.assert(
      fc.property(hostile, hostile, (left, right) => {
        const lines = table(['l', 'r'], [[prose(left), code(right)]]).split('\n');
        expect(lines).toHaveLength(3);
        // Count cell borders as GitHub does: a pipe that an odd number of backslashes precedes is none.
        expect(lines[2]?.match(/(?<=(?:^|[^\\])(?:\\\\)*)\|/g)).toHaveLength(3);
      }),
    );
  });

  it('never closes a code block or a code span', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const [fence = '', ...rest] = codeBlock(text).split('\n');
        expect(rest.slice(0, -1).some((line) => line.trim().startsWith(fence))).toBe(false);
        const span = code(text);
        if (span === '' || span.startsWith('<code>')) {
          expect(span.slice(6, -7)).not.toMatch(/[<`|\\]/);
          return;
        }
        const ticks = /^`+/.exec(span)?.[0] ?? '';
        expect(span.slice(ticks.length, -ticks.length).split(/(`+)/).includes(ticks)).toBe(false);
      }),
    );
  });

  it('never breaks the front matter', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), hostile, (title, tag) => {
        const front: unknown = parse(
          withFrontMatter({ id: 'X', title, tags: [tag], run: 'r', date: '2026-01-01' }, 'body')
            .split('\n---\n')[0]
            ?.slice(4) ?? '',
        );
        expect(front).toMatchObject({ revision: 0, run: 'r' });
      }),
      { numRuns: 40 },
    );
  });
});

describe('a duration', () => {
  it.each([
    [350, '350 ms'],
    [12_440, '12.4 s'],
    [185_000, '3 min 5 s'],
    [7_800_000, '2 h 10 min'],
  ])('of %i ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});
