import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runProofs } from '../../src/proofs/proof.ts';
import { PROOFS } from '../../src/proofs/proofs.ts';
import { renderProofJson, renderProofLines } from '../../src/proofs/render-proofs.ts';
import { runProgram } from '../support/run-program.ts';
import { temporaryTree } from '../support/temporary-tree.ts';

test('every proof holds for a tree that nobody has left a switch beside', async (context) => {
  const results = await runProofs(PROOFS, await temporaryTree(context));
  assert.deepEqual(
    results.filter(({ holds }) => !holds),
    [],
  );
});

test('proofs are numbered from 1 without a gap', () => {
  assert.deepEqual(
    PROOFS.map(({ id }) => id),
    PROOFS.map((_, index) => `PROOF-${index + 1}`),
  );
});

test('no two proofs claim the same', () => {
  assert.equal(new Set(PROOFS.map(({ claim }) => claim)).size, PROOFS.length);
});

test('a proof that throws does not hold, and the next one is run', async () => {
  const results = await runProofs(
    [
      { id: 'PROOF-1', claim: 'a', examine: async () => Promise.reject(new Error('broken')) },
      { id: 'PROOF-2', claim: 'b', examine: async () => ({ holds: true, detail: 'seen' }) },
    ],
    '/nowhere',
  );
  assert.deepEqual(results, [
    { id: 'PROOF-1', claim: 'a', holds: false, detail: 'threw Error: broken' },
    { id: 'PROOF-2', claim: 'b', holds: true, detail: 'seen' },
  ]);
});

test('a proof is one line, with what was seen only where it does not hold', () => {
  const lines = renderProofLines([
    { id: 'PROOF-1', claim: 'a', holds: true, detail: 'x' },
    { id: 'PROOF-2', claim: 'b', holds: false, detail: 'y' },
  ]);
  assert.equal(lines, 'PROOF-1 PASS a\nPROOF-2 FAIL b: y\n');
});

test('JSON is one line that reads back to the results', () => {
  const results = [{ id: 'PROOF-1', claim: 'a', holds: false, detail: 'two\nlines' }];
  const json = renderProofJson(results);
  assert.equal(json.indexOf('\n'), json.length - 1);
  assert.deepEqual(JSON.parse(json), { proofs: results });
});

test('the program exits 0 exactly when all proofs hold', async () => {
  const { code, stdout } = await runProgram('src/proofs/main.ts');
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, PROOFS.length);
  for (const line of lines) assert.match(line, /^PROOF-\d+ (PASS|FAIL) \S/);
  assert.equal(code, lines.every((line) => line.includes(' PASS ')) ? 0 : 1);
});
