import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GENESIS, type LedgerEvent, sealEvent } from '../../src/ledger/event.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';

const AT = '2025-01-02T03:04:05.678Z';

function chain(values: readonly LedgerEvent['data'][]): {
  lines: string[];
  head: { seq: number; hash: string };
} {
  const lines: string[] = [];
  let prev = GENESIS;
  for (const [index, data] of values.entries()) {
    const { event, line } = sealEvent({ stream: 'run/1', seq: index + 1, at: AT, type: 'note', data, prev });
    lines.push(line);
    prev = event.hash;
  }
  return { lines, head: { seq: values.length, hash: prev } };
}

const asText = (lines: readonly string[]) => lines.map((line) => `${line}\n`).join('');
const { lines, head } = chain(['a', 'b', 'c', 'd']);
const [a = '', b = '', c = '', d = ''] = lines;

describe('verifyLines', () => {
  it('accepts a stream as it was hashed', () => {
    expect(verifyLines(asText(lines), { expectedHead: head })).toMatchObject({
      ok: true,
      stream: 'run/1',
      head,
    });
  });

  it.each([
    { fault: 'nothing', text: '', line: 1, code: 'no-events' },
    { fault: 'an edit', text: asText([a, b.replace('"b"', '"B"'), c, d]), line: 2, code: 'wrong-hash' },
    { fault: 'a deletion', text: asText([a, c, d]), line: 2, code: 'wrong-seq' },
    { fault: 'a missing first line', text: asText([b, c, d]), line: 1, code: 'wrong-seq' },
    { fault: 'a repeated line', text: asText([a, b, b, c, d]), line: 3, code: 'wrong-seq' },
    { fault: 'a reordering', text: asText([a, c, b, d]), line: 2, code: 'wrong-seq' },
    {
      fault: 'another spelling',
      text: asText([a, b.replace('{', '{ '), c, d]),
      line: 2,
      code: 'not-canonical',
    },
    {
      fault: 'a repeated member',
      text: asText([a.replace('{', '{"at":"x",'), b]),
      line: 1,
      code: 'not-canonical',
    },
    {
      fault: 'a lone surrogate',
      text: asText([a.replace('"a"', '"\\ud800"')]),
      line: 1,
      code: 'not-canonical',
    },
    { fault: 'a blank line', text: asText([a, '', b]), line: 2, code: 'not-json' },
    { fault: 'another shape', text: asText([a, '{"seq":2}']), line: 2, code: 'wrong-shape' },
    { fault: 'a cut last line', text: asText(lines).slice(0, -9), line: 4, code: 'cut-line' },
  ])('finds $fault', ({ text, line, code }) => {
    expect(verifyLines(text)).toMatchObject({ ok: false, line, code });
  });

  it('finds an inserted event whose own hash is right', () => {
    const forged = sealEvent({
      stream: 'run/1',
      seq: 2,
      at: AT,
      type: 'note',
      data: 'forged',
      prev: lineHash(a),
    });
    expect(verifyLines(asText([a, forged.line, c, d]))).toMatchObject({ line: 3, code: 'broken-link' });
  });

  it('finds a line of another stream', () => {
    const foreign = sealEvent({
      stream: 'run/2',
      seq: 2,
      at: AT,
      type: 'note',
      data: 'b',
      prev: lineHash(a),
    });
    expect(verifyLines(asText([a, foreign.line]))).toMatchObject({ line: 2, code: 'wrong-stream' });
  });

  it('finds truncation, growth and a rewritten chain by the expected head alone', () => {
    expect(verifyLines(asText([a, b, c]))).toMatchObject({ ok: true });
    expect(verifyLines(asText([a, b, c]), { expectedHead: head })).toMatchObject({
      line: 4,
      code: 'truncated',
    });
    expect(verifyLines(asText(lines), { expectedHead: { seq: 3, hash: lineHash(c) } })).toMatchObject({
      line: 4,
      code: 'beyond-head',
    });
    const rewritten = chain(['a', 'X', 'c', 'd']);
    expect(verifyLines(asText(rewritten.lines), { expectedHead: head })).toMatchObject({
      line: 4,
      code: 'other-head',
    });
  });

  it('accepts any JSON data and notices any changed byte of it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.jsonValue(), { minLength: 1, maxLength: 4 }),
        fc.nat(),
        fc.integer({ min: 32, max: 126 }),
        (values, at, code) => {
          const text = asText(chain(values.map((value) => JSON.parse(JSON.stringify(value)))).lines);
          expect(verifyLines(text)).toMatchObject({ ok: true });
          const place = at % text.length;
          const changed = text.slice(0, place) + String.fromCharCode(code) + text.slice(place + 1);
          if (changed !== text) expect(verifyLines(changed).ok).toBe(false);
        },
      ),
    );
  });
});

function lineHash(line: string): string {
  return /"hash":"(sha256:[0-9a-f]+)"/.exec(line)?.[1] ?? '';
}
