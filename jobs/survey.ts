// G1: the staged change set is exactly the ratified one, has its place in the baseline, and holds no secret. Its bytes are read
// here, once, and kept by their digests: what is shipped is what was surveyed.
import { filesAt } from '../src/artifact/files-at.ts';
import { findMisplaced } from '../src/artifact/find-misplaced.ts';
import { contentFault } from '../src/artifact/find-unshippable.ts';
import { type GitEntry, listEntries, normalMode } from '../src/artifact/tracked-files.ts';
import { digestOf, sha256Hex } from '../src/evidence/digest.ts';
import { scanForPatterns, scanForSecrets } from '../src/evidence/secret-scan.ts';
import type { Gate, GateContext } from '../src/gate/context.ts';
import { nameSome } from '../src/gate/name-some.ts';
import { readStaging, type StagedFile } from '../src/gate/read-staging.ts';
import { countChanges } from '../src/run/count-changes.ts';
import type { SurveyFacts } from '../src/run/facts.ts';

type ChangedFile = SurveyFacts['files'][number];

export const survey: Gate = {
  kind: 'survey',
  async run(context) {
    const { plan, blobs, signal } = context;
    const { changeSet, source } = plan;
    const all = await readStaging(changeSet.directory);
    const staged = all.filter(({ path }) => path !== changeSet.ratifiedList);
    const listing = checkRatified(context, staged);
    checkRatifiedList(context, all, listing);

    const baseline = await listEntries(source.baseline, { cwd: source.repository, signal });
    const files = [...placeStaged(context, staged, baseline), ...(await placeRemoved(context))];
    checkChanges(context, files);
    checkPlaces(context, files, baseline);
    checkShippable(context, staged);
    const clean = await checkSecrets(context, staged);
    // A secret must not outlive the staging directory: nothing of such a change set is kept, and it goes no further.
    for (const { path, content } of clean ? staged : [])
      if (changeSet.files[path] === sha256Hex(content)) await blobs.put(content);
    return { files, changeSetDigest: digestOf(files.map(asDigested)) };
  },
};

/** Exactly the listed files, with exactly the listed bytes. Gives the evidence. */
function checkRatified({ plan, record }: GateContext, staged: readonly StagedFile[]): string {
  const ratified = plan.changeSet.files;
  const count = Object.keys(ratified).length;
  const sums = staged.map(({ path, content }) => [path, sha256Hex(content)] as const);
  const listing = record.keep('staged files', sums.map(([path, sum]) => `${sum}  ${path}`).join('\n'));

  const missing = Object.keys(ratified).filter((path) => !staged.some((each) => each.path === path));
  const extra = sums.map(([path]) => path).filter((path) => !Object.hasOwn(ratified, path));
  const exact = missing.length + extra.length === 0;
  record.check('files', 'exactly the ratified files', exact, {
    expected: `${count} files`,
    actual: exact ? `${staged.length} files` : `missing ${list(missing)}; not ratified ${list(extra)}`,
    evidence: [listing],
  });
  const differing = sums.flatMap(([path, sum]) =>
    Object.hasOwn(ratified, path) && ratified[path] !== sum ? [path] : [],
  );
  record.check('digests', 'every sha256 equal to the ratified one', differing.length === 0, {
    expected: `${count} equal`,
    actual: differing.length === 0 ? `${staged.length} equal` : `differing: ${list(differing)}`,
    evidence: [listing],
  });
  return listing;
}

function checkRatifiedList({ plan, record }: GateContext, all: readonly StagedFile[], listing: string): void {
  const { ratifiedList, files } = plan.changeSet;
  if (ratifiedList === undefined) return;
  const text = all.find(({ path }) => path === ratifiedList)?.content.toString() ?? '';
  const said = text.split('\n').flatMap((line) => {
    // sha256sum reads digits of either case, so a file may stand in the list that way too.
    const [, sha256, path] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line) ?? [];
    return sha256 !== undefined && path !== undefined ? [[path, sha256.toLowerCase()] as const] : [];
  });
  // Each file once: one that is named twice must not stand in for one that is not named.
  const equal = new Set(said.flatMap(([path, sha256]) => (files[path] === sha256 ? [path] : []))).size;
  const same = said.length === Object.keys(files).length && equal === said.length;
  record.check('ratified-list', `${ratifiedList} says the same as the plan`, same, {
    expected: `${Object.keys(files).length} equal entries`,
    actual: same ? `${equal} equal entries` : `${said.length} entries, of which ${equal} equal`,
    evidence: [listing],
  });
}

/** What each staged file is to the baseline, and its mode: the baseline's, or the plan's for a new one. */
function placeStaged(
  { plan }: GateContext,
  staged: readonly StagedFile[],
  baseline: readonly GitEntry[],
): ChangedFile[] {
  const there = new Map(baseline.map((entry) => [entry.path, entry]));
  return staged.map(({ path, content, mode: stagedMode }) => {
    const entry = there.get(path);
    const stated = plan.changeSet.modes?.[path] === '755' ? '100755' : '100644';
    const mode = entry === undefined ? stated : normalMode(entry.mode) === '100755' ? '100755' : '100644';
    return {
      path,
      sha256: sha256Hex(content),
      bytes: content.length,
      change: entry === undefined ? 'added' : 'modified',
      mode,
      ...(stagedMode === mode ? {} : { stagedMode }),
    };
  });
}

