import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPlain } from '../../src/document/read-plain.ts';

function outline(text: string): string[] {
  return readPlain(text).map((block) => `${block.kind}${block.level || ''} ${JSON.stringify(block.text)}`);
}

test('plain text: blank lines separate paragraphs', () => {
  assert.deepEqual(outline('a\nb\n\n\nc\n'), ['paragraph "a\\nb"', 'paragraph "c"']);
});

test('plain text: an underlined line is a heading of level 1 or 2', () => {
  assert.deepEqual(outline('A\n===\n\nB\n---\n'), ['heading1 "A"', 'heading2 "B"']);
});

test('plain text: a paragraph ends before an underlined line', () => {
  assert.deepEqual(outline('a\nB\n===\nc\n'), ['paragraph "a"', 'heading1 "B"', 'paragraph "c"']);
});

test('plain text: Markdown signs mean nothing', () => {
  assert.deepEqual(outline('# a\n- b\n'), ['paragraph "# a\\n- b"']);
});
