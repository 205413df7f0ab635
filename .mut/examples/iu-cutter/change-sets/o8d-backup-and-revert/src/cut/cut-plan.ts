import { digestText } from '../document/digest-text.ts';
import type { SourceDocument } from '../document/source-document.ts';
import type { InformationUnit, UnitKind } from './information-unit.ts';
import { unitId } from './unit-id.ts';

/**
 * `create` a unit that is new, `revise` one whose text changed, `keep` one that did not, `retire` one that is gone, `reinstate` one that
 * was retired.
 */
export type CutAction = 'create' | 'revise' | 'keep' | 'retire' | 'reinstate';

/** `draft` until it is enacted, and nobody's after it has been retired; its row stays for ever. */
export type Lifecycle = 'draft' | 'enacted' | 'retired';

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
  /** The text that a row writes, as the document has it. What is shown and signed goes without: `withoutContent`. */
  readonly content?: RowContent;
  /** The state that the row leads to, where it is not the usual one: a revert leaves a draft a draft. */
  readonly state?: 'draft';
}

export interface RowContent {
  readonly title: string;
  readonly body: string;
}

export interface CutPlan {
  readonly documentKey: string;
  readonly documentDigest: string;
  readonly rows: readonly CutPlanRow[];
  /** Over document digest and all rows in order, content left out: the same with and without the text. */
  readonly digest: string;
}

/** Digest of the current version by address: what production holds of the document now, retired units left out. */
export type Inventory = ReadonlyMap<string, string>;

/**
 * Compares the units of a document with what is there. Nothing is read or written.
 * @param retired addresses of units that are there and retired: their rows are in production for ever, and are not created again
 */
export function planCut(
  document: SourceDocument,
  units: readonly InformationUnit[],
  inventory: Inventory = new Map(),
  retired: ReadonlySet<string> = new Set(),
): CutPlan {
  const present = new Set(units.map((unit) => unit.address));
  const rows: CutPlanRow[] = units.map((unit, index) => {
    const { id, address, kind, title, body, digest } = unit;
    const action = actionFor(unit, inventory, retired);
    const row = { ordinal: index + 1, action, unitId: id, address, kind, digest, size: body.length };
    return writesText({ action }) ? { ...row, content: { title, body } } : row;
  });
  const gone = [...inventory]
    .filter(([address]) => !present.has(address))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [address, digest] of gone) {
    const ordinal = rows.length + 1;
    rows.push({ ordinal, action: 'retire', unitId: unitId(document.key, address), address, digest, size: 0 });
  }
  return sealPlan(document.key, document.digest, rows);
}

/** Makes a plan of rows in their order, with its digest. */
export function sealPlan(documentKey: string, documentDigest: string, rows: readonly CutPlanRow[]): CutPlan {
  return { documentKey, documentDigest, rows, digest: planDigest(documentDigest, rows) };
}

/** Whether enacting a row writes a text, and with it a version. A plan may have any number of such rows, or none. */
export function writesText({ action }: Pick<CutPlanRow, 'action'>): boolean {
  return action === 'create' || action === 'revise' || action === 'reinstate';
}

/** The state that enacting a row leads to; a kept unit stays as it is. */
export function stateAfter({ action, state }: CutPlanRow): Lifecycle {
  return action === 'retire' ? 'retired' : (state ?? 'enacted');
}

/** The plan as it is shown and signed: digests in place of texts, with the same digest over it. */
export function withoutContent(plan: CutPlan): CutPlan {
  return { ...plan, rows: plan.rows.map(({ content: _, ...row }) => row) };
}

/** How many rows of a plan have the action. */
export function countRows(plan: CutPlan, action: CutAction): number {
  return plan.rows.filter((row) => row.action === action).length;
}

function actionFor(unit: InformationUnit, inventory: Inventory, retired: ReadonlySet<string>): CutAction {
  const known = inventory.get(unit.address);
  if (known === undefined) return retired.has(unit.address) ? 'reinstate' : 'create';
  return known === unit.digest ? 'keep' : 'revise';
}

function planDigest(documentDigest: string, rows: readonly CutPlanRow[]): string {
  const lines = rows.map(({ ordinal, action, address, kind, digest, state }) =>
    [ordinal, action, address, kind ?? '-', digest, ...(state === undefined ? [] : [state])].join('\t'),
  );
  return digestText([documentDigest, ...lines, ''].join('\n'));
}
