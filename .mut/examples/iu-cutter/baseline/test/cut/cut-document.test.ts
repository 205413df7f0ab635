import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import { unitId } from '../../src/cut/unit-id.ts';
import { digestText } from '../../src/document/digest-text.ts';
import { openDocument } from '../../src/document/source-document.ts';
import { ownTree } from '../../src/own-tree.ts';

const SAMPLES = ['regulation.md', 'handbook.txt', 'minutes.md'];

async function cutSample(name: string) {
  return cutDocument(openDocument(name, await readFile(join(ownTree(), 'samples', name), 'utf8')));
}

test('the regulation is cut into the units that a reader would cite', async () => {
  const units = await cutSample('regulation.md');
  const expected =
    's1 s1/p1 s1.1 s1.1/i1 s1.1/i2 s1.1/i3 s1.2 s1.2/q1 s2 s2/p1 s2/i1 s2/i2 s2/i3 s2.1 s2.1/t1 s2.2 s2.2/c1 s3 s3/p1';
  assert.equal(units.map((unit) => unit.address).join(' '), expected);
});

test('every address and every id is there once', async () => {
  for (const name of SAMPLES) {
    const units = await cutSample(name);
    assert.equal(new Set(units.map((unit) => unit.address)).size, units.length, name);
    assert.equal(new Set(units.map((unit) => unit.id)).size, units.length, name);
  }
});

test('every unit carries the digest of its own text', async () => {
  for (const unit of await cutSample('minutes.md'))
    assert.equal(unit.digest, digestText(unit.body), unit.address);
});

test('units follow the text: no lines overlap and none run backwards', async () => {
  for (const name of SAMPLES) {
    let last = 0;
    for (const { address, lines } of await cutSample(name)) {
      assert.ok(lines[0] > last && lines[1] >= lines[0], `${name} ${address}`);
      last = lines[1];
    }
  }
});

test('no line with a word in it is lost', async () => {
  const name = 'handbook.txt';
  const { text } = openDocument(name, await readFile(join(ownTree(), 'samples', name), 'utf8'));
  const covered = new Set<number>();
  for (const { lines } of await cutSample(name))
    for (let at = lines[0]; at <= lines[1]; at += 1) covered.add(at);
  const lost = text.split('\n').filter((line, index) => /\w/.test(line) && !covered.has(index + 1));
  assert.deepEqual(lost, []);
});

test('cutting again gives the same units', async () => {
  assert.deepEqual(await cutSample('regulation.md'), await cutSample('regulation.md'));
});

test('a unit is titled by its section', () => {
  const units = cutDocument(openDocument('a.md', 'x\n\n# A\n\ny\n'));
  assert.deepEqual(
    units.map(({ address, title }) => `${address} ${title}`),
    ['s0/p1 ', 's1 A', 's1/p1 A'],
  );
});

test('a paragraph above the limit becomes numbered parts', () => {
  const units = cutDocument(openDocument('a.md', 'One. Two. Three.\n'), 9);
  assert.deepEqual(
    units.map(({ address, body }) => `${address} ${body}`),
    ['s0/p1.1 One. Two.', 's0/p1.2 Three.'],
  );
});

test('a list is never split by length', () => {
  assert.equal(cutDocument(openDocument('a.md', '- One. Two. Three.\n'), 9).length, 1);
});

test('a change in one section leaves the addresses of the others', () => {
  const before = cutDocument(openDocument('a.md', '# A\n\nx\n\n# B\n\ny\n'));
  const after = cutDocument(openDocument('a.md', '# A\n\nx\n\nnew\n\n# B\n\ny\n'));
  const inB = (units: typeof before) => units.filter(({ title }) => title === 'B').map(({ id }) => id);
  assert.deepEqual(inB(after), inB(before));
});

test('an id is a UUID of version 8', () => {
  assert.match(
    unitId('rules', 's1/p1'),
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
});

test('an id is the same on every machine', () => {
  assert.equal(unitId('rules', 's1/p1'), '33c8ec05-821d-85fd-bab6-31e81ff71efd');
});

test('key and address do not run together', () => {
  assert.notEqual(unitId('a#b', 'c'), unitId('a', 'b#c'));
});
