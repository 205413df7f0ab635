import { digestText } from '../document/digest-text.ts';
import type { SourceDocument } from '../document/source-document.ts';
import type { InformationUnit, UnitKind } from './information-unit.ts';
import { unitId } from './unit-id.ts';

/** `create` a unit that is new, `revise` one whose text changed, `keep` one that did not, `retire` one that is gone. */
export type CutAction = 'create' | 'revise' | 'keep' | 'retire';

export interface CutPlanRow {
  readonly ordinal: number;
  readonly action: CutAction;
  readonly unitId: string;
  readonly address: string;
  /** Absent for a unit to retire: the document no longer says what it was. */
  readonly kind?: UnitKind;
  /** Digest of the text that the row leads to; for a unit to retire, of the text that goes. */
  readonly digest: string;
  /** Length of the text in characters. */
  readonly size: number;
  /** A plan is made to be shown and signed, and carries digests only. Whoever enacts it has to bring the text. */
  readonly content?: { readonly title: string; readonly body: string };
}

export interface CutPlan {
  readonly documentKey: string;
  readonly documentDigest: string;
  readonly rows: readonly CutPlanRow[];
  /** Over document digest and all rows in order, content left out: the same with and without the text. */
  readonly digest: string;
}

/** Digest of the current version by address: what production holds of the document now. */
export type Inventory = ReadonlyMap<string, string>;

/** Compares the units of a document with what is there. Nothing is read or written. */
export function planCut(
  document: SourceDocument,
  units: readonly InformationUnit[],
  inventory: Inventory = new Map(),
): CutPlan {
  const present = new Set(units.map((unit) => unit.address));
  const rows: CutPlanRow[] = units.map((unit, index) => ({
    ordinal: index + 1,
    action: actionFor(unit, inventory),
    unitId: unit.id,
    address: unit.address,
    kind: unit.kind,
    digest: unit.digest,
    size: unit.body.length,
  }));
  const gone = [...inventory]
    .filter(([address]) => !present.has(address))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [address, digest] of gone) {
    const ordinal = rows.length + 1;
    rows.push({ ordinal, action: 'retire', unitId: unitId(document.key, address), address, digest, size: 0 });
  }
  return {
    documentKey: document.key,
    documentDigest: document.digest,
    rows,
    digest: planDigest(document.digest, rows),
  };
}

/** How many rows of a plan have the action. */
export function countRows(plan: CutPlan, action: CutAction): number {
  return plan.rows.filter((row) => row.action === action).length;
}

function actionFor(unit: InformationUnit, inventory: Inventory): CutAction {
  const known = inventory.get(unit.address);
  if (known === undefined) return 'create';
  return known === unit.digest ? 'keep' : 'revise';
}

function planDigest(documentDigest: string, rows: readonly CutPlanRow[]): string {
  const lines = rows.map((row) =>
    [row.ordinal, row.action, row.address, row.kind ?? '-', row.digest].join('\t'),
  );
  return digestText([documentDigest, ...lines, ''].join('\n'));
}
