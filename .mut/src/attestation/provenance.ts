// SLSA provenance v1 (slsa.dev/provenance/v1) of the artifact: which baseline and which change set it was made of. Pure.
import { readFacts } from '../run/facts.ts';
import { builtOf } from '../run/standing.ts';
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
export function provenanceOf(run: RunState, subjects: readonly Subject[]): ProvenanceStatement | null {
  const gates = run.gates.filter(({ gate, status }) => gate.kind === 'artifact' && status === 'pass');
  const [first, last] = [gates[0]?.result, gates.at(-1)?.result];
  const built = builtOf(run);
  if (!first || !last || built.length === 0) return null;
  const { source } = run.plan;
  if (!source) return null;
  const { repository, branch, baseline, machine } = source;
  return {
    _type: statementType,
    subject: [...subjects],
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
        internalParameters: { run: run.runId, exclude: excludedFrom(run, built) },
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
        builder: { id: `https://interlock.dev/builder/v1#${encodeURIComponent(first.machine)}` },
        metadata: { invocationId: run.runId, startedOn: first.startedAt, finishedOn: last.finishedAt },
        byproducts: byproducts(built),
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

type Built = ReturnType<typeof builtOf>;

/** A list for one artifact; by name of the artifact for several, where null of the plan is called "artifact". */
function excludedFrom({ plan }: RunState, built: Built): string[] | { [artifact: string]: string[] } {
  const of = (key: string | null) => (key === null ? plan.artifact : plan.artifacts[key])?.exclude ?? [];
  const [only, second] = built;
  if (only && !second) return [...of(only.key)];
  return Object.fromEntries(built.map(({ key }) => [key ?? 'artifact', [...of(key)]]));
}

function byproducts(built: Built): Descriptor[] {
  return [
    ...built.slice(0, 1).map(({ commit }) => ({ name: 'commit', digest: { gitCommit: commit } })),
    ...built.flatMap(({ artifact, manifest }) => [
      { name: manifest.name, digest: { sha256: manifest.sha256 } },
      { name: artifact.name.replace(/\.gz$/, ''), digest: { sha256: artifact.tarSha256 } },
    ]),
  ];
}
