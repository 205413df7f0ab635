// Every operation on a git repository that the product has, over repositories whose settings would start a program.
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fastForward } from '../../src/artifact/fast-forward.ts';
import { filesAt } from '../../src/artifact/files-at.ts';
import {
  branchOf,
  cloneShared,
  commitTime,
  diffStat,
  dirtyPaths,
  headOf,
  parentOf,
} from '../../src/artifact/git.ts';
import { askGit } from '../../src/artifact/run-git.ts';
import { buildTarball } from '../../src/artifact/tarball.ts';
import { listMatching, listTracked } from '../../src/artifact/tracked-files.ts';
import { gitState, parseGitState } from '../../src/host/commands/observe-git.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { createGitPublisher } from '../../src/report/publish-git.ts';
import { git, makeSandbox, type Sandbox, writeTree } from '../artifact/git-sandbox.ts';
import { alone, copyOf, type Planted, type Row, runControl, together } from './settings-that-start.ts';

let sandbox: Sandbox;
let template: string;
let markers: string;
let host: LocalHost;
let count = 0;

beforeAll(async () => {
  sandbox = await makeSandbox();
  host = new LocalHost();
  markers = join(sandbox.directory, 'markers');
  mkdirSync(markers);
  const kinds = { 'c.clean': '1', 'c.smudge': '1', 'c.process': '1', 'c.eq': '1' };
  template = sandbox.repository('template', { a: '1', b: '1', m: '1', ...kinds });
  git(template, 'branch', 'kb');
  const change = (branch: string, files: Record<string, string>) => {
    git(template, 'checkout', '--quiet', '-B', branch, 'main');
    writeTree(template, files);
    git(template, 'commit', '--quiet', '--all', '-m', branch);
  };
  change('side', { m: 'side' });
  change('other', { b: 'other' });
  git(template, 'checkout', '--quiet', 'main');
  writeTree(template, { a: '2', m: 'main' });
  git(template, 'commit', '--quiet', '--all', '-m', 'second');
});
afterAll(async () => {
  await host.close();
  await sandbox[Symbol.asyncDispose]();
});

/** A copy of the template, and a program of the row's own. The working tree has changes, so that filters have work. */
function prepare(rows: readonly Row[]): string {
  count += 1;
  const repo = copyOf(template, join(sandbox.directory, `repo-${count}`));
  for (const row of rows) row.plant(plantedIn(repo, row));
  for (const kind of ['clean', 'smudge', 'process', 'eq']) writeFileSync(join(repo, `c.${kind}`), 'changed');
  return repo;
}

function plantedIn(repo: string, { name }: Row): Planted {
  const id = name.replaceAll(/[^a-z0-9]+/gi, '-');
  const program = join(sandbox.directory, `start-${id}`);
  writeFileSync(program, `#!/bin/sh\n: > '${markers}/${id}'\nexit 1\n`);
  chmodSync(program, 0o755);
  return { repo, program };
}

const started = () => readdirSync(markers).toSorted();

it.each([...together, ...alone].filter(({ control }) => control !== null))(
  'ordinary git obeys $name',
  (row) => {
    const repo = prepare([row]);
    runControl(row, plantedIn(repo, row));
    expect(started()).toEqual([row.name.replaceAll(/[^a-z0-9]+/gi, '-')]);
    for (const name of started()) rmSync(join(markers, name));
    rmSync(repo, { recursive: true });
  },
);

/** By plumbing through the one place that starts git. */
async function commitIn(repo: string): Promise<string> {
  const env = { GIT_AUTHOR_NAME: 'A', GIT_AUTHOR_EMAIL: 'a@example.com' };
  await askGit(['read-tree', 'HEAD'], { cwd: repo });
  await askGit(['add', '--all', '.'], { cwd: repo });
  const tree = await askGit(['write-tree'], { cwd: repo });
  const id = await askGit(['commit-tree', tree, '-p', 'HEAD', '-m', 'm'], { cwd: repo, env });
  await askGit(['update-ref', 'HEAD', id], { cwd: repo });
  return id;
}

const document = { name: '09-final.md', title: 'final', markdown: '---\nrevision: 0\n---\n\nx\n' };

