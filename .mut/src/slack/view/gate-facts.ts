// The facts of a gate in lines: what it counted, digested and found. Tolerates facts that are missing, as of a gate that stopped.
import type { Plan } from '../../plan/schema.ts';
import type { GateKind } from '../../plan/schema-gates.ts';
import type { Json } from '../../plan/schema-scalars.ts';
import { countChanges, modeNotes } from '../../run/count-changes.ts';
import { readFacts } from '../../run/facts.ts';
import { deliveryReaders, type Reader } from './delivery-facts.ts';
import { code, plain } from './escape.ts';
import { bytes, count, short } from './measures.ts';
import { probeDifferences, probeReadings, proofLines, suiteLines } from './observations.ts';
import { shortPaths } from './paths.ts';

const changeLetter = { modified: 'M', added: 'A', removed: 'D' } as const;

/** mrkdwn lines, one a fact; none when the gate left no facts. */
export function factLines(kind: GateKind, facts: Json | undefined, plan: Plan): string[] {
  return readers[kind](facts, (path) => code(shortPaths(plan, path)));
}

const readers: Record<GateKind, Reader> = {
  ...deliveryReaders,
  precheck(given) {
    const { repository, hosts, probes } = readFacts('precheck', given);
    return [
      ...(repository
        ? [
            `Repository ${code(repository.path)} on ${code(repository.branch)} at ${code(repository.head)}, ${repository.clean ? 'clean' : '*not clean*'}`,
          ]
        : []),
      ...(hosts ?? []).map(
        ({ name, system }) => `Host ${code(name)} reached with its pinned key: ${plain(system)}`,
      ),
      ...probeReadings(probes ?? []),
    ];
  },
  survey(given) {
    const { files, changeSetDigest } = readFacts('survey', given);
    return [
      ...(files ? [`${count(files.length, 'file')}: ${countChanges(files)}`] : []),
      ...(changeSetDigest ? [`Change set ${code(changeSetDigest)}`] : []),
      ...(files ?? []).map(
        ({ path, sha256, bytes: size, change }) =>
          `${changeLetter[change]} ${code(path)} ${code(short(sha256))} ${bytes(size)}`,
      ),
      ...modeNotes(files ?? []).map(({ path, note }) => `${code(path)} ${note}`),
    ];
  },
  reconcile(given) {
    const { baseline, overlaid, tree } = readFacts('reconcile', given);
    return [
      ...(baseline ? [`Baseline ${code(baseline)}`] : []),
      ...(overlaid ? [`${count(overlaid.length, 'file')} laid over it, nothing else changed`] : []),
      ...(tree ? [`Tree ${code(tree)}`] : []),
    ];
  },
  test(given) {
    const { suites, proofs, forbiddenPatterns, secrets } = readFacts('test', given);
    return [
      ...suiteLines(suites ?? []),
      ...(secrets ? [`Secret scan: ${count(secrets.findings, 'finding')}`] : []),
      ...(forbiddenPatterns ?? []).map(
        ({ pattern, matches }) =>
          `Forbidden pattern ${code(pattern)}: ${matches === 0 ? 'absent' : count(matches, 'match', 'matches')}`,
      ),
      ...proofLines(proofs ?? []),
    ];
  },
  artifact(given) {
    const { commit, parent, branch, subject, filesChanged, insertions, deletions, artifact, manifest } =
      readFacts('artifact', given);
    return [
      ...(commit ? [`Commit ${code(commit)}${branch ? ` on ${code(branch)}` : ''}`] : []),
      ...(parent ? [`Parent ${code(parent)}`] : []),
      ...(subject ? [`“${plain(subject)}”`] : []),
      ...(filesChanged === undefined
        ? []
        : [
            `${count(filesChanged, 'file')}, ${insertions ?? 0} insertions(+), ${deletions ?? 0} deletions(−)`,
          ]),
      ...(artifact
        ? [
            `Artifact ${code(artifact.name)}, ${bytes(artifact.bytes)}, ${count(artifact.files, 'file')}`,
            `sha256 ${code(artifact.sha256)}`,
            `sha256 of the tar inside ${code(artifact.tarSha256)}`,
          ]
        : []),
      ...(manifest
        ? [
            `Manifest ${code(manifest.name)}, ${count(manifest.entries.length, 'entry', 'entries')}`,
            `sha256 ${code(manifest.sha256)}`,
          ]
        : []),
    ];
  },
  prove: (given) => provenLines('prove', given),
  verify: (given) => provenLines('verify', given),
  probes: (given) => probeDifferences(readFacts('probes', given).probes ?? []),
  'host-survey'(given) {
    const { host, system, freeBytes, toolsPresent, toolsAbsent, servicesRunning } = readFacts(
      'host-survey',
      given,
    );
    return [
      ...(host && system ? [`Host ${code(host)}: ${plain(system)}`] : []),
      ...(freeBytes === undefined || freeBytes === null ? [] : [`Free: ${bytes(freeBytes)}`]),
      ...nameLine('Tools there', toolsPresent),
      ...nameLine('Tools not there', toolsAbsent),
      ...nameLine('Services running', servicesRunning),
    ];
  },
  'command-proof'(given) {
    const { machine, command, exitCode, suites, proofs } = readFacts('command-proof', given);
    return [
      ...(machine && command
        ? [`${code(command.join(' '))} on ${code(machine)}: exit code ${exitCode ?? 'none'}`]
        : []),
      ...suiteLines(suites ?? []),
      ...proofLines(proofs ?? []),
    ];
  },
  'database-proof'(given) {
    const { databaseProofs = [] } = readFacts('database-proof', given);
    return databaseProofs.flatMap(({ title, tables, leaked, sequences }) => [
      `*${plain(title)}*: ${leaked === null ? 'leaks are not known' : `${leaked} ${leaked === 1 ? 'row' : 'rows'} leaked`}`,
      ...tables.map(
        ({ table, before, inside, after }) =>
          `${code(table)} ${before} → ${inside ?? '?'} inside → ${after ?? '?'} after`,
      ),
      ...sequences.map(
        ({ name, before, after }) =>
          `sequence ${code(name)} ${before ?? 'unused'} → ${after ?? 'unused'}, which no rollback takes back`,
      ),
    ]);
  },
  decide(given) {
    const { question, decision, why, by } = readFacts('decide', given);
    return [
      ...(question ? [plain(question)] : []),
      ...(decision
        ? [`*${plain(decision)}*, by ${by === 'people' ? 'the approvers' : 'the plan’s rule'}`]
        : []),
      ...(why ? [`> ${plain(why)}`] : []),
    ];
  },
  'gap-review'(given) {
    const { gaps = [] } = readFacts('gap-review', given);
    return gaps.map(({ id, status, title }) => `*${plain(id)}* ${status}: ${plain(title)}`);
  },
  'observe-live'(given, beside) {
    const { livePath, tree, strange, at } = readFacts('observe-live', given);
    return livePath
      ? [
          `${beside(livePath)} held ${tree ? code(tree.digest) : plain(strange ?? 'nothing')}, seen ${at ?? ''}`,
        ]
      : [];
  },
  tidy(given, beside) {
    const { live, found, removed = [] } = readFacts('tidy', given);
    const gone = new Set(removed.map(({ path }) => path));
    return [
      ...(live ? [`Live: ${live.tree ? code(live.tree) : 'nothing'}, ${plain(live.says)}`] : []),
      ...(found ?? []).map(({ path, says, kept, why, next }) => {
        const fate = gone.has(path) ? '*removed*' : kept ? 'kept' : 'may go';
        return `${beside(path)} ${fate}: ${plain(says)}; ${plain(why)}${next ? `; type ${code(next)}` : ''}`;
      }),
      ...(found?.length === 0 ? ['Nothing lies beside it.'] : []),
    ];
  },
  report(given) {
    const { documents, bundle, ledgerHead, keyId } = readFacts('report', given);
    return [
      ...(documents ?? []).map(
        ({ name, revision, digest }) =>
          `${code(name)} ${revision > 0 ? `revision ${revision}` : 'not published'}, ${code(short(digest))}`,
      ),
      ...(bundle ? [`Bundle ${code(bundle.name)} ${code(bundle.digest)}`] : []),
      ...(ledgerHead ? [`Ledger head ${code(ledgerHead)}`] : []),
      ...(keyId ? [`Signed by ${code(keyId)}`] : []),
    ];
  },
};

function nameLine(title: string, names: readonly string[] | undefined): string[] {
  return names && names.length > 0 ? [`${title}: ${names.map(code).join(', ')}`] : [];
}

function provenLines(kind: 'prove' | 'verify', given: Json | undefined): string[] {
  const { suites, proofs, liveTree, probes } = readFacts(kind, given);
  return [
    ...suiteLines(suites ?? []),
    ...(liveTree ? [`Live tree ${code(liveTree.digest)}`] : []),
    ...proofLines(proofs ?? []),
    ...probeDifferences(probes ?? []),
  ];
}
