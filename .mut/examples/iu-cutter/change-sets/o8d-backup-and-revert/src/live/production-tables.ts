/** The tables of `sql/schema.sql`: everything that this program reads or writes. */
export const PRODUCTION_TABLES = [
  'information_unit',
  'unit_version',
  'iu_lifecycle_log',
  'governance_ruling',
  'governance_signature',
  'cut_authorization',
  'cut_manifest',
  'verify_record',
  'revert_record',
] as const;