async function placeRemoved({ plan, record, signal }: GateContext): Promise<ChangedFile[]> {
  const { changeSet, source } = plan;
  const ratified = Object.entries(changeSet.removed ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  if (ratified.length === 0) return [];
  const paths = ratified.map(([path]) => path);
  const found = await filesAt(source.repository, source.baseline, paths, { signal });
  const sumOf = (path: string) => {
    const content = found.get(path);
    return content ? sha256Hex(content) : 'not there';
  };
  const differing = ratified.filter(([path, sha256]) => sumOf(path) !== sha256);
  record.check('removed', 'every file to remove is in the baseline, as ratified', differing.length === 0, {
    expected: `${ratified.length} equal`,
    actual:
      differing.length === 0
        ? `${ratified.length} equal`
        : `differing: ${differing.map(([path]) => `${path} (${sumOf(path)})`).join(', ')}`,
  });
  return ratified.map(([path, sha256]) => ({
    path,
    sha256,
    bytes: found.get(path)?.length ?? 0,
    change: 'removed',
  }));
}

function checkChanges({ plan, record }: GateContext, files: readonly ChangedFile[]): void {
  const { modified, added, modes = {} } = plan.changeSet;
  const count = (kind: ChangedFile['change']) => files.filter(({ change }) => change === kind).length;
  const removed = Object.keys(plan.changeSet.removed ?? {}).length;
  const asRatified = count('modified') === modified && count('added') === added;
  record.check('changes', 'modified and added as ratified', asRatified, {
    expected: `${modified} modified, ${added} added${removed > 0 ? `, ${removed} removed` : ''}`,
    actual: countChanges(files),
  });
  if (Object.keys(modes).length === 0) return;
  const stated = Object.entries(modes).map(([path, mode]) => ({
    path,
    mode,
    is: files.find((each) => each.path === path),
  }));
  const wrong = stated.filter(({ mode, is }) => is?.mode !== `100${mode}`);
  record.check('modes', 'every stated mode is that of a new file', wrong.length === 0, {
    expected: `${stated.length} as stated`,
    actual:
      wrong.length === 0
        ? `${stated.length} as stated`
        : `not as stated: ${wrong.map(({ path, is }) => `${path} (${is?.mode === undefined ? 'not staged' : `${is.mode.slice(3)} in the baseline, which it keeps`})`).join(', ')}`,
  });
}

function checkPlaces(
  { record }: GateContext,
  files: readonly ChangedFile[],
  baseline: readonly GitEntry[],
): void {
  const misplaced = findMisplaced(baseline, files);
  record.check('paths', 'every path has a place of its own in the baseline', misplaced.length === 0, {
    expected: `${files.length} paths, through no link and into no .git`,
    actual:
      misplaced.length === 0
        ? `${files.length} paths`
        : nameSome(misplaced.map(({ path, why }) => `${path} ${why}`)),
  });
}

function checkShippable({ record }: GateContext, staged: readonly StagedFile[]): void {
  const faults = staged.flatMap(({ path, content }) => {
    const why = contentFault(path, content);
    return why === null ? [] : [`${path} ${why}`];
  });
  record.check(
    'shippable',
    'every file is its own content, and none leaves others out',
    faults.length === 0,
    {
      expected: 'no pointer of git-lfs or git-annex, no export-ignore or export-subst',
      actual: faults.length === 0 ? `none in ${staged.length} files` : nameSome(faults),
    },
  );
}

/** Whether no secret was found. */
async function checkSecrets({ plan, record }: GateContext, staged: readonly StagedFile[]): Promise<boolean> {
  const found = await scanForSecrets(staged);
  const forbidden = scanForPatterns(staged, plan.forbiddenPatterns);
  const evidence = [
    record.keep(
      'secret scan of the change set',
      JSON.stringify({ files: staged.map(({ path }) => path), found, forbidden }, null, 2),
      'application/json',
    ),
  ];
  record.check('secrets', 'no secret in the change set', found.length === 0, {
    expected: found.length === 0 ? `none in ${staged.length} files` : 'none',
    actual:
      found.length === 0
        ? `none in ${staged.length} files`
        : found.map(({ path, line, rule }) => `${path}:${line} (${rule})`).join(', '),
    evidence,
  });
  record.check('forbidden-patterns', 'no forbidden pattern in the change set', forbidden.length === 0, {
    expected: 'none',
    actual: forbidden.length === 0 ? 'none' : forbidden.map(({ path, line }) => `${path}:${line}`).join(', '),
    evidence,
  });
  return found.length === 0;
}

/** Plain files as ever, so that the digest of a change set without removals and programs is what it was. */
function asDigested({ path, sha256, change, mode }: ChangedFile): object {
  return {
    path,
    sha256,
    ...(change === 'removed' ? { change } : {}),
    ...(change === 'added' && mode === '100755' ? { mode } : {}),
  };
}

function list(paths: readonly string[]): string {
  return paths.length === 0 ? 'none' : paths.join(', ');
}
