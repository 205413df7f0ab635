// G4: one commit whose parent is the baseline, a reproducible artifact of it, and only then the branch moves forward. This
// is the only gate that touches the SSOT repository.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { branchOf, commitAll, diffStat, headOf, isClean, parentOf } from '../src/artifact/git.ts';
import { renderManifest } from '../src/artifact/manifest.ts';
import { buildTarball } from '../src/artifact/tarball.ts';
import { sha256Hex } from '../src/evidence/digest.ts';
import { type Gate, GateStop } from '../src/gate/context.ts';
import { makeWorkTree } from '../src/gate/work-tree.ts';
import { requireFacts } from '../src/run/facts.ts';

export const artifact: Gate = {
  kind: 'artifact',
  async run(context) {
    const { plan, job, record, signal, workspace } = context;
    const { repository, branch, baseline } = plan.source;
    const { files } = requireFacts('survey', job.facts['survey']);
    const { tree: reconciled } = requireFacts('reconcile', job.facts['reconcile']);
    const work = await makeWorkTree(context, 'artifact', files);
    record.check('tree', 'the committed tree is the tested one', work.tree === reconciled, {
      expected: reconciled,
      actual: work.tree,
    });
    const commit = await commitAll(work.directory, { ...plan.commit, date: job.requestedAt, signal });
    const parent = await parentOf(work.directory, commit, { signal });
    record.check('parent', 'the commit’s parent is the baseline', parent === baseline, {
      expected: baseline,
      actual: parent,
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
    if (record.checks.some(({ status }) => status !== 'pass'))
      throw new GateStop('fail', 'artifact', 'The artifact is not as it must be; the branch was not moved.');

    const target = `${repository} ${branch}`;
    const moved = await context.executor.mutate(
      context.permit(),
      {
        kind: 'repository.fast-forward',
        machine: context.machine,
        target,
        detail: `${baseline} → ${commit}`,
      },
      (tools) =>
        tools.fastForward({ repository, branch, from: baseline, to: commit, source: work.directory, signal }),
    );
    const stat = await diffStat(work.directory, baseline, commit, { signal });
    if (moved.done) {
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
        name: `DEPLOY-MANIFEST-${short}.txt`,
        sha256: sha256Hex(manifestText),
        entries: built.entries.entries.map((entry) => ({ ...entry })),
      },
    };
  },
};
