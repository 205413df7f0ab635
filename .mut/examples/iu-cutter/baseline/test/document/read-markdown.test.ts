import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readMarkdown } from '../../src/document/read-markdown.ts';

/** Text, and what is to be read from it: kind, level (if any) and text of each block. */
type Case = readonly [string, readonly string[]];

function assertReads(cases: readonly Case[]): void {
  for (const [text, expected] of cases) {
    const outline = readMarkdown(text).map((block) => `${block.kind}${block.level || ''} ${block.text}`);
    assert.deepEqual(outline, expected, JSON.stringify(text));
  }
}

test('Markdown: headings have six levels, written with hashes or underlined', () => {
  assertReads([
    ['# a\n###### b\n####### c\n', ['heading1 a', 'heading6 b', 'paragraph ####### c']],
    ['## a b ##\n', ['heading2 a b']],
    ['#a\n', ['paragraph #a']],
    ['a\n===\nb\n---\n', ['heading1 a', 'heading2 b']],
  ]);
});

test('Markdown: lines that follow each other are one paragraph, up to a blank line or another block', () => {
  assertReads([
    ['a\nb\n\nc\n', ['paragraph a\nb', 'paragraph c']],
    ['a\n# b\n', ['paragraph a', 'heading1 b']],
    ['a\n\n* * *\n\nb\n', ['paragraph a', 'paragraph b']],
  ]);
});

test('Markdown: each item of a list is a block, whatever its sign', () => {
  assertReads([
    ['- a\n- b\n', ['item - a', 'item - b']],
    ['1. a\n2) b\n', ['item 1. a', 'item 2) b']],
  ]);
});

test('Markdown: an item holds its nested items, indented parts and lazy lines', () => {
  assertReads([
    ['- a\n  - b\n- c\n', ['item - a\n  - b', 'item - c']],
    ['- a\n\n  b\n\nc\n', ['item - a\n\n  b', 'paragraph c']],
    ['- a\nb\n', ['item - a\nb']],
  ]);
});

test('Markdown: a fence holds what looks like other blocks, and closes with its own kind', () => {
  assertReads([
    ['```\n# a\n- b\n```\n', ['code ```\n# a\n- b\n```']],
    ['~~~\n```\n~~~\na\n', ['code ~~~\n```\n~~~', 'paragraph a']],
    ['```ts\na\n```\nb\n', ['code ```ts\na\n```', 'paragraph b']],
  ]);
});

test('Markdown: an open fence reaches to the end of the document', () => {
  assertReads([['```\na\n\n# b', ['code ```\na\n\n# b']]]);
});

test('Markdown: a quotation loses its marks', () => {
  assertReads([['> a\n>b\nc\n', ['quote a\nb', 'paragraph c']]]);
});

test('Markdown: a table needs its delimiter row', () => {
  assertReads([
    ['a | b\n--- | ---\n1 | 2\n', ['table a | b\n--- | ---\n1 | 2']],
    ['a | b\n\nc\n', ['paragraph a | b', 'paragraph c']],
  ]);
});

test('Markdown: front matter is left out, an unclosed one is not front matter', () => {
  assertReads([
    ['---\ntitle: a\n---\nb\n', ['paragraph b']],
    ['---\na\n', ['paragraph a']],
  ]);
});

test('Markdown: a document without text has no blocks', () => {
  assertReads([
    ['', []],
    ['\n\n---\n', []],
  ]);
});

test('Markdown: a block knows its lines', () => {
  const lines = readMarkdown('# a\n\nb\nc\n\n- d\n').map((block) => block.lines);
  assert.deepEqual(lines, [
    [1, 1],
    [3, 4],
    [6, 6],
  ]);
});
