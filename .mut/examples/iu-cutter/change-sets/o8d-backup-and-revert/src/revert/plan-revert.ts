import { type CutPlan, type CutPlanRow, sealPlan, stateAfter, writesText } from '../cut/cut-plan.ts';
import { digestText } from '../document/digest-text.ts';
import { Refusal } from '../phases/refusal.ts';
import type { DocumentHistory, UnitHistory, Version } from './unit-history.ts';

type RevertRow = Omit<CutPlanRow, 'ordinal'>;

/**
 * Plans the cut that takes another one back. It is a cut like any other, with a digest to sign, an authorization and all five phases, and
 * it compensates by adding: a created unit is retired, a revised one gets the version before as a new one, a retired one is reinstated.
 * What is there of the history stays as it is. Nothing is read or written here.
 *
 * A cut that stopped in between is taken back as far as it went.
 * @throws Refusal `changed-since` when anything that the cut changed was changed again, `nothing-to-revert`
 */
export function planRevert(cut: CutPlan, history: DocumentHistory): CutPlan {
  const units = new Map(history.units.map((unit) => [unit.address, unit]));
  const changes = cut.rows.filter(({ action }) => action !== 'keep');
  const enacted = requireWhole(
    cut,
    changes.map((row) => enactedOf(row, units.get(row.address))),
  );
  const written = requireWhole(
    cut,
    changes.filter(writesText).map((row) => writtenOf(row, units.get(row.address))),
  );
  if (enacted === true && written === false) throw changedSince(cut);

  const undone =
    written === false ? [] : changes.flatMap((row) => undo(row, units.get(row.address), enacted ?? false));
  if (undone.length === 0) {
    throw new Refusal(
      'nothing-to-revert',
      `expected a cut of ${cut.documentKey} that wrote something, got none.`,
    );
  }
  const touched = new Set(undone.map(({ address }) => address));
  const kept = history.units
    .filter(({ address, lifecycle }) => !touched.has(address) && lifecycle !== 'retired')
    .map((unit) => rowOf('keep', unit, unit.current));
  const rows = [...undone, ...kept].map((row, index) => ({ ordinal: index + 1, ...row }));
  return sealPlan(cut.documentKey, digestText(`revert of ${cut.digest}\n`), rows);
}

/** A leg is one transaction: all of its rows are there, or none. `undefined` for a leg without rows. */
function requireWhole(cut: CutPlan, found: readonly (boolean | undefined)[]): boolean | undefined {
  const answers = new Set(found);
  if (answers.has(undefined) || answers.size > 1) throw changedSince(cut);
  return [...answers][0];
}

/** Whether leg A wrote the row; `undefined` if that cannot be told any more. */
function writtenOf(row: CutPlanRow, unit: UnitHistory | undefined): boolean | undefined {
  if (unit === undefined) return row.action === 'create' ? false : undefined;
  if (unit.versionsSince === 0) return row.action === 'create' ? undefined : false;
  return unit.versionsSince === 1 && unit.current.digest === row.digest ? true : undefined;
}

/** Whether the row was enacted; `undefined` if that cannot be told any more. */
function enactedOf(row: CutPlanRow, unit: UnitHistory | undefined): boolean | undefined {
  if (unit === undefined) return row.action === 'create' ? false : undefined;
  if (row.action === 'retire' && (unit.versionsSince > 0 || unit.current.digest !== row.digest))
    return undefined;
  if (unit.statesSince.length === 0) return false;
  return unit.statesSince.length === 1 && unit.lifecycle === stateAfter(row) ? true : undefined;
}

function undo(row: CutPlanRow, unit: UnitHistory | undefined, enacted: boolean): RevertRow[] {
  if (unit === undefined) return [];
  const before = enacted ? unit.statesSince[0] : unit.lifecycle;
  const draft = before === 'draft' ? { state: 'draft' as const } : {};
  switch (row.action) {
    case 'create':
      return [rowOf('retire', unit, unit.current)];
    case 'reinstate':
      return enacted ? [rowOf('retire', unit, unit.current)] : [];
    case 'retire':
      return enacted ? [{ ...rowOf('reinstate', unit, unit.current), ...draft }] : [];
    case 'revise':
      return unit.previous === undefined ? [] : [{ ...rowOf('revise', unit, unit.previous), ...draft }];
    case 'keep':
      return [];
  }
}

function rowOf(action: CutPlanRow['action'], unit: UnitHistory, { title, body, digest }: Version): RevertRow {
  const { unitId, address, kind } = unit;
  const row = { action, unitId, address, kind, digest, size: body.length };
  return writesText({ action }) ? { ...row, content: { title, body } } : row;
}

function changedSince({ documentKey }: CutPlan): Refusal {
  return new Refusal(
    'changed-since',
    `expected ${documentKey} as the cut left it, got it changed again. Revert what came later first.`,
  );
}
