import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SectionCounter } from '../../src/cut/section-counter.ts';

test('what stands before the first heading is in section 0', () => {
  assert.equal(new SectionCounter().nextUnit('paragraph'), 's0/p1');
});

test('sections are numbered inside their parent', () => {
  const counter = new SectionCounter();
  const addresses = [1, 2, 2, 1, 2].map((level) => counter.enterSection(level, ''));
  assert.deepEqual(addresses, ['s1', 's1.1', 's1.2', 's2', 's2.1']);
});

test('a skipped level does not show in the address', () => {
  const counter = new SectionCounter();
  const addresses = [1, 4, 3, 2].map((level) => counter.enterSection(level, ''));
  assert.deepEqual(addresses, ['s1', 's1.1', 's1.2', 's1.3']);
});

test('each kind is counted on its own, and anew in each section', () => {
  const counter = new SectionCounter();
  counter.enterSection(1, '');
  const first = [counter.nextUnit('item'), counter.nextUnit('item'), counter.nextUnit('quote')];
  counter.enterSection(1, '');
  assert.deepEqual([...first, counter.nextUnit('item')], ['s1/i1', 's1/i2', 's1/q1', 's2/i1']);
});

test('the title is that of the section that is open', () => {
  const counter = new SectionCounter();
  const before = counter.title;
  counter.enterSection(1, 'A');
  counter.enterSection(2, 'B');
  const inside = counter.title;
  counter.enterSection(1, 'C');
  assert.deepEqual([before, inside, counter.title], ['', 'B', 'C']);
});
