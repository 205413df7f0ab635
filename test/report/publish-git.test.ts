import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { renderDocuments } from '../../src/report/documents.ts';
import { documentDigest } from '../../src/report/front-matter.ts';
import { createGitPublisher, type GitPlace } from '../../src/report/publish-git.ts';
import { startOpenSsh } from '../fixtures/openssh.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const run = promisify(execFile);
const documents = renderDocuments(stateAtSigning());
const changed = documents.map((each) =>
  each.name === '09-final.md' ? { ...each, markdown: each.markdown.replace('Rita', 'Rosa') } : each,
);
const one = (text: string) => [
  { name: '09-final.md', title: 'final', markdown: `---\nrevision: 0\n---\n\n${text}\n` },
];

let directory = '';
let remote = '';
const folder = 'iu-cutter/o8b';
const publisher = (change: Partial<GitPlace> = {}) =>
  createGitPublisher({
    repository: remote,
    branch: 'kb',
    folder,
    workDirectory: join(directory, 'work'),
    ...change,
  });

const git = async (...args: string[]) =>
  (await run('git', ['-C', remote, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args])).stdout;
const current = (name: string) => git('show', `kb:${folder}/${name}`);
const commits = async () => Number(await git('rev-list', '--count', 'kb'));

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-git-kb-'));
  remote = join(directory, 'kb.git');
  await run('git', ['init', '--quiet', '--bare', remote]);
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** A commit by somebody else, on a clone of their own. */
async function pushByHand(file: string, text: string): Promise<void> {
  const clone = await mkdtemp(join(directory, 'clone-'));
  await run('git', ['clone', '--quiet', '--branch', 'kb', remote, clone]);
  await writeFile(join(clone, file), text);
  const as = ['-C', clone, '-c', 'user.name=t', '-c', 'user.email=t@example.com'];
  await run('git', [...as, 'add', '.']);
  await run('git', [...as, 'commit', '--quiet', '-m', 'by hand']);
  await run('git', [...as, 'push', '--quiet']);
}

