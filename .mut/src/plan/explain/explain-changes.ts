// Everything that a run of the plan may change, by its exact place; what it runs on somebody's word; what it cannot touch. Pure.
import { mutatingKinds } from '../gate-traits.ts';
import type { Plan } from '../schema.ts';
import type { PlanGate } from '../schema-gates.ts';
import { targetOf } from '../sections.ts';
import { isSecondArtifact } from './explain-details.ts';
import { publisherWords } from './explain-endings.ts';
import { asksHere, needsConsent } from './explain-gates.ts';
import { hostWords, listed, short } from './words.ts';

/** What is changed without asking, then what is changed with consent, then what follows by itself. */
export function explainChanges(plan: Plan): string[] {
  if (!plan.gates.some(({ kind }) => mutatingKinds.has(kind)))
    return ['  Nothing. No gate of this plan is of a kind that changes anything.', ...ownThings(plan)];
  const at = plan.gates.findIndex((gate) => asksHere(plan, gate));
  const before = at === -1 ? plan.gates : plan.gates.slice(0, at);
  const after = at === -1 ? [] : plan.gates.slice(at);
  const dry = plan.mode === 'DRYRUN' ? ['  The plan is a DRYRUN: all of this is only said, not done.'] : [];
  return [
    ...dry,
    ...part('Before anybody is asked:', changesOf(plan, before)),
    ...part('With the consent of people:', changesOf(plan, after)),
    ...part('By itself, when a gate fails once the candidate is live:', wayBack(plan)),
    '  RUN is the id of the run, TIME the moment in UTC.',
    ...ownThings(plan),
  ];
}

/** What every run leaves: it is Interlock's own, and the reports. */
function ownThings({ reports }: Plan): string[] {
  return [
    '  Every run beside that: copies, evidence and ledger in the data directories of Interlock itself, messages in its Slack thread, and',
    `  documents in ${publisherWords(reports.publisher)}, in the folder ${reports.path}.`,
  ];
}

function part(title: string, lines: readonly string[]): string[] {
  return lines.length > 0 ? [`  ${title}`, ...lines.map((line) => `  - ${line}`)] : [];
}

function changesOf(plan: Plan, gates: readonly PlanGate[]): string[] {
  return gates.flatMap((gate) => changeOf(plan, gate).map((line) => `${line} (${gate.id} ${gate.title})`));
}

function changeOf(plan: Plan, gate: PlanGate): string[] {
  const target = targetOf(plan, gate);
  if (gate.kind === 'artifact')
    return plan.source && !isSecondArtifact(plan, gate)
      ? [
          `the branch ${plan.source.branch} of the repository ${plan.source.repository} on ${plan.source.machine}: forward by one commit, if it is still at ${short(plan.source.baseline)}`,
        ]
      : [];
  if (!target || !mutatingKinds.has(gate.kind)) return [];
  const { livePath, keepBackups, keepBackupDays, first } = target;
  const on = `on ${hostWords(plan, target.host)}`;
  const own = `journal, lock and fence in ${directoryOf(livePath)}/.interlock ${on}`;
  switch (gate.kind) {
    case 'stage':
      return [
        `${livePath}.artifact-RUN.tar.gz (uploaded, then removed) and ${livePath}.staged-RUN ${on}, scratch directories for a trial beside them, and the journal in ${directoryOf(livePath)}/.interlock`,
      ];
    case 'promote':
      return [
        first
          ? `${livePath} ${on}: the staged tree moves there`
          : `${livePath} ${on}: exchanged with the staged tree; the tree that was live is kept as ${livePath}.pre-RUN-TIME`,
        own,
      ];
    case 'rollback-readiness':
      return [
        `copies ${livePath}.rehearsal-… ${on}, which are removed again`,
        // A run that is a way back removes no old tree.
        ...(plan.operation === 'deploy'
          ? [
              `old trees beside ${livePath} ${on} that the host’s journal names, beyond the newest ${keepBackups} backups${keepBackupDays === undefined ? '' : ` or older than ${keepBackupDays} days`}: removed, once the way back is known to work; the backup of what is live never is`,
            ]
          : []),
        own,
      ];
    default:
      return [
        `${livePath} ${on}: exchanged with the backup of an earlier run; the tree that it replaces is kept as ${livePath}.bad-RUN`,
        own,
      ];
  }
}

function directoryOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function wayBack(plan: Plan): string[] {
  if (plan.onFailureAfterPromote !== 'rollback' || plan.mode === 'DRYRUN') return [];
  return plan.gates.flatMap((gate) => {
    const target = gate.kind === 'promote' ? targetOf(plan, gate) : undefined;
    if (!target) return [];
    const { livePath, first } = target;
    return [
      first
        ? `${livePath} on ${hostWords(plan, target.host)}: taken away again, and kept as ${livePath}.bad-RUN`
        : `${livePath} on ${hostWords(plan, target.host)}: exchanged back with its backup; the tree that failed is kept as ${livePath}.bad-RUN`,
    ];
  });
}

/** Whether the plan itself names programs that run on a host: of what they do, Interlock can promise nothing. */
function runsThere({ gates, tests, proofs, probes }: Plan): boolean {
  const there = gates.some(
    ({ kind }) =>
      ((kind === 'stage' || kind === 'prove') && Object.hasOwn(tests, 'full')) ||
      (kind === 'prove' && proofs !== undefined),
  );
  return (
    there ||
    gates.some((gate) => gate.kind === 'command-proof' && gate.with.on !== undefined) ||
    probes.some(({ kind }) => kind === 'command')
  );
}

/** What no gate of this plan can reach, whatever happens. */
export function explainUntouched(plan: Plan): string[] {
  const { source, gates } = plan;
  const kinds = new Set(gates.map(({ kind }) => kind));
  const changesHosts = gates.some(({ kind }) => mutatingKinds.has(kind) && kind !== 'artifact');
  const databases = Object.keys(plan.databases);
  const writes = gates.some(
    (gate) => gate.kind === 'database-proof' && gate.with.proofs.some(({ readOnly }) => !readOnly),
  );
  const asked = gates.some(needsConsent);
  const word = runsThere(plan)
    ? ' That is so by Interlock’s own hand; the programs above are their author’s word.'
    : '';
  return [
    ...(databases.length > 0
      ? [
          `The database${databases.length > 1 ? 's' : ''} ${listed(databases)}: ${writes ? 'probes read in read-only transactions; what a proof writes is rolled back, always, and never committed' : 'read in read-only transactions, or in ones that are rolled back'}.`,
        ]
      : ['Any database: the plan names none.']),
    ...(source && kinds.has('artifact')
      ? [
          `Other branches and tags of ${source.repository}, and every other repository. Nothing is pushed anywhere.`,
        ]
      : source
        ? [`The repository ${source.repository}: it is only read, and copied.`]
        : ['Any source repository: the plan names none.']),
    ...(changesHosts
      ? [
          `Other paths of the hosts than those above. Services are neither started nor stopped: there is no such change in Interlock.${word}`,
        ]
      : [`Any file of a host. Services are neither started nor stopped.${word}`]),
    ...(asked
      ? [
          'What is live, before the consents that are asked for are there. Whoever starts the run never counts among them.',
        ]
      : []),
    'Anything, while execution is switched off: a worker reads the switch at every single change.',
  ].map((line) => `  - ${line}`);
}
