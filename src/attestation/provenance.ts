// SLSA provenance v1 (slsa.dev/provenance/v1) of the artifact: which baseline and which change set it was made of. Pure.
import { type FactsOf, readFacts } from '../run/facts.ts';
import type { RunState } from '../run/state.ts';
import {
  type Descriptor,
  type ProvenanceStatement,
  predicateTypes,
  type Subject,
  statementType,
} from './statement.ts';

/** One commit of the change set over the baseline, and a reproducible tarball of its tracked files. */
export const buildType = 'https://interlock.dev/build/overlay-commit/v1';

/** The provenance, or null when this run built no artifact. */
export function provenanceOf(run: RunState, subject: Subject): ProvenanceStatement | null {
  const gate = run.gates.find((each) => each.gate.kind === 'artifact');
  const { commit, artifact, manifest } = readFacts('artifact', gate?.result?.facts);
  if (gate?.status !== 'pass' || !gate.result || !commit || !artifact || !manifest) return null;
  const { source } = run.plan;
  if (!source) return null;
  const { repository, branch, baseline, machine } = source;
  const { startedAt, finishedAt } = gate.result;
  return {
    _type: statementType,
    subject: [subject],
    predicateType: predicateTypes.provenance,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: {
          plan: { name: run.plan.name, digest: run.planDigest },
          repository,
          branch,
          baseline,
        },
        internalParameters: { run: run.runId, exclude: run.plan.artifact?.exclude ?? [] },
        resolvedDependencies: [
          {
            name: 'baseline',
            uri: `git+file://${machine}${encodeURI(repository)}@refs/heads/${branch}`,
            digest: { gitCommit: baseline },
          },
          ...changeSetOf(run),
        ],
      },
      runDetails: {
        builder: { id: `https://interlock.dev/builder/v1#${encodeURIComponent(gate.result.machine)}` },
        metadata: { invocationId: run.runId, startedOn: startedAt, finishedOn: finishedAt },
        byproducts: byproducts(commit, artifact, manifest),
      },
    },
  };
}

function changeSetOf(run: RunState): Descriptor[] {
  const gate = run.gates.find((each) => each.gate.kind === 'survey');
  const { files = [], changeSetDigest } = readFacts('survey', gate?.result?.facts);
  return [
    ...(changeSetDigest
      ? [{ name: 'change-set', digest: { sha256: changeSetDigest.replace(/^sha256:/, '') } }]
      : []),
    ...files.map(({ path, sha256, change }) => ({
      name: `change-set/${path}`,
      digest: { sha256 },
      annotations: { change },
    })),
  ];
}

function byproducts(
  commit: string,
  artifact: FactsOf<'artifact'>['artifact'],
  manifest: FactsOf<'artifact'>['manifest'],
): Descriptor[] {
  return [
    { name: 'commit', digest: { gitCommit: commit } },
    { name: manifest.name, digest: { sha256: manifest.sha256 } },
    { name: artifact.name.replace(/\.gz$/, ''), digest: { sha256: artifact.tarSha256 } },
  ];
}
