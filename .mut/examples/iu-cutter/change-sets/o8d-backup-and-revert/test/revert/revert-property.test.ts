import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutDocument } from '../../src/cut/cut-document.ts';
import { type CutPlan, planCut } from '../../src/cut/cut-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';
import { Refusal } from '../../src/phases/refusal.ts';
import { planRevert } from '../../src/revert/plan-revert.ts';
import { ModelProduction, type Reach } from '../support/model-production.ts';
import { randomFrom, randomText } from '../support/random-text.ts';

// GAP-6: what holds of the revert of any cut, whatever the documents, and however far the cut came.

const CASES = 300;

function planFor(model: ModelProduction, text: string): CutPlan {
  const document = openDocument('rules.md', text);
  return planCut(document, cutDocument(document), model.present(), model.retired());
}

/** A document that two random cuts have made, and a third one that is to be reverted. */
function scene(seed: number) {
  const random = randomFrom(seed);
  const model = new ModelProduction();
  model.make(planFor(model, randomText(random)), random() < 0.5 ? 'written' : 'enacted');
  model.make(planFor(model, randomText(random)));
  const before = model.visible();
  const reach: Reach = random() < 0.3 ? 'written' : 'enacted';
  const plan = planFor(model, randomText(random));
  model.make(plan, reach);
  return { model, before, plan, random };
}

/** Of a cut that changed nothing, or was stopped before it retired anything, there is nothing to revert. */
function revert(model: ModelProduction, plan: CutPlan): CutPlan | undefined {
  try {
    const made = planRevert(plan, model.history());
    model.make(made);
    return made;
  } catch (error) {
    if (error instanceof Refusal && error.code === 'nothing-to-revert') return undefined;
    throw error;
  }
}

test('revert(cut(x)) shows what x showed; its history is longer, and otherwise as it was', () => {
  let reverted = 0;
  for (let seed = 0; seed < CASES; seed += 1) {
    const { model, before, plan } = scene(seed);
    const past = model.past();
    if (revert(model, plan) !== undefined) reverted += 1;
    assert.deepEqual(model.visible(), before, `seed ${seed}`);
    const now = model.past();
    assert.equal(now.length, past.length, `seed ${seed}`);
    for (const [at, { versions, left }] of past.entries()) {
      assert.deepEqual(now[at]?.versions.slice(0, versions.length), versions, `seed ${seed}`);
      assert.deepEqual(now[at]?.left.slice(0, left.length), left, `seed ${seed}`);
    }
  }
  assert.ok(reverted > CASES / 2, `${reverted} of ${CASES} cases had something to revert`);
});

test('a revert is a cut, and can be reverted', () => {
  for (let seed = 0; seed < CASES; seed += 1) {
    const { model, plan } = scene(seed);
    const shown = model.visible();
    const first = revert(model, plan);
    if (first === undefined) continue;
    assert.ok(revert(model, first), `seed ${seed}`);
    assert.deepEqual(model.visible(), shown, `seed ${seed}`);
  }
});

test('after a revert the document can be cut again', () => {
  for (let seed = 0; seed < CASES; seed += 1) {
    const { model, plan, random } = scene(seed);
    revert(model, plan);
    const text = randomText(random);
    model.make(planFor(model, text));
    const left = planFor(model, text).rows.filter(({ action }) => action !== 'keep');
    assert.deepEqual(left, [], `seed ${seed}`);
  }
});

test('a revert is refused once anything that the cut changed was changed again', () => {
  let refused = 0;
  for (let seed = 0; seed < CASES; seed += 1) {
    const { model, plan } = scene(seed);
    const changed = plan.rows.filter(({ action }) => action !== 'keep');
    const unit = model.units.get(changed[seed % Math.max(1, changed.length)]?.address ?? '');
    if (unit === undefined) continue;
    unit.versions.push({ title: '', body: 'Changed again.', digest: 'another' });
    assert.throws(() => planRevert(plan, model.history()), { code: 'changed-since' }, `seed ${seed}`);
    refused += 1;
  }
  assert.ok(refused > CASES / 2, `${refused} of ${CASES} cases had something to change`);
});