/** All of them, one after the other; gives those that did not work. */
async function operate(repo: string): Promise<string[]> {
  const failed: string[] = [];
  const attempt = async (name: string, act: () => Promise<unknown>) => {
    await act().catch((error: unknown) => {
      failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    });
  };
  const head = await headOf(repo);
  const copy = `${repo}-copy`;
  await attempt('branch', () => branchOf(repo));
  await attempt('parent', () => parentOf(repo, head));
  await attempt('time', () => commitTime(repo, head));
  await attempt('dirty', () => dirtyPaths(repo));
  await attempt('stat', () => diffStat(repo, `${head}^`, head));
  await attempt('files', () => filesAt(repo, head, ['a', 'b']));
  await attempt('tracked', () => listTracked(head, { cwd: repo }));
  await attempt('matching', () => listMatching(head, ['*'], { cwd: repo }));
  await attempt('tarball', () => buildTarball(repo, head, `${repo}.tar.gz`, { name: 'x', exclude: [] }));
  await attempt('host', async () => parseGitState(await host.run(gitState(repo))));
  await attempt('clone', () => cloneShared(repo, copy, head));
  // What all writing of the product is made of, on the repository itself.
  await attempt('commit there', () => commitIn(repo));
  const now = await headOf(repo);
  await attempt('move', async () => {
    await cloneShared(repo, `${copy}-2`, now);
    writeTree(`${copy}-2`, { a: 'moved' });
    const to = await commitIn(`${copy}-2`);
    const result = await fastForward({
      repository: repo,
      branch: 'main',
      from: now,
      to,
      source: `${copy}-2`,
    });
    expect(result).toEqual({ outcome: 'moved', workingTree: 'follows' });
  });
  await attempt('move from it', async () => {
    const calm = copyOf(template, `${repo}-calm`);
    const [from, to] = [await headOf(calm), await headOf(repo)];
    await fastForward({ repository: calm, branch: 'main', from, to, source: repo });
  });
  const place = { repository: repo, branch: 'kb', folder: 'x', workDirectory: `${repo}-clones` };
  await attempt('examine', () => createGitPublisher(place).examine());
  await attempt('publish', () => createGitPublisher(place).publish([document]));
  return failed;
}

/** Documented names that end as those of programs do, and name none. */
const noPrograms: ReadonlySet<string> = new Set([
  ...['advice.ignoredHook', 'advice.waitingForEditor', 'color.pager', 'core.fsmonitorHookVersion'],
  ...['diff.x.cachetextconv', 'http.proxy', 'remote.x.proxy', 'merge.x.recursive', 'notes.rewrite.x'],
  ...['credential.useHttpPath', 'fsck.gitmodulesPath', 'receive.fsck.gitmodulesPath', 'core.quotePath'],
  ...['help.htmlPath', 'http.sslCAPath', 'instaweb.modulePath', 'sendemail.smtpsslcertpath'],
  ...['column.clean', 'remote.x.partialclonefilter', 'uploadpack.allowFilter', 'guitool.x.revPrompt'],
  ...['advice.updateSparsePath', 'core.attributesFile', 'pager.x', 'includeIf.x.path'],
]);
const likeProgram =
  /(?:cmd|command|program|helper|hook|hooksPath|driver|editor|pager|proxy|askPass|textconv|external|clean|smudge|process|tunnel|vcs|httpd|uploadpack|receivepack|filter|path|fsmonitor)$/i;

it('the table has every setting of this git that is documented with the name of a program', () => {
  const documented = execFileSync('git', ['help', '--config'], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.replaceAll(/<[^>]+>/g, 'x').trim())
    .filter((line) => likeProgram.test(line) && !noPrograms.has(line));
  const planted = new Set(
    [...together, ...alone].map(({ name }) => name.replace(/\.(?:[a-z]|x509)\./, '.x.').toLowerCase()),
  );
  expect(documented.length).toBeGreaterThan(20);
  expect(documented.filter((each) => !planted.has(each.toLowerCase()))).toEqual([]);
});

describe('nothing is started', () => {
  it(`by ${together.length} settings in one repository, and every operation works`, async () => {
    const repo = prepare(together);
    expect(await operate(repo)).toEqual([]);
    expect(started()).toEqual([]);
    expect(git(repo, 'show', 'kb:x/09-final.md')).toContain('revision: 1');
  });

  it.each(alone)('by $name', async (row) => {
    await operate(prepare([row]));
    expect(started()).toEqual([]);
  });
});
