// What gates found that look at a host, run a command or a database proof, decide, or review gaps. Pure.
import { readFacts } from '../../run/facts.ts';
import type { GateState } from '../../run/state.ts';
import { bullets, code, keyValues, prose, table } from '../markdown.ts';
import { proofTable, suiteTable } from './describe-tests.ts';

export function describeHostSurvey({ result }: GateState): string[] {
  const { host, system, freeBytes, toolsPresent, toolsAbsent, servicesRunning, writable } = readFacts(
    'host-survey',
    result?.facts,
  );
  if (!host) return [];
  const list = (values: readonly string[] | undefined) => (values ?? []).join(' ') || 'none asked for';
  return [
    '### Host',
    keyValues([
      ['host', host],
      ['system', system ?? 'not read'],
      ...(freeBytes === undefined || freeBytes === null ? [] : [['free_bytes', String(freeBytes)] as const]),
      ['tools_present', list(toolsPresent)],
      ['tools_absent', list(toolsAbsent)],
      ['services_running', list(servicesRunning)],
      ['writable', list(writable)],
    ]),
  ];
}

export function describeCommandProof({ result }: GateState): string[] {
  const { machine, command, exitCode, suites, proofs } = readFacts('command-proof', result?.facts);
  if (!machine || !command) return [];
  return [
    '### Command',
    keyValues([
      ['machine', machine],
      ['command', JSON.stringify(command)],
      ['exit_code', String(exitCode ?? 'none')],
    ]),
    ...(suites && suites.length > 0 ? suiteTable(suites) : []),
    ...(proofs && proofs.length > 0 ? proofTable(proofs) : []),
  ];
}

export function describeDatabaseProof({ result }: GateState): string[] {
  const { databaseProofs = [] } = readFacts('database-proof', result?.facts);
  return databaseProofs.flatMap(({ id, title, database, login, transaction, leaked, tables, sequences }) => [
    `### ${prose(title)}`,
    keyValues([
      ['proof', id],
      ['database', database],
      ['login', login],
      [
        'transaction',
        `${transaction.ended}${transaction.xid ? `, ${transaction.status ?? 'status unknown'}` : ', wrote nothing'}`,
      ],
      ['rows_leaked', String(leaked ?? 'not known')],
    ]),
    ...(tables.length > 0
      ? [
          table(
            ['Table', 'Before', 'Inside', 'After', 'Contents'],
            tables.map((each) => [
              code(each.table),
              String(each.before),
              String(each.inside ?? 'not counted'),
              String(each.after ?? 'not counted'),
              each.contents ?? 'not compared',
            ]),
          ),
        ]
      : []),
    ...(sequences.length > 0
      ? [
          'A rollback does not take back what was taken from a sequence:',
          bullets(
            sequences.map(
              ({ name, before, after }) => `${code(name)}: ${before ?? 'unused'} → ${after ?? 'unused'}`,
            ),
          ),
        ]
      : []),
  ]);
}

export function describeDecide({ result }: GateState): string[] {
  const { question, decision, why, by, restsOn = [] } = readFacts('decide', result?.facts);
  if (!question || !decision) return [];
  return [
    '### Decision',
    keyValues([
      ['question', question],
      ['decision', decision],
      ['by', by ?? 'unknown'],
      ['reason', why ?? 'unknown'],
    ]),
    ...(restsOn.length > 0 ? [bullets(restsOn.map(prose))] : []),
  ];
}

export function describeGapReview({ result }: GateState): string[] {
  const { gaps } = readFacts('gap-review', result?.facts);
  if (!gaps || gaps.length === 0) return [];
  return [
    '### Gaps of the lineage',
    table(
      ['Gap', 'Status', 'Title', 'Scope'],
      gaps.map(({ id, status, title, scope }) => [code(id), status, prose(title), prose(scope)]),
    ),
  ];
}