describe('publishing to a git repository', () => {
  it('makes revision 1 of every document, as one commit on a branch that it makes', async () => {
    const published = await publisher().publish(documents);
    expect(published.map(({ revision, changed: made }) => [revision, made])).toEqual(
      documents.map(() => [1, true]),
    );
    expect(await commits()).toBe(1);
    for (const { name, digest, location } of published) {
      expect(await current(name)).toContain('\nrevision: 1\n');
      expect(documentDigest(await current(name))).toBe(digest);
      expect(location).toBe(`${remote} kb:${folder}/${name}`);
    }
    expect(await git('log', '-1', '--format=%an %s', 'kb')).toBe(`Interlock Publish reports: ${folder}\n`);
  });

  it('commits nothing when the content is the same, also from a fresh clone', async () => {
    await publisher().publish(documents);
    await publisher().publish(documents);
    const again = await publisher({ workDirectory: join(directory, 'other') }).publish(documents);
    expect(again.every(({ revision, changed: made }) => revision === 1 && !made)).toBe(true);
    expect(await commits()).toBe(1);
  });

  it('makes revision 2 of changed content only, keeps revision 1, and leaves what others wrote', async () => {
    await publisher().publish(documents);
    const first = await current('09-final.md');
    await pushByHand('README.md', 'ours too');
    const published = await publisher().publish(changed);
    expect(published.map(({ name, revision }) => [name, revision])).toEqual(
      documents.map(({ name }) => [name, name === '09-final.md' ? 2 : 1]),
    );
    expect(await current('09-final.md')).toContain('Rosa');
    expect(await current('revisions/09-final.r1.md')).toBe(first);
    expect(await current('revisions/09-final.r2.md')).toBe(await current('09-final.md'));
    expect(await git('show', 'kb:README.md')).toBe('ours too');
    expect(await git('diff', '--stat', '--name-only', 'kb^', 'kb')).toBe(
      `${folder}/09-final.md\n${folder}/revisions/09-final.r2.md\n`,
    );
  });

  it('gives each of many publishers at once a revision of its own, on one line of history', async () => {
    const texts = ['0', '1', '2', '3', '4', '5'];
    const published = await Promise.all(
      texts.map((text, index) =>
        publisher(index % 2 === 0 ? {} : { workDirectory: join(directory, `work-${index}`) }).publish(
          one(text),
        ),
      ),
    );
    expect(published.map(([document]) => document?.revision).sort()).toEqual([1, 2, 3, 4, 5, 6]);
    expect(await commits()).toBe(6);
    const kept = await Promise.all(texts.map((_, index) => current(`revisions/09-final.r${index + 1}.md`)));
    expect(kept.map((text) => text.at(-2)).toSorted()).toEqual(texts);
    const [clone = ''] = await readdir(join(directory, 'work'));
    expect(
      (await readdir(join(directory, 'work', clone))).filter((name) => name.startsWith('index')),
    ).toEqual([]);
  });

  it('puts back a current document that somebody changed or took away', async () => {
    await publisher().publish(documents);
    await pushByHand(`${folder}/09-final.md`, 'improved');
    const published = await publisher().publish(documents);
    expect(published.every(({ revision, changed: made }) => revision === 1 && !made)).toBe(true);
    expect(await current('09-final.md')).toContain('\nrevision: 1\n');
  });

  it('starts no hook of a repository on this machine, and does not pass over one that may refuse', async () => {
    await publisher().publish(documents);
    const marker = join(directory, 'started');
    const hook = join(remote, 'hooks', 'pre-receive');
    await writeFile(hook, `#!/bin/sh\ntouch ${marker}\n`);
    await chmod(hook, 0o755);
    await expect(publisher().publish(changed)).rejects.toMatchObject({
      name: 'PublishError',
      code: 'unwritable',
      message: expect.stringContaining('a hook pre-receive'),
    });
    expect(await publisher().examine()).toMatchObject({ readable: true, writable: false });
    expect(await commits()).toBe(1);
    await rm(hook);
    await git('config', 'core.hooksPath', join(directory, 'hooks'));
    await mkdir(join(directory, 'hooks'));
    await writeFile(join(directory, 'hooks', 'update'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 });
    await expect(publisher().publish(changed)).rejects.toMatchObject({ code: 'unwritable' });
    await rm(join(directory, 'hooks', 'update'));
    await git('config', 'hook.mine.event', 'pre-receive');
    await git('config', 'hook.mine.command', `touch ${marker}`);
    await expect(publisher().publish(changed)).rejects.toMatchObject({
      message: expect.stringContaining('hook.mine.event for pre-receive'),
    });
    await git('config', '--remove-section', 'hook.mine');
    await writeFile(join(directory, 'hooks', 'post-receive'), `#!/bin/sh\ntouch ${marker}\n`, {
      mode: 0o755,
    });
    await publisher().publish(changed);
    await expect(readFile(marker)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('does not move a branch that is checked out there', async () => {
    const tree = join(directory, 'tree');
    await run('git', ['clone', '--quiet', remote, tree]);
    await run('git', ['-C', tree, 'checkout', '--quiet', '-b', 'kb']);
    await expect(publisher({ repository: tree }).publish(documents)).rejects.toMatchObject({
      code: 'unwritable',
      message: expect.stringContaining('checked out'),
    });
  });

  it('says so when there is no such repository, and refuses a name that leads out of the folder', async () => {
    const gone = publisher({ repository: join(directory, 'gone.git') });
    await expect(gone.publish(documents)).rejects.toMatchObject({ code: 'unreachable' });
    expect(await gone.examine()).toMatchObject({ readable: false, writable: false });
    const document = { name: '../../x.md', title: 'x', markdown: 'x' };
    await expect(publisher().publish([document])).rejects.toMatchObject({ code: 'bad-name' });
  });

  it('stops at once when it is told to', async () => {
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(publisher().publish(documents, stop)).rejects.toMatchObject({ code: 'aborted' });
  });

  it('takes nothing from the environment or from the clone’s own settings', async () => {
    await publisher().publish(documents);
    const [clone = ''] = await readdir(join(directory, 'work'));
    const marker = join(directory, 'started');
    await writeFile(
      join(directory, 'work', clone, 'config'),
      `[core]\n\trepositoryformatversion = 0\n\tbare = true\n\tfsmonitor = touch ${marker}\n\thooksPath = ${directory}\n[commit]\n\tgpgSign = true\n`,
    );
    await writeFile(join(directory, 'pre-push'), `#!/bin/sh\ntouch ${marker}\n`);
    await chmod(join(directory, 'pre-push'), 0o755);
    await publisher().publish(changed);
    await expect(readFile(marker)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await current('09-final.md')).toContain('Rosa');
  });
});

describe('looking at a git repository', () => {
  it('tries a push without one', async () => {
    expect(await publisher().examine()).toMatchObject({
      readable: true,
      writable: true,
      detail: expect.stringContaining('to be made by the first publication'),
    });
    await publisher().publish(documents);
    const refs = await git('for-each-ref', '--format=%(refname)');
    expect(await publisher().examine()).toMatchObject({ readable: true, writable: true });
    expect(await git('for-each-ref', '--format=%(refname)')).toBe(refs);
  });
});

it('publishes over SSH, with the host key that it knows, and says so when the other side refuses', async () => {
  await using ssh = await startOpenSshFor(directory);
  const over = publisher({ repository: ssh.url(remote), sshCommand: ssh.command });
  expect(await over.examine()).toMatchObject({ readable: true, writable: true });
  expect((await over.publish(documents)).every(({ revision }) => revision === 1)).toBe(true);
  const hook = join(remote, 'hooks', 'pre-receive');
  await writeFile(hook, '#!/bin/sh\necho "not on a Friday" >&2\nexit 1\n', { mode: 0o755 });
  await expect(over.publish(changed)).rejects.toMatchObject({
    name: 'PublishError',
    code: 'unwritable',
    message: expect.stringContaining('not on a Friday'),
  });
  const unknown = publisher({ repository: ssh.url(remote), sshCommand: ssh.commandOfStranger });
  await expect(unknown.publish(changed)).rejects.toMatchObject({ code: 'unreachable' });
  expect(await commits()).toBe(1);
}, 40_000);

async function startOpenSshFor(place: string) {
  const server = await startOpenSsh();
  const known = join(place, 'known_hosts');
  await writeFile(known, `[${server.host}]:${server.port} ${server.hostKey}\n`);
  const command = (hosts: string) =>
    `ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o UserKnownHostsFile=${hosts} -o GlobalKnownHostsFile=/dev/null -i ${server.privateKeyPath}`;
  return {
    url: (path: string) => `ssh://${server.user}@${server.host}:${server.port}${path}`,
    command: command(known),
    commandOfStranger: command('/dev/null'),
    [Symbol.asyncDispose]: () => server.close(),
  };
}
