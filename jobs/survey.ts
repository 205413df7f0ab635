// G1: the staged change set is exactly the ratified one, and holds no secret.
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { filesAt } from '../src/artifact/files-at.ts';
import { digestOf, sha256Hex } from '../src/evidence/digest.ts';
import { scanForPatterns, scanForSecrets } from '../src/evidence/secret-scan.ts';
import { type Gate, type GateContext, GateStop } from '../src/gate/context.ts';
import type { SurveyFacts } from '../src/run/facts.ts';

interface StagedFile {
  readonly path: string;
  readonly content: Buffer;
}

export const survey: Gate = {
  kind: 'survey',
  async run(context) {
    const { plan, record, signal } = context;
    const { changeSet, source } = plan;
    const staged = await readChangeSet(context);
    const ratified = Object.entries(changeSet.files).sort(([a], [b]) => (a < b ? -1 : 1));
    const listing = record.keep(
      'staged files',
      staged.map(({ path, content }) => `${sha256Hex(content)}  ${path}`).join('\n'),
    );

    const stagedPaths = staged.map(({ path }) => path);
    const missing = ratified.map(([path]) => path).filter((path) => !stagedPaths.includes(path));
    const extra = stagedPaths.filter((path) => !(path in changeSet.files));
    record.check('files', 'exactly the ratified files', missing.length === 0 && extra.length === 0, {
      expected: `${ratified.length} files`,
      actual:
        missing.length + extra.length === 0
          ? `${staged.length} files`
          : `missing ${list(missing)}; not ratified ${list(extra)}`,
      evidence: [listing],
    });

    const differing = staged
      .filter(
        ({ path, content }) =>
          changeSet.files[path] !== undefined && changeSet.files[path] !== sha256Hex(content),
      )
      .map(({ path }) => path);
    record.check('digests', 'every sha256 equal to the ratified one', differing.length === 0, {
      expected: `${ratified.length} equal`,
      actual: differing.length === 0 ? `${staged.length} equal` : `differing: ${list(differing)}`,
      evidence: [listing],
    });
    await checkRatifiedList(context, listing);

    const baseline = await filesAt(source.repository, source.baseline, stagedPaths, { signal });
    const files: SurveyFacts['files'] = staged.map(({ path, content }) => ({
      path,
      sha256: sha256Hex(content),
      bytes: content.length,
      change: baseline.get(path) ? 'modified' : 'added',
    }));
    const modified = files.filter(({ change }) => change === 'modified').length;
    record.check(
      'changes',
      'modified and added as ratified',
      modified === changeSet.modified && files.length - modified === changeSet.added,
      {
        expected: `${changeSet.modified} modified, ${changeSet.added} added`,
        actual: `${modified} modified, ${files.length - modified} added`,
      },
    );
    await checkSecrets(context, staged);
    return { files, changeSetDigest: digestOf(files.map(({ path, sha256 }) => ({ path, sha256 }))) };
  },
};

async function readChangeSet({ plan }: GateContext): Promise<StagedFile[]> {
  const { directory, ratifiedList } = plan.changeSet;
  const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(
    (cause: unknown) => {
      throw new GateStop(
        'blocked',
        'no-change-set',
        `expected the staged change set in ${directory}, got no readable directory`,
        { cause },
      );
    },
  );
  const files: StagedFile[] = [];
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name);
    const name = relative(directory, path);
    if (entry.isDirectory() || name === ratifiedList) continue;
    // A link would be read here and written somewhere else there.
    if (!(await lstat(path)).isFile())
      throw new GateStop('fail', 'not-a-file', `expected plain files in the change set, got ${name}`);
    files.push({ path: name, content: await readFile(path) });
  }
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function checkRatifiedList({ plan, record }: GateContext, listing: string): Promise<void> {
  const { directory, ratifiedList, files } = plan.changeSet;
  if (ratifiedList === undefined) return;
  const text = await readFile(join(directory, ratifiedList), 'utf8').catch(() => '');
  const said = text.split('\n').flatMap((line) => {
    const [, sha256, path] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? [];
    return sha256 !== undefined && path !== undefined ? [[path, sha256] as const] : [];
  });
  const same =
    said.length === Object.keys(files).length && said.every(([path, sha256]) => files[path] === sha256);
  record.check('ratified-list', `${ratifiedList} says the same as the plan`, same, {
    expected: `${Object.keys(files).length} equal entries`,
    actual: same
      ? `${said.length} equal entries`
      : `${said.length} entries, of which ${said.filter(([path, sha256]) => files[path] === sha256).length} equal`,
    evidence: [listing],
  });
}

async function checkSecrets({ plan, record }: GateContext, staged: readonly StagedFile[]): Promise<void> {
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
}

function list(paths: readonly string[]): string {
  return paths.length === 0 ? 'none' : paths.join(', ');
}
