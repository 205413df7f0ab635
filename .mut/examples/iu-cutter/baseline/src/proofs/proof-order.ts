import { cutDocument } from '../cut/cut-document.ts';
import { planCut } from '../cut/cut-plan.ts';
import { openDocument } from '../document/source-document.ts';
import type { CutOrder } from '../phases/phase.ts';

/** A small order that proofs can hand to a phase. */
export function proofOrder(): CutOrder {
  const document = openDocument('proof.md', '# Proof\n\nA paragraph.\n');
  return { cutId: 'proof', actor: 'proof', plan: planCut(document, cutDocument(document)) };
}
