// G5, first half: the artifact arrives whole on the host, is unpacked beside the live tree, equals the manifest, and passes
// the full suite there. The live tree is only read.
import { posix } from 'node:path';
import { entriesOf } from '../src/artifact/manifest.ts';
import { treeDigest } from '../src/artifact/tree-digest.ts';
import { changeHost, onTarget, stashOf, withTargetLock } from '../src/gate/change-host.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import { liveObstacles } from '../src/gate/live-obstacles.ts';
import { archivePathOf, backupPathOf, stagedPathOf } from '../src/gate/names-beside.ts';
import { checkManifest, manifestOf, type ObservedTree, observeTree } from '../src/gate/observe-tree.ts';
import { rollbackCommands } from '../src/gate/rollback-commands.ts';
import { runSuite } from '../src/gate/run-suite.ts';
import { readableBytes, readableCount } from '../src/gate/size-words.ts';
import { makeDirectory, removeStaged, unpackTarGz } from '../src/host/commands/mutate-tree.ts';
import { diskSpace, parseDiskSpace } from '../src/host/commands/observe-disk.ts';
import { exchangePaths, parsePathFacts, pathFacts } from '../src/host/commands/observe-path.ts';
import { type ExchangeWay, exchangeTrials, parseExchangeTrials } from '../src/host/exchange.ts';
import { parsePlacingTrials, placingTrials } from '../src/host/place.ts';
import { type ArtifactFacts, requireFacts } from '../src/run/facts.ts';

export const stage: Gate = {
  kind: 'stage',
  run: (context) => withTargetLock(context, stageUnderLock),
};

async function stageUnderLock(context: GateContext): Promise<object> {
  const { plan, job, record, signal } = context;
  const { host: hostName, livePath } = plan.target;
  const facts = requireFacts('artifact', job.facts['artifact']);
  const host = await context.host(hostName);
  await checkRoom(context, facts);
  const live = plan.target.first ? null : await observeTree(host, livePath, signal);
  if (live) record.keep(`live tree ${posix.basename(livePath)}`, `${live.files} files, ${live.digest}`);

  const way = plan.target.first ? await tryPlacing(context) : await tryExchange(context);
  const stagedPath = stagedPathOf(livePath, job.run);
  const manifest = manifestOf(facts);
  const transfer = await bring(context, facts, stagedPath);
  const backupPath = live && backupPathOf(livePath, job.run, context.now());
  const known = {
    host: hostName,
    stagedPath,
    livePath,
    liveTree: live && { digest: live.digest, files: live.files },
    backupPath,
  };
  if (transfer === null || way === null) {
    const stagedTree = { digest: treeDigest(entriesOf(manifest)), files: manifest.entries.length };
    throw new GateStop(
      'not-run',
      'dryrun',
      `DRYRUN: would have staged ${facts.artifact.name} at ${stagedPath}.`,
      { facts: { ...known, stagedTree, suites: [], rollbackCommands: [] } },
    );
  }
  record.check('transfer', 'the artifact arrived whole', transfer.sha256 === facts.artifact.sha256, {
    expected: facts.artifact.sha256,
    actual: transfer.sha256,
  });
  const staged = await observeTree(host, stagedPath, signal);
  checkManifest(record, 'staged-tree', 'every staged file equals the manifest', manifest, staged);
  const suites = await testStaged(context, staged);
  const commands = rollbackCommands(way, livePath, backupPath, job.run);
  record.keep('rollback commands', commands.join('\n\n'));
  return {
    ...known,
    stagedTree: { digest: staged.digest, files: staged.files },
    suites,
    transfer,
    rollbackCommands: commands,
    exchangeWay: way,
  };
}

async function checkRoom(context: GateContext, facts: ArtifactFacts): Promise<void> {
  const { plan, host, record, signal } = context;
  const target = await host(plan.target.host);
  const { livePath, first } = plan.target;
  const seen = parsePathFacts(await target.run(pathFacts(exchangePaths(livePath)), { signal }));
  const obstacles = liveObstacles(context.gate, plan.target, seen);
  record.check(
    'exchangeable',
    first
      ? 'nothing is live yet, and its place is free'
      : 'the live path is a plain directory that can be exchanged',
    obstacles.length === 0,
    { actual: obstacles.join('; ') || livePath, otherwise: 'blocked' },
  );
  const { freeBytes, freeInodes, totalInodes } = parseDiskSpace(
    await target.run(diskSpace(posix.dirname(livePath)), { signal }),
  );
  const unpacked = facts.manifest.entries.reduce((sum, { bytes }) => sum + bytes, 0);
  // Artifact, staged tree, and the two copies of the rehearsal; twice that, so that the host is not left full.
  const needed = 2 * (facts.artifact.bytes + 3 * unpacked);
  const neededInodes = 8 * facts.manifest.entries.length;
  const inodes = totalInodes === 0 || freeInodes > neededInodes;
  const room = (bytes: number, count: number) =>
    `${readableBytes(bytes)}${totalInodes === 0 ? '' : ` and ${readableCount(count)} inodes`} free`;
  const expected = `more than ${room(needed, neededInodes)}`;
  const actual = room(freeBytes, freeInodes);
  record.check('space', 'enough free space and inodes', freeBytes > needed && inodes, {
    expected,
    actual,
    otherwise: 'blocked',
  });
  if (record.checks.some(({ status }) => status === 'blocked'))
    throw new GateStop(
      'blocked',
      'host-not-ready',
      obstacles[0] ?? `expected ${expected} on ${plan.target.host}, got ${actual}`,
    );
}

