import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentKey, openDocument } from '../../src/document/source-document.ts';

test('a key is lower-case ASCII, whatever the name', () => {
  assert.equal(documentKey('Điều 44 (bản nháp)'), 'dieu-44-ban-nhap');
  assert.equal(documentKey('  Überblick_2 '), 'uberblick-2');
});

test('a name without a letter or digit still gives a key', () => {
  assert.equal(documentKey('———'), 'document');
});

test('the ending decides the format', () => {
  assert.equal(openDocument('a.MD', 'x').format, 'markdown');
  assert.equal(openDocument('a.markdown', 'x').format, 'markdown');
  assert.equal(openDocument('a.txt', 'x').format, 'plain');
  assert.equal(openDocument('README', 'x').format, 'plain');
});

test('the folder of a file is not part of its key', () => {
  assert.equal(openDocument('/x/y/rules.md', '').key, 'rules');
});

test('the digest is that of the normalised text', () => {
  assert.equal(openDocument('a.md', 'x\r\n').digest, openDocument('b.txt', 'x').digest);
  assert.notEqual(openDocument('a.md', 'x').digest, openDocument('a.md', 'y').digest);
});
