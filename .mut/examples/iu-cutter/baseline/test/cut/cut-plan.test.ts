import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import { countRows, type Inventory, planCut } from '../../src/cut/cut-plan.ts';
import { renderPlan } from '../../src/cut/render-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';

const TEXT = '# A\n\nx\n\ny\n';

function plan(text: string, inventory?: Inventory) {
  const document = openDocument('a.md', text);
  return planCut(document, cutDocument(document), inventory);
}

function inventoryOf(text: string): Inventory {
  return new Map(cutDocument(openDocument('a.md', text)).map(({ address, digest }) => [address, digest]));
}

test('everything is created when nothing is there', () => {
  assert.equal(countRows(plan(TEXT), 'create'), 3);
});

test('everything is kept when nothing changed', () => {
  assert.equal(countRows(plan(TEXT, inventoryOf(TEXT)), 'keep'), 3);
});

test('a changed text is revised, and only that', () => {
  const rows = plan('# A\n\nx\n\nz\n', inventoryOf(TEXT)).rows.map(
    ({ action, address }) => `${action} ${address}`,
  );
  assert.deepEqual(rows, ['keep s1', 'keep s1/p1', 'revise s1/p2']);
});

test('a text that is gone is retired, after all other rows', () => {
  const { rows } = plan('# A\n\nx\n', inventoryOf(TEXT));
  assert.deepEqual(
    rows.map(({ ordinal, action, address }) => `${ordinal} ${action} ${address}`).at(-1),
    '3 retire s1/p2',
  );
});

test('the order of the inventory does not matter', () => {
  const inventory = inventoryOf('# A\n\nx\n\ny\n\n# B\n\nz\n');
  const reversed = new Map([...inventory].reverse());
  assert.equal(plan('# A\n', inventory).digest, plan('# A\n', reversed).digest);
});

test('the digest covers the action of a row', () => {
  assert.notEqual(plan(TEXT).digest, plan(TEXT, inventoryOf(TEXT)).digest);
});

test('a plan carries no text of the document', () => {
  const secretive = plan('# A\n\nunmistakable\n');
  assert.ok(!JSON.stringify(secretive).includes('unmistakable'));
});

test('the text for people names every row, the sums and the whole digest', () => {
  const made = plan('# A\n\nx\n', inventoryOf(TEXT));
  const text = renderPlan(made);
  assert.equal(text.split('\n').length, 1 + made.rows.length + 2 + 1);
  assert.match(text, /create 0, revise 0, keep 2, retire 1/);
  assert.ok(text.includes(made.digest));
});