/** The way of naming a first tree without ever replacing one, by trial; null in DRYRUN. */
async function tryPlacing(context: GateContext): Promise<ExchangeWay | null> {
  const parent = posix.dirname(context.plan.target.livePath);
  const tried = await changeHost(
    context,
    'host.exchange',
    `${parent} (scratch directories)`,
    placingTrials(parent),
  );
  if (!tried.done) return null;
  const { way, trials } = parsePlacingTrials(tried.value);
  context.record.check(
    'exchange',
    'a tree can be named there in one step that never replaces another',
    true,
    {
      actual: trials.map(({ way: name, outcome }) => `${name}: ${outcome}`).join(', '),
    },
  );
  return way;
}

/** The way of exchanging that works there, by trial on scratch directories; null in DRYRUN. */
async function tryExchange(context: GateContext): Promise<ExchangeWay | null> {
  const parent = posix.dirname(context.plan.target.livePath);
  const tried = await changeHost(
    context,
    'host.exchange',
    `${parent} (scratch directories)`,
    exchangeTrials(parent),
  );
  if (!tried.done) return null;
  const { way, trials } = parseExchangeTrials(tried.value);
  context.record.check('exchange', 'two directories can be exchanged atomically there', true, {
    actual: trials.map(({ way: name, outcome }) => `${name}: ${outcome}`).join(', '),
  });
  return way;
}

/** Uploads and unpacks; a staged tree that an earlier attempt of this gate left is made anew. */
async function bring(
  context: GateContext,
  facts: ArtifactFacts,
  stagedPath: string,
): Promise<{ bytes: number; ms: number; sha256: string } | null> {
  const { plan, blobs, job, signal } = context;
  const { name, sha256, bytes } = facts.artifact;
  const { livePath } = plan.target;
  const digest = `sha256:${sha256}`;
  if (!(await blobs.has(digest)))
    throw new GateStop(
      'blocked',
      'artifact-not-here',
      `expected the artifact ${digest} in this worker’s data directory, got none; let the gates ${'artifact'} and ${'stage'} be taken by the same machine`,
    );
  const archive = archivePathOf(livePath, job.run);
  await changeHost(
    context,
    'host.journal',
    stashOf(livePath).directory,
    makeDirectory(stashOf(livePath).directory),
  );
  // What an earlier attempt of this run had no time to remove, by these names and no other.
  await changeHost(context, 'host.remove', stagedPath, removeStaged([stagedPath, archive], livePath));
  await context.progress(`uploading ${name}`);
  const uploaded = await onTarget(
    context,
    'host.upload',
    archive,
    `${bytes} bytes, sha256 ${sha256}`,
    (host) =>
      host.upload({
        ...{ from: blobs.path(digest), to: archive, sha256, bytes, signal },
        ...(context.fence ? { fence: context.fence } : {}),
      }),
  );
  await changeHost(context, 'host.unpack', stagedPath, unpackTarGz(archive, stagedPath));
  await changeHost(context, 'host.remove', archive, removeStaged(archive, livePath));
  return uploaded.done
    ? { bytes: uploaded.value.bytes, ms: uploaded.value.durationMs, sha256: uploaded.value.sha256 }
    : null;
}

async function testStaged(context: GateContext, staged: ObservedTree) {
  const { plan, record, signal } = context;
  const full = plan.tests['full'];
  if (!full) return [];
  await context.progress('full tests in the staged tree');
  const observer = await context.host(plan.target.host);
  const counts = await runSuite('full', full, { observer, directory: staged.path, record, signal });
  const after = await observeTree(observer, staged.path, signal);
  record.check('tree-after', 'the tests left the staged tree as it was', after.digest === staged.digest, {
    expected: staged.digest,
    actual: after.digest,
  });
  return [counts];
}
