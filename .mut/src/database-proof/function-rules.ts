// Functions by name. A deny list can only say what is known to be dangerous; for the volatile functions that PostgreSQL itself
// brings it is the other way round, so that a new version's new function is refused until someone has looked at it.

const connects = 'opens a connection of its own, which this transaction does not roll back';
const files = 'reads or writes files of the server';
const others = 'acts on other sessions or on the server';
const runsText = 'runs SQL that it is handed as text, which nobody can read beforehand';
const outside = 'is not undone by a rollback';

const refusedNames: readonly (readonly [RegExp, string])[] = [
  [/^dblink/, connects],
  [/^pg_background/, connects],
  [/^http(_|$)/, 'sends a request to another machine'],
  [/^lo_(import|export)$/, files],
  [/^pg_(read_|write|file_|ls_|stat_file|logdir|current_logfile|hba_file|ident_file|show_all_file)/, files],
  [/^pg_(terminate_backend|cancel_backend|reload_conf|rotate_logfile|promote|log_|wal_replay_)/, others],
  [/^pg_(switch_wal|create_restore_point|backup_|start_backup|stop_backup|export_snapshot)/, others],
  [/^pg_(create_|drop_|copy_|sync_).*slots?$/, outside],
  [/^pg_(replication_|logical_)/, outside],
  [/^pg_stat_(reset|clear|force)/, outside],
  [
    /^pg_(try_)?advisory_(lock|unlock)/,
    'takes or gives a lock of the session; pg_advisory_xact_lock is allowed',
  ],
  [/^setval$/, outside],
  [/^(brin_(de)?summarize|gin_clean)/, outside],
  [/^(binary_upgrade_|pg_import_system|pg_nextoid|pg_stop_making)/, others],
  [/^(query|cursor)_to_xml/, runsText],
  [/^(ts_stat|ts_rewrite|crosstab\w*|connectby|xpath_table)$/, runsText],
];

/** Why a function of this name is refused in any schema, or undefined. */
export function refusalOfName(name: string): string | undefined {
  return refusedNames.find(([pattern]) => pattern.test(name))?.[1];
}

/** Volatile functions of `pg_catalog` whose effect ends with the transaction, or which only look. */
export const harmlessVolatile: ReadonlySet<string> = new Set([
  ...[
    'clock_timestamp',
    'timeofday',
    'random',
    'random_normal',
    'setseed',
    'gen_random_uuid',
    'uuidv4',
    'uuidv7',
  ],
  ...['array_sample', 'array_shuffle', 'bernoulli', 'system', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until'],
  // Sequences are accounted for one by one; a notification is delivered at commit alone.
  ...['nextval', 'currval', 'lastval', 'pg_notify', 'pg_sequence_last_value', 'pg_get_sequence_data'],
  ...['pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared'],
  ...['pg_try_advisory_xact_lock', 'pg_try_advisory_xact_lock_shared'],
  // A call with anything but a custom setting is refused by its arguments.
  'set_config',
  ...['txid_status', 'pg_xact_status', 'pg_is_in_recovery', 'pg_lock_status', 'pg_blocking_pids'],
  ...['pg_relation_size', 'pg_table_size', 'pg_indexes_size', 'pg_total_relation_size', 'pg_database_size'],
  ...['pg_tablespace_size', 'pg_partition_tree', 'pg_partition_ancestors'],
  ...[
    'pg_stat_get_xact_tuples_inserted',
    'pg_stat_get_xact_tuples_updated',
    'pg_stat_get_xact_tuples_deleted',
  ],
]);
