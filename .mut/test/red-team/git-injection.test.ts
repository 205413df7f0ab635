// Hostile names, messages and addresses before real git: they are data, or they are refused.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkOutRaw } from '../../src/artifact/check-out-raw.ts';
import { fastForward } from '../../src/artifact/fast-forward.ts';
import { filesAt } from '../../src/artifact/files-at.ts';
import { cloneShared, dirtyPaths, headOf } from '../../src/artifact/git.ts';
import { GitError } from '../../src/artifact/git-error.ts';
import { resolveCommit } from '../../src/artifact/resolve-commit.ts';
import { askGit } from '../../src/artifact/run-git.ts';
import { listMatching, listTracked } from '../../src/artifact/tracked-files.ts';
import { planSchema } from '../../src/plan/schema.ts';
import { reportsSchema } from '../../src/plan/schema-reports.ts';
import { createGitPublisher } from '../../src/report/publish-git.ts';
import { commitAll, git, makeSandbox, type Sandbox } from '../artifact/git-sandbox.ts';
import { examplePlan } from '../fixtures/slack-runs.ts';
import { hostileName, hostileText, payloads, sample } from './hostile-text.ts';

let sandbox: Sandbox;
let canary: { directory: string; variable: 'HACKED' };
const author = { name: 'A', email: 'a@example.com' };
const date = '2026-05-21T05:33:34Z';

beforeEach(async () => {
  sandbox = await makeSandbox();
  canary = { directory: join(sandbox.directory, 'canary'), variable: 'HACKED' };
  mkdirSync(canary.directory);
});
afterEach(async () => {
  expect(readdirSync(canary.directory)).toEqual([]);
  await sandbox[Symbol.asyncDispose]();
});

/** A fault of git’s, or of the arguments; never one of Node. */
const refusal = (error: unknown) => {
  if (!(error instanceof GitError)) throw error;
  return null;
};

describe('git', () => {
  it('takes a hostile commit or branch for a name that leads nowhere', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    const head = await headOf(repo);
    const names = [...payloads(canary), ...sample(hostileText(canary), 60, 0x917)];
    await inTens(names, async (name) => {
      const found = await resolveCommit(repo, name).catch(refusal);
      if (found !== null) expect(found).toBe(head);
      const moved = await fastForward({
        repository: repo,
        branch: name,
        from: head,
        to: head,
        source: repo,
      }).catch(refusal);
      expect(moved).toBeNull();
    });
    expect(git(repo, 'for-each-ref', '--format=%(refname)')).toBe('refs/heads/main');
  });

  it('keeps hostile file names and messages byte for byte', async () => {
    const names = [...new Set(sample(hostileName(canary), 80, 0xf11e))].filter((name) => name !== '.git');
    const repo = sandbox.repository(`repo ${payloads(canary)[9]?.replaceAll('/', '∕') ?? ''}`, { a: '1' });
    for (const name of names) writeFileSync(join(repo, name), name);
    expect((await dirtyPaths(repo)).toSorted()).toEqual(names.toSorted());
    const message = sample(hostileText(canary), 40, 0x3e55).join(' ');
    const commit = await commitAll(repo, { message, author, date });
    const tracked = await listTracked(commit, { cwd: repo });
    expect(tracked.map(({ path }) => path).toSorted()).toEqual([...names, 'a'].toSorted());
    expect(await askGit(['show', '--no-patch', '--format=%B', commit], { cwd: repo })).toContain(
      message.trimEnd(),
    );
    const plain = names.filter((name) => !name.includes('\n') && !name.startsWith('-'));
    const read = await filesAt(repo, commit, plain);
    for (const name of plain) expect(read.get(name)?.toString(), name).toBe(name);
    for (const name of names.filter((each) => !plain.includes(each)))
      await expect(filesAt(repo, commit, [name])).rejects.toMatchObject({ code: 'unsafe-argument' });
    const copy = join(sandbox.directory, `copy of ${names[0]}`);
    await cloneShared(repo, copy, commit);
    await checkOutRaw(copy, git(copy, 'rev-parse', `${commit}^{tree}`), copy);
    expect(readdirSync(copy).toSorted()).toEqual(['.git', 'a', ...names].toSorted());
  });

  it('takes a hostile author as a name, or not at all', async () => {
    const repo = sandbox.repository('repo', { a: '1' });
    for (const name of sample(hostileText(canary), 15, 0xa07)) {
      writeFileSync(join(repo, 'a'), `${Math.random()}`);
      const commit = await commitAll(repo, { message: 'm', author: { name, email: 'a@b' }, date }).catch(
        refusal,
      );
      if (commit === null) continue;
      const header = git(repo, 'cat-file', 'commit', commit).split('\n\n')[0]?.split('\n') ?? [];
      expect(header.map((line) => line.split(' ')[0])).toEqual(['tree', 'parent', 'author', 'committer']);
    }
  });

  it('matches a hostile glob against names, whatever magic it asks for', async () => {
    const repo = sandbox.repository('repo', { a: '1', 'b/c': '2' });
    const commit = await headOf(repo);
    const globs = [
      ...payloads(canary),
      ':(exclude)a',
      ':!a',
      '--output=x',
      '-x',
      ...sample(hostileText(canary), 20, 0x61),
    ];
    await inTens(globs, async (glob) => {
      const found = await listMatching(commit, [glob], { cwd: repo }).catch(refusal);
      expect([...(found ?? [])].filter((path) => path !== 'a' && path !== 'b/c')).toEqual([]);
    });
    expect(readdirSync(repo).toSorted()).toEqual(['.git', 'a', 'b']);
  });

  it('does not obey an address that starts programs', async () => {
    const act = `touch ${canary.directory}/transport`;
    const addresses = [
      `ext::sh -c ${act.replaceAll(' ', '% ')}`,
      `--upload-pack=${act}`,
      `-oProxyCommand=${act}`,
      `ssh://-oProxyCommand=${act}/x`,
      `-oProxyCommand=${act}:x`,
      `fd::17`,
      `testgit::/x`,
      `http://127.0.0.1:1/x`,
      `file://${sandbox.directory}/none`,
      ...payloads(canary),
    ];
    await inTens(addresses, async (repository) => {
      const place = {
        repository,
        branch: 'main',
        folder: 'x',
        workDirectory: join(sandbox.directory, 'clones'),
      };
      const found = await createGitPublisher(place)
        .examine()
        .catch((error: unknown) => {
          if (!(error instanceof Error && error.name.endsWith('Error'))) throw error;
          return { readable: false };
        });
      expect(found.readable, repository).toBe(false);
    });
  });
});

