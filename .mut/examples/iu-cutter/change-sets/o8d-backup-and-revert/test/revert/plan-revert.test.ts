import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import { type CutPlan, planCut } from '../../src/cut/cut-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';
import { planRevert } from '../../src/revert/plan-revert.ts';
import { ModelProduction, type Reach } from '../support/model-production.ts';

function cut(model: ModelProduction, text: string, reach?: Reach): CutPlan {
  const document = openDocument('rules.md', text);
  const plan = planCut(document, cutDocument(document), model.present(), model.retired());
  model.make(plan, reach);
  return plan;
}

const outline = ({ rows }: CutPlan) =>
  rows.map(({ action, address, state = '' }) => `${action} ${address} ${state}`.trimEnd());

const THREE = 'One.\n\nTwo.\n\nThree.\n';
const OTHER = 'One.\n\nTwo, in other words.\n\n- a new item\n';

test('what was created is retired, what was revised gets its earlier text, what was retired is reinstated', () => {
  const model = new ModelProduction();
  cut(model, THREE);
  const made = planRevert(cut(model, OTHER), model.history());
  assert.deepEqual(outline(made), ['revise s0/p2', 'retire s0/i1', 'reinstate s0/p3', 'keep s0/p1']);
  assert.deepEqual(
    made.rows.map(({ ordinal, content }) => [ordinal, content?.body]),
    [
      [1, 'Two.'],
      [2, undefined],
      [3, 'Three.'],
      [4, undefined],
    ],
  );
});

test('a draft is left a draft', () => {
  const model = new ModelProduction();
  cut(model, 'One.\n', 'written');
  const made = planRevert(cut(model, 'One, in other words.\n'), model.history());
  assert.deepEqual(outline(made), ['revise s0/p1 draft']);
});

test('a cut that stopped after leg A is taken back that far', () => {
  const model = new ModelProduction();
  cut(model, THREE);
  const made = planRevert(cut(model, OTHER, 'written'), model.history());
  assert.deepEqual(outline(made), ['revise s0/p2', 'retire s0/i1', 'keep s0/p1', 'keep s0/p3']);
});

test('of a cut that wrote nothing there is nothing to revert', () => {
  const model = new ModelProduction();
  cut(model, THREE);
  for (const [text, reach] of [
    [THREE, 'enacted'],
    ['One.\n', 'written'],
    ['- else\n', 'backup'],
  ] as const) {
    const plan = cut(model, text, reach);
    assert.throws(() => planRevert(plan, model.history()), { code: 'nothing-to-revert' }, text);
  }
});

test('a leg of which only a part is as the cut left it is refused', () => {
  const model = new ModelProduction();
  const plan = cut(model, THREE);
  const history = model.history();
  const [first = assert.fail(), ...others] = history.units;
  for (const units of [
    others,
    [{ ...first, statesSince: [] }, ...others],
    [{ ...first, lifecycle: 'draft' as const }, ...others],
    [{ ...first, versionsSince: 0 }, ...others],
    [{ ...first, current: { ...first.current, digest: 'another' } }, ...others],
    [{ ...first, statesSince: ['draft', 'enacted'] as const }, ...others],
  ]) {
    assert.throws(() => planRevert(plan, { ...history, units }), { code: 'changed-since' });
  }
});

test('the digest of a revert is that of the revert of one cut and of no other', () => {
  const digests = ['One.\n', 'Two.\n', 'Two.\n'].map((text) => {
    const model = new ModelProduction();
    return planRevert(cut(model, text), model.history()).digest;
  });
  assert.equal(new Set(digests).size, 2);
});
