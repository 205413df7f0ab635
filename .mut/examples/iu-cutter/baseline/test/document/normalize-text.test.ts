import assert from 'node:assert/strict';
import { test } from 'node:test';
import { normalizeText } from '../../src/document/normalize-text.ts';

const SAME: readonly [string, string][] = [
  ['line ends of Windows', 'a\r\nb\r\n'],
  ['line ends of old Macs', 'a\rb\r'],
  ['a byte order mark', '\uFEFFa\nb\n'],
  ['blanks at a line’s end', 'a  \nb\t\n'],
  ['no newline at the end', 'a\nb'],
  ['blank lines around the text', '\n\na\nb\n\n\n'],
];

test('what an editor or a system leaves behind makes no other document', () => {
  for (const [what, raw] of SAME) assert.equal(normalizeText(raw), 'a\nb\n', what);
});

test('composed and decomposed letters are the same text', () => {
  assert.equal(normalizeText('Die\u0302\u0300u'), normalizeText('Điều'.replace('Đ', 'D')));
});

test('an empty document stays empty', () => {
  assert.equal(normalizeText(' \n\t\n'), '');
});

test('normalising twice changes nothing more', () => {
  const once = normalizeText('\uFEFF a \r\n\r\n b\u0301\r');
  assert.equal(normalizeText(once), once);
});

test('blanks inside and before a line stay', () => {
  assert.equal(normalizeText('a  b\n    c\n'), 'a  b\n    c\n');
});
