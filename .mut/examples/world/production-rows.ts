import { createHash } from 'node:crypto';
import { unitId } from '../iu-cutter/baseline/src/cut/unit-id.ts';
import { ROW_COUNTS, type Table } from './facts.ts';

type Row = Readonly<Record<string, string | number | boolean | null>>;

const DOCUMENTS = ['statutes', 'procedures', 'glossary', 'fee-schedule'];
const CUTS = Array.from({ length: ROW_COUNTS.cut_authorization }, (_, at) => `cut-2025-${at + 1}`);
const RULINGS = Array.from({ length: ROW_COUNTS.governance_ruling }, (_, at) => `ruling-${at + 1}`);
const CLAIMS = ['units-present', 'digests-equal', 'nothing-else-changed'];

/** The first versions follow each other through the documents; the first few units have been revised once. */
const UNITS = Array.from({ length: ROW_COUNTS.information_unit }, (_, at) => {
  const documentKey = pick(DOCUMENTS, at);
  const address = `s${Math.floor(at / 12) + 1}/p${Math.floor(at / DOCUMENTS.length) + 1}`;
  return { at, id: unitId(documentKey, address), documentKey, address };
});
const REVISED = ROW_COUNTS.unit_version - ROW_COUNTS.information_unit;

/** The rows of every table, in an order that respects foreign keys, the same at every call and on every machine. */
export function productionRows(): ReadonlyMap<Table, readonly Row[]> {
  return new Map<Table, readonly Row[]>([
    ['information_unit', UNITS.map(unitRow)],
    [
      'unit_version',
      [...UNITS, ...UNITS.slice(0, REVISED)].map((unit, at) => versionRow(unit, at < UNITS.length ? 1 : 2)),
    ],
    ['iu_lifecycle_log', UNITS.slice(0, ROW_COUNTS.iu_lifecycle_log).map(logRow)],
    ['governance_ruling', RULINGS.map(rulingRow)],
    ['governance_signature', RULINGS.flatMap(signatureRows)],
    ['cut_authorization', CUTS.map(authorizationRow)],
    // The last authorized cut has not been made.
    ['cut_manifest', CUTS.slice(0, -1).map(manifestRow)],
    ['verify_record', CUTS.slice(0, -1).flatMap(verifyRows)],
    ['revert_record', CUTS.slice(0, -1).map(revertRow)],
  ]);
}

function unitRow({ at, id, documentKey, address }: (typeof UNITS)[number]): Row {
  return {
    id,
    document_key: documentKey,
    address,
    kind: 'paragraph',
    current_version: at < REVISED ? 2 : 1,
    lifecycle: at < ROW_COUNTS.iu_lifecycle_log ? 'enacted' : 'draft',
    created_at: day(at),
  };
}

function versionRow({ at, id, documentKey, address }: (typeof UNITS)[number], version: number): Row {
  const body = `Paragraph ${address} of ${documentKey}, version ${version}.`;
  return {
    unit_id: id,
    version,
    title: documentKey,
    body,
    digest: digest(body),
    created_at: day(at + version),
  };
}

function logRow({ at, id }: (typeof UNITS)[number]): Row {
  return {
    unit_id: id,
    from_state: 'draft',
    to_state: 'enacted',
    actor: 'registrar',
    logged_at: day(at + 2),
  };
}

function rulingRow(id: string, at: number): Row {
  const outcome = at === RULINGS.length - 1 ? 'deferred' : 'approved';
  return { id, subject: `Cut ${at + 1} of 2025`, outcome, ruled_at: day(at) };
}

/** Both groups sign; the deferred ruling has one signature so far. */
function signatureRows(ruling: string, at: number): Row[] {
  const groups = at === RULINGS.length - 1 ? ['SG_1'] : ['SG_1', 'SG_2'];
  return groups.map((group) => ({
    ruling_id: ruling,
    signer_group: group,
    signer: `${group.toLowerCase()}-chair`,
    signed_at: day(at + 1),
  }));
}

function authorizationRow(cut: string, at: number): Row {
  return {
    cut_id: cut,
    ruling_id: pick(RULINGS, at),
    document_key: pick(DOCUMENTS, at),
    plan_digest: digest(cut),
    not_after: day(at + 30),
    revoked_at: null,
  };
}

function manifestRow(cut: string, at: number): Row {
  return { cut_id: cut, plan_digest: digest(cut), row_count: 15 * (at + 1), recorded_at: day(at + 3) };
}

function verifyRows(cut: string, at: number): Row[] {
  return CLAIMS.map((claim) => ({ cut_id: cut, claim, held: true, verified_at: day(at + 4) }));
}

function revertRow(cut: string, at: number): Row {
  const [place, recipient] = [`backups/${cut}.asc`, digest('recipient').slice(0, 40).toUpperCase()];
  const base = { cut_id: cut, backup_place: place, backup_digest: digest(place), recipient };
  return { ...base, prepared_at: day(at + 3), used_at: null };
}

function day(offset: number): string {
  return new Date(Date.UTC(2025, 0, 1 + offset, 9)).toISOString();
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function pick(from: readonly string[], at: number): string {
  return from[at % from.length] ?? '';
}
