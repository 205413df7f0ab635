import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import {
  countRows,
  type Inventory,
  planCut,
  sealPlan,
  stateAfter,
  withoutContent,
  writesText,
} from '../../src/cut/cut-plan.ts';
import { renderPlan } from '../../src/cut/render-plan.ts';
import { digestText } from '../../src/document/digest-text.ts';
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

test('a row that writes carries title and body as the document has them, and no other row carries any', () => {
  const made = plan('# A\n\nx\n\nz\n\nnew\n', inventoryOf(`${TEXT}\ngone\n\ngone too\n`));
  assert.deepEqual(
    made.rows.map(({ action, address, content }) => [action, address, content]),
    [
      ['keep', 's1', undefined],
      ['keep', 's1/p1', undefined],
      ['revise', 's1/p2', { title: 'A', body: 'z' }],
      ['revise', 's1/p3', { title: 'A', body: 'new' }],
      ['retire', 's1/p4', undefined],
    ],
  );
});

test('the text of a row is the one that its digest is about', () => {
  for (const { content, digest } of plan(TEXT).rows) assert.equal(digestText(content?.body ?? ''), digest);
});

test('rows that create, revise or reinstate write a text, and no others', () => {
  const actions = ['create', 'revise', 'keep', 'retire', 'reinstate'] as const;
  assert.deepEqual(
    actions.filter((action) => writesText({ action })),
    ['create', 'revise', 'reinstate'],
  );
});

test('a unit that was retired is reinstated and not created again', () => {
  const document = openDocument('a.md', TEXT);
  const { rows } = planCut(document, cutDocument(document), new Map(), new Set(['s1/p1', 's9']));
  assert.deepEqual(
    rows.map(({ action, address, content }) => [action, address, content?.body]),
    [
      ['create', 's1', 'A'],
      ['reinstate', 's1/p1', 'x'],
      ['create', 's1/p2', 'y'],
    ],
  );
});

test('the digest covers the state that a row leads to', () => {
  const { documentKey, documentDigest, rows, digest } = plan(TEXT);
  assert.equal(sealPlan(documentKey, documentDigest, rows).digest, digest);
  const drafts = rows.map((row) => ({ ...row, state: 'draft' as const }));
  assert.notEqual(sealPlan(documentKey, documentDigest, drafts).digest, digest);
  assert.deepEqual(drafts.map(stateAfter), ['draft', 'draft', 'draft']);
});

test('a plan to be shown carries no text of the document and has the same digest', () => {
  const made = plan('# A\n\nunmistakable\n');
  const shown = withoutContent(made);
  assert.ok(JSON.stringify(made).includes('unmistakable'));
  assert.ok(!JSON.stringify(shown).includes('unmistakable'));
  assert.equal(shown.digest, made.digest);
});

test('the text for people carries no text of the document', () => {
  assert.ok(!renderPlan(plan('# A\n\nunmistakable\n')).includes('unmistakable'));
});

test('the text for people names every row, the sums and the whole digest', () => {
  const made = plan('# A\n\nx\n', inventoryOf(TEXT));
  const text = renderPlan(made);
  assert.equal(text.split('\n').length, 1 + made.rows.length + 2 + 1);
  assert.match(text, /create 0, revise 0, keep 2, retire 1/);
  assert.ok(text.includes(made.digest));
});