describe('a plan', () => {
  const report = examplePlan().reports;
  const isPublisher = (repository: string, branch = 'main') =>
    reportsSchema.safeParse({ ...report, publisher: { kind: 'git', repository, branch } }).success;

  it('cannot name an address or a branch that git would take for something else', () => {
    for (const text of [
      'ext::sh -c x',
      '--upload-pack=x',
      'ssh://-oProxyCommand=x/y',
      '-x@y:z',
      'u@-h:p',
      'u@h:-p',
    ])
      expect(isPublisher(text), text).toBe(false);
    for (const text of ['-x', '.x', '/x', 'a..b', 'a b', 'x.lock', 'a~1', 'a^', 'a:b', '@{-1}', 'a\n'])
      expect(isPublisher('/srv/kb', text), text).toBe(false);
    expect(isPublisher('/srv/kb')).toBe(true);
    expect(isPublisher('git@kb.example:reports.git')).toBe(true);
  });

  it('takes no hostile text where a name, a path or an id belongs', () => {
    const plan = examplePlan();
    const texts = [...payloads(canary), ...sample(hostileText(canary), 400, 0x9a)];
    const tries: ((text: string) => unknown)[] = [
      (text) => ({ ...plan, name: text }),
      (text) => ({ ...plan, lineage: text }),
      (text) => ({ ...plan, source: { ...plan.source, branch: text } }),
      (text) => ({ ...plan, source: { ...plan.source, baseline: text } }),
      (text) => ({ ...plan, hosts: { h: { ...Object.values(plan.hosts)[0], user: text } } }),
      (text) => ({ ...plan, hosts: { h: { ...Object.values(plan.hosts)[0], hostKey: text } } }),
      (text) => ({ ...plan, target: { ...plan.target, host: text } }),
      (text) => ({ ...plan, artifact: { ...plan.artifact, name: text } }),
      (text) => ({ ...plan, approval: { ...plan.approval, requesters: [text] } }),
    ];
    const harmless = /^[A-Za-z0-9_][A-Za-z0-9._/{}-]*$/;
    for (const [index, make] of tries.entries())
      for (const text of texts)
        if (planSchema.safeParse(make(text)).success) expect(text, `field ${index}`).toMatch(harmless);
    const control = (text: string) => ({ ...plan, target: { ...plan.target, livePath: `/srv/a${text}b` } });
    for (const text of ['\r', '\n', '\0', '\t', '\u001b', '\u007f', '\u0085'])
      expect(planSchema.safeParse(control(text)).success).toBe(false);
    expect(planSchema.safeParse(control(" $(x) 'é")).success).toBe(true);
  });
});

async function inTens<T>(items: readonly T[], act: (item: T) => Promise<void>): Promise<void> {
  for (let at = 0; at < items.length; at += 10) await Promise.all(items.slice(at, at + 10).map(act));
}
