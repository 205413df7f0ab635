import assert from 'node:assert/strict';
import {
  type CutPlan,
  type Inventory,
  type Lifecycle,
  stateAfter,
  writesText,
} from '../../src/cut/cut-plan.ts';
import type { UnitKind } from '../../src/cut/information-unit.ts';
import type { DocumentHistory, UnitHistory, Version } from '../../src/revert/unit-history.ts';

interface Unit {
  readonly unitId: string;
  readonly kind: UnitKind;
  lifecycle: Lifecycle;
  readonly versions: Version[];
  /** States that it has left, oldest first. */
  readonly left: Lifecycle[];
}

/** How far a cut came. */
export type Reach = 'backup' | 'written' | 'enacted';

/**
 * What the phases do to one document, in memory. That the statements of the adapter do the same is shown on a real server, by
 * `integration/revert.test.ts`.
 */
export class ModelProduction {
  readonly units = new Map<string, Unit>();
  #atBackup = new Map<string, { versions: number; left: number }>();

  make(plan: CutPlan, reach: Reach = 'enacted'): void {
    const lengths = ({ versions, left }: Unit) => ({ versions: versions.length, left: left.length });
    this.#atBackup = new Map([...this.units].map(([address, unit]) => [address, lengths(unit)]));
    if (reach !== 'backup') this.#write(plan);
    if (reach === 'enacted') this.#enact(plan);
  }

  /** Since the last cut took its backup. */
  history(): DocumentHistory {
    const units = [...this.units].map(([address, unit]): UnitHistory => {
      const { unitId, kind, lifecycle, versions, left } = unit;
      const before = this.#atBackup.get(address) ?? { versions: 0, left: 0 };
      const [current = assert.fail(), previous] = versions.toReversed();
      const since = {
        versionsSince: versions.length - before.versions,
        statesSince: left.slice(before.left),
      };
      const known = { unitId, address, kind, lifecycle, current, ...since };
      return previous === undefined ? known : { ...known, previous };
    });
    return { documentKey: 'rules', units };
  }

  /** What a reader sees: units that live, with state and text. */
  visible(): Record<string, unknown> {
    return Object.fromEntries(
      this.#units(false).map(([address, { kind, lifecycle, versions }]) => [
        address,
        { kind, lifecycle, ...versions.at(-1) },
      ]),
    );
  }

  /** What may only grow. */
  past(): { readonly versions: Version[]; readonly left: Lifecycle[] }[] {
    return structuredClone([...this.units.values()].map(({ versions, left }) => ({ versions, left })));
  }

  present(): Inventory {
    return new Map(
      this.#units(false).map(([address, { versions }]) => [address, versions.at(-1)?.digest ?? '']),
    );
  }

  retired(): ReadonlySet<string> {
    return new Set(this.#units(true).map(([address]) => address));
  }

  #units(retired: boolean): [string, Unit][] {
    return [...this.units].filter(([, { lifecycle }]) => (lifecycle === 'retired') === retired);
  }

  #write(plan: CutPlan): void {
    for (const { action, unitId, address, kind, digest, content } of plan.rows.filter(writesText)) {
      const version = { ...(content ?? assert.fail(address)), digest };
      const unit = this.units.get(address);
      assert.equal(unit === undefined, action === 'create', address);
      assert.equal(unit?.lifecycle === 'retired', action === 'reinstate', address);
      unit?.versions.push(version);
      if (unit === undefined) {
        const made = { unitId, kind: kind ?? assert.fail(address), versions: [version], left: [] };
        this.units.set(address, { ...made, lifecycle: 'draft' });
      }
    }
  }

  #enact(plan: CutPlan): void {
    for (const row of plan.rows.filter(({ action }) => action !== 'keep')) {
      const unit = this.units.get(row.address) ?? assert.fail(row.address);
      assert.equal(unit.lifecycle === 'retired', row.action === 'reinstate', row.address);
      unit.left.push(unit.lifecycle);
      unit.lifecycle = stateAfter(row);
    }
  }
}
