import { cutDocument } from '../../src/cut/cut-document.ts';
import { type CutPlan, type Inventory, planCut } from '../../src/cut/cut-plan.ts';
import { openDocument } from '../../src/document/source-document.ts';
import type { CutOrder } from '../../src/phases/phase.ts';

export const SAMPLE_TEXT = '# Rooms\n\nEach room has a number.\n\n- a door\n- a window\n';

/** The plan of a small document with four units: section, paragraph, two items. */
export function samplePlan(inventory?: Inventory): CutPlan {
  const document = openDocument('sample.md', SAMPLE_TEXT);
  return planCut(document, cutDocument(document), inventory);
}

/** The same plan with its text, as whoever enacts it would bring it. */
export function enrichedPlan(plan: CutPlan = samplePlan()): CutPlan {
  const units = new Map(
    cutDocument(openDocument('sample.md', SAMPLE_TEXT)).map((unit) => [unit.digest, unit]),
  );
  const rows = plan.rows.map((row) => {
    const unit = units.get(row.digest);
    return unit === undefined ? row : { ...row, content: { title: unit.title, body: unit.body } };
  });
  return { ...plan, rows };
}

export function sampleOrder(plan: CutPlan = samplePlan()): CutOrder {
  return { cutId: 'cut-1', actor: 'tester', plan };
}
