import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitParagraph } from '../../src/cut/split-paragraph.ts';

test('a paragraph within the limit stays whole, line ends included', () => {
  assert.deepEqual(splitParagraph('One.\nTwo.', 9), ['One.\nTwo.']);
});

test('a longer one is split at sentence ends, as full as the limit allows', () => {
  assert.deepEqual(splitParagraph('One. Two. Three. Four.', 10), ['One. Two.', 'Three.', 'Four.']);
});

test('a sentence longer than the limit stays whole', () => {
  assert.deepEqual(splitParagraph('A sentence without an early end. B.', 10), [
    'A sentence without an early end.',
    'B.',
  ]);
});

test('a closing quotation mark stays with its sentence', () => {
  assert.deepEqual(splitParagraph('He said “no.” She left.', 14), ['He said “no.”', 'She left.']);
});

test('a point inside a number ends nothing', () => {
  assert.deepEqual(splitParagraph('It costs 3.50 a day. Pay.', 20), ['It costs 3.50 a day.', 'Pay.']);
});

test('no word is lost and none is added', () => {
  const text = Array.from(
    { length: 60 },
    (_, index) => `Sentence ${index} goes here${'.!?'[index % 3]}`,
  ).join(' ');
  for (let limit = 10; limit <= 200; limit += 19) {
    assert.equal(splitParagraph(text, limit).join(' '), text, `limit ${limit}`);
  }
});
