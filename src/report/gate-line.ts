// What a gate found, in one line, for the roll-up. Pure.
import { matrixOf, openAmong } from '../gaps/matrix.ts';
import { countChanges } from '../run/count-changes.ts';
import { type FactsKind, type FactsOf, readFacts } from '../run/facts.ts';
import type { ProbeDifference, ProofReading, SuiteCounts } from '../run/readings.ts';
import type { GateState, RunState } from '../run/state.ts';
import type { ConcludedGate } from './conclude-run.ts';
import { code, counted, duration, prose, shortCommit, shortDigest } from './markdown.ts';

/** Markdown. Never more than was recorded: a gate that stopped says why, one without facts counts its criteria. */
export function gateLine(run: RunState, { state, status, reason }: ConcludedGate): string {
  if (status !== 'pass') return prose(reason?.text ?? 'no reason was recorded');
  const parts = state.gate.kind === 'gap-review' ? gapParts(run) : lines[state.gate.kind](state);
  return parts.length > 0 ? parts.join('; ') : criteriaLine(state);
}

/** "28/28": passed of all that ran. */
export function suiteLine({ name, passed, total }: SuiteCounts): string {
  return `${prose(name)} ${passed}/${total}`;
}

export function proofsLine(proofs: readonly ProofReading[]): string {
  return `proofs ${proofs.filter(({ holds }) => holds).length}/${proofs.length}`;
}

/** A probe that had nothing to look at is not as expected: it saw nothing. */
function probesLine(probes: readonly ProbeDifference[]): string {
  const blind = probes.filter(({ unseen }) => unseen !== undefined).length;
  const same = probes.filter(({ status, unseen }) => status === 'pass' && unseen === undefined).length;
  return `probes ${same}/${probes.length} as expected${blind > 0 ? `, ${blind} saw nothing` : ''}`;
}

type Lines = { [K in Exclude<FactsKind, 'gap-review'>]: (state: GateState) => string[] };

