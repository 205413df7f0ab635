// G4: one commit whose parent is the baseline, a reproducible artifact of it, and only then the branch moves forward. This
// is the only gate that touches the SSOT repository. A second artifact of a run is built from that same commit, and moves nothing.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { commitTree } from '../src/artifact/commit-tree.ts';
import { filesAt } from '../src/artifact/files-at.ts';
import { branchOf, diffStat, headOf, isClean, parentOf } from '../src/artifact/git.ts';
import { renderManifest } from '../src/artifact/manifest.ts';
import { buildTarball, type Tarball } from '../src/artifact/tarball.ts';
import { sha256Hex } from '../src/evidence/digest.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { nameSome } from '../src/gate/name-some.ts';
import { makeWorkTree } from '../src/gate/work-tree.ts';
import { readFacts, requireFacts, type SurveyFacts } from '../src/run/facts.ts';

export const artifact: Gate = {
  kind: 'artifact',
  async run(context) {
    const { plan, job, gate, record, signal, workspace } = context;
    const { repository, branch, baseline } = plan.source;
    const { files } = requireFacts('survey', job.facts['survey']);
    const { tree: reconciled } = requireFacts('reconcile', job.facts['reconcile']);
    const work = await makeWorkTree(context, job.gate, files);
    record.check('tree', 'the committed tree is the tested one', work.tree === reconciled, {
      expected: reconciled,
      actual: work.tree,
    });
    const commit = await commitTree(work.directory, {
      ...plan.commit,
      tree: work.tree,
      date: job.requestedAt,
      signal,
    });
    const parent = await parentOf(work.directory, commit, { signal });
    record.check('parent', 'the commit’s parent is the baseline', parent === baseline, {
      expected: baseline,
      actual: parent,
    });

    // Made anew from the same bytes, by the same author, at the same time, it has the same id.
    const { commit: first } = readFacts('artifact', job.facts['artifact']);
    if (first !== undefined)
      record.check('commit', 'it is built from the commit that this run has made', commit === first, {
        expected: first,
        actual: commit,
      });

    await context.progress('building the artifact');
    const short = commit.slice(0, 7);
    const name = `${plan.artifact.name.replaceAll('{commit}', short)}.tar.gz`;
    const built = await buildTarball(work.directory, commit, join(workspace, name), {
      exclude: plan.artifact.exclude,
      name,
      signal,
    });
    await context.blobs.putFile(built.file, signal);
    await rm(built.file);
    const manifestText = renderManifest(built.entries);
    const manifestEvidence = record.keep(`manifest of ${name}`, manifestText);
    await context.blobs.put(manifestText);
    record.check(
      'contents',
      'tracked files only; no .git, .env, secret or cache',
      built.entries.entries.length > 0,
      {
        actual: `${built.entries.entries.length} files, ${built.bytes} bytes, sha256 ${built.sha256}`,
        evidence: [manifestEvidence],
      },
    );
    await checkRatified(context, work.directory, built, files);
    if (record.checks.some(({ status }) => status !== 'pass'))
      throw new GateStop('fail', 'artifact', 'The artifact is not as it must be; the branch was not moved.');

    const isMoved =
      first === undefined ? await moveBranch(context, commit, work.directory) : job.mode === 'LIVE';
    const stat = await diffStat(work.directory, baseline, commit, { signal });
    if (isMoved) {
      const after = {
        head: await headOf(repository, { signal }),
        branch: await branchOf(repository, { signal }),
        clean: await isClean(repository, { signal }),
      };
      record.check(
        'branch',
        `${branch} is at the commit, clean`,
        after.head === commit && after.branch === branch && after.clean,
        {
          expected: `${branch} at ${commit}, clean`,
          actual: `${after.branch ?? 'detached'} at ${after.head}, ${after.clean ? 'clean' : 'with changes'}`,
        },
      );
    }
    return {
      commit,
      parent,
      branch,
      subject: plan.commit.message.split('\n')[0] ?? '',
      ...stat,
      artifact: {
        name,
        sha256: built.sha256,
        bytes: built.bytes,
        tarSha256: built.tarSha256,
        files: built.entries.entries.length,
      },
      manifest: {
        name: `DEPLOY-MANIFEST-${gate.artifact === undefined ? '' : `${gate.artifact}-`}${short}.txt`,
        sha256: sha256Hex(manifestText),
        entries: built.entries.entries.map((entry) => ({ ...entry })),
      },
    };
  },
};

/**
 * What was ratified, by the plan itself, is what the manifest has, and by the survey in which mode. A file that `exclude`
 * keeps out of the artifact is held against the commit.
 */
async function checkRatified(
  { plan, record, signal }: GateContext,
  repository: string,
  { entries: { commit, entries }, excluded }: Tarball,
  files: SurveyFacts['files'],
): Promise<void> {
  const built = new Map(entries.map((entry) => [entry.path, entry]));
  const left = new Set(excluded);
  const kept = await filesAt(repository, commit, [...left], { signal });
  const { files: ratified, removed = {} } = plan.changeSet;
  const paths = [...Object.keys(ratified), ...Object.keys(removed)];
  const wrong = paths.filter((path) => {
    const [entry, content] = [built.get(path), kept.get(path)];
    if (!Object.hasOwn(ratified, path)) return entry !== undefined || left.has(path);
    if (entry === undefined) return !content || sha256Hex(content) !== ratified[path];
    return entry.sha256 !== ratified[path] || entry.mode !== files.find((each) => each.path === path)?.mode;
  });
  const out = paths.filter((path) => left.has(path));
  record.check('ratified', 'every ratified file ships with its ratified sha256', wrong.length === 0, {
    expected: `${paths.length} as ratified`,
    actual:
      wrong.length === 0
        ? `${paths.length} as ratified${out.length > 0 ? `, of which \`exclude\` leaves out ${nameSome(out)}` : ''}`
        : `not as ratified: ${nameSome(wrong)}`,
  });
}

/** False in a dry run. */
async function moveBranch(context: GateContext, commit: string, source: string): Promise<boolean> {
  const { plan, signal } = context;
  const { repository, branch, baseline } = plan.source;
  const moved = await context.executor.mutate(
    context.permit(),
    {
      kind: 'repository.fast-forward',
      machine: context.machine,
      target: `${repository} ${branch}`,
      detail: `${baseline} → ${commit}`,
    },
    (tools) => tools.fastForward({ repository, branch, from: baseline, to: commit, source, signal }),
  );
  return moved.done;
}
