import type { Lifecycle, RowContent } from '../cut/cut-plan.ts';
import type { UnitKind } from '../cut/information-unit.ts';

/** A text that a unit has or had. */
export interface Version extends RowContent {
  readonly digest: string;
}

/** A unit as it is, and what has happened to it since a cut took its backup. */
export interface UnitHistory {
  readonly unitId: string;
  readonly address: string;
  readonly kind: UnitKind;
  readonly lifecycle: Lifecycle;
  readonly current: Version;
  /** The version before the current one, if there is one. */
  readonly previous?: Version;
  readonly versionsSince: number;
  /** States that the unit has left since, oldest first. */
  readonly statesSince: readonly Lifecycle[];
}

/** All units of a document, retired ones too. */
export interface DocumentHistory {
  readonly documentKey: string;
  readonly units: readonly UnitHistory[];
}