const lines: Lines = {
  precheck: from('precheck', ({ machine, repository, hosts, probes }) => [
    ...(machine ? [prose(machine)] : []),
    ...(repository
      ? [
          `${code(repository.branch)} at ${code(shortCommit(repository.head))}, ${repository.clean ? 'clean' : 'not clean'}`,
        ]
      : []),
    ...(hosts ? [`${counted(hosts.length, 'host')} reached`] : []),
    ...(probes ? [`${counted(probes.length, 'probe')} read`] : []),
  ]),
  survey: from('survey', ({ files }) => (files ? [changeLine(files)] : [])),
  reconcile: from('reconcile', ({ baseline, overlaid }) => [
    ...(baseline ? [`baseline ${code(shortCommit(baseline))}`] : []),
    ...(overlaid ? [`${counted(overlaid.length, 'file')} overlaid, no conflict`] : []),
  ]),
  test: from('test', ({ suites = [], proofs, forbiddenPatterns = [], secrets }) => [
    ...suites.map(suiteLine),
    ...(proofs ? [proofsLine(proofs)] : []),
    ...forbiddenPatterns.map(
      ({ pattern, matches }) => `${code(pattern)} ${counted(matches, 'match', 'matches')}`,
    ),
    ...(secrets ? [counted(secrets.findings, 'secret finding')] : []),
  ]),
  artifact: from('artifact', ({ commit, artifact, manifest }) => [
    ...(commit ? [`commit ${code(shortCommit(commit))}`] : []),
    ...(artifact ? [`artifact ${code(shortDigest(artifact.sha256))}`] : []),
    ...(manifest ? [`manifest ${code(shortDigest(manifest.sha256))}`] : []),
  ]),
  stage: from('stage', ({ transfer, stagedTree, suites = [] }) => [
    ...(transfer
      ? [`${transfer.bytes} bytes sent in ${duration(transfer.ms)}, sha256 verified on the host`]
      : []),
    ...(stagedTree ? [`staged tree ${code(shortDigest(stagedTree.digest))}`] : []),
    ...suites.map(suiteLine),
  ]),
  drift: from('drift', ({ liveTree, probes }) => [
    ...(liveTree === undefined
      ? []
      : [liveTree ? `live tree ${code(shortDigest(liveTree.digest))}` : 'nothing is live yet']),
    ...(probes ? [`${counted(probes.length, 'probe')} read once more`] : []),
  ]),
  promote: from('promote', ({ liveSince, backupPath, exchangeWay }) => [
    ...(liveSince ? [`live since ${liveSince}${exchangeWay ? ` by ${prose(exchangeWay)}` : ''}`] : []),
    ...(backupPath === null ? ['nothing was live before'] : []),
    ...(backupPath ? [`backup ${code(backupPath)}`] : []),
  ]),
  prove: from('prove', proofParts),
  verify: from('verify', proofParts),
  probes: from('probes', ({ probes }) => [...(probes ? [probesLine(probes)] : [])]),
  'host-survey': from('host-survey', ({ host, system }) => [
    ...(host && system ? [`${prose(host)}: ${prose(system)}`] : []),
  ]),
  'command-proof': from('command-proof', ({ suites = [], proofs = [], exitCode }) => [
    ...suites.map(suiteLine),
    ...(proofs.length > 0 ? [proofsLine(proofs)] : []),
    ...(exitCode === undefined || exitCode === null ? [] : [`exit code ${exitCode}`]),
  ]),
  'database-proof': from('database-proof', ({ databaseProofs = [] }) =>
    databaseProofs.map(
      ({ id, leaked }) => `${prose(id)}: ${leaked ?? 'unknown'} ${leaked === 1 ? 'row' : 'rows'} leaked`,
    ),
  ),
  decide: from('decide', ({ decision }) => (decision ? [prose(decision)] : [])),
  'rollback-readiness': from('rollback-readiness', ({ anchor, commands, rehearsed, pruned = [] }) => [
    ...(anchor === null ? ['anchor absent: the way back is removal'] : []),
    ...(anchor ? [`anchor ${code(anchor.path)} intact`] : []),
    ...(commands ? [`${counted(commands.length, 'command')} written down`] : []),
    ...(rehearsed === undefined ? [] : [rehearsed ? 'rehearsed on a copy' : 'not rehearsed']),
    ...(pruned.length > 0 ? [`${counted(pruned.length, 'old tree')} removed`] : []),
  ]),
  rollback: from('rollback', ({ host, livePath, restoredTree }) => [
    ...(livePath && host
      ? [
          `${code(livePath)} on ${prose(host)} ${restoredTree === null ? 'is absent again' : 'holds the earlier tree again'}`,
        ]
      : []),
    ...(restoredTree ? [`tree ${code(shortDigest(restoredTree.digest))}`] : []),
  ]),
  'observe-live': from('observe-live', ({ tree, strange }) =>
    tree === undefined
      ? []
      : [tree ? `live tree ${code(shortDigest(tree.digest))}` : prose(strange ?? 'nothing is live')],
  ),
  tidy: from('tidy', ({ found, removed = [] }) =>
    found
      ? [
          `${counted(found.length, 'leftover')} found, ${found.filter(({ kept }) => kept).length} kept`,
          ...(removed.length > 0 ? [`${removed.length} removed`] : []),
        ]
      : [],
  ),
  report: () => ['this package'],
};

function from<K extends FactsKind>(
  kind: K,
  say: (facts: Partial<FactsOf<K>>) => string[],
): (state: GateState) => string[] {
  return (state) => say(readFacts(kind, state.result?.facts));
}

function proofParts({ suites = [], proofs, probes }: Partial<FactsOf<'prove'>>): string[] {
  return [
    ...suites.map(suiteLine),
    ...(proofs ? [proofsLine(proofs)] : []),
    ...(probes ? [probesLine(probes)] : []),
  ];
}

/** As section 5 counts them: what the gate could still hope for is not what the run came to. */
function gapParts(run: RunState): string[] {
  const rows = matrixOf(run);
  return [`${openAmong(rows).length} of ${counted(rows.length, 'gap')} not closed`];
}

/** "9 files: 7 modified, 2 added". */
export function changeLine(files: FactsOf<'survey'>['files']): string {
  return `${counted(files.length, 'file')}: ${countChanges(files)}`;
}

function criteriaLine({ result }: GateState): string {
  const checks = result?.checks ?? [];
  return `${checks.filter(({ status }) => status === 'pass').length} of ${counted(checks.length, 'criterion', 'criteria')} hold`;
}
