// Settings of a repository that make git start a program. Each row plants one, and has an ordinary git command that shows that
// it would: a row that could not start anything would prove nothing. After git-config(1), githooks(5), gitattributes(5) and the
// advisories CVE-2022-24765, CVE-2024-32004 and CVE-2024-32465.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '../artifact/git-sandbox.ts';

export interface Planted {
  readonly repo: string;
  /** A program that leaves the row's marker; with it, what it is given on standard input comes out again. */
  readonly program: string;
}

export interface Row {
  readonly name: string;
  readonly plant: (at: Planted) => void;
  /** Arguments of git; null where this version of git wants more than a test can give it: a terminal, a password, a trusted file. */
  readonly control: ((at: Planted) => readonly string[]) | null;
  readonly input?: string;
}

type Words = string | ((at: Planted) => string);
type Pair = readonly [name: Words, value: Words];
const set =
  (...pairs: readonly Pair[]) =>
  (at: Planted) => {
    const text = (words: Words) => (typeof words === 'string' ? words : words(at));
    for (const [name, value] of pairs) git(at.repo, 'config', '--add', text(name), text(value));
  };
const program = ({ program: path }: Planted) => path;
const setting = (
  name: string,
  control: Row['control'],
  ...more: readonly (readonly [string, string])[]
): Row => ({ name, plant: set([name, program], ...more), control });

const attributes =
  (text: string) =>
  ({ repo }: Planted) =>
    appendFileSync(join(repo, '.git/info/attributes'), `${text}\n`);
const both =
  (...all: readonly ((at: Planted) => void)[]) =>
  (at: Planted) => {
    for (const each of all) each(at);
  };
const hook = (name: string, control: readonly string[]): Row => ({
  name: `hooks/${name}`,
  plant: ({ repo, program: path }) => {
    mkdirSync(join(repo, '.git/hooks'), { recursive: true });
    writeFileSync(join(repo, '.git/hooks', name), `#!/bin/sh\nexec ${path} "$@"\n`, { mode: 0o755 });
  },
  control: () => control,
});
const included = (name: string, include: (at: Planted) => readonly [string, string]): Row => ({
  name,
  plant: (at) => {
    writeFileSync(join(at.repo, '.git/more'), `[core]\n\tfsmonitor = ${at.program}\n`);
    set(include(at))(at);
  },
  control: () => ['status'],
});
const commit = ['commit', '--quiet', '--allow-empty', '-m', 'x'];
const pushHere = ({ repo }: Planted) => ['push', '--quiet', repo, 'HEAD:refs/heads/pushed'];
const blobOf = ({ repo }: Planted) => git(repo, 'rev-parse', 'HEAD:a');

/** Takes a blob away, as a partial clone lacks it; whoever reads it asks the promisor remote. */
const promisor = (name: string, ...pairs: readonly Pair[]): Row => ({
  name,
  plant: (at) => {
    const blob = blobOf(at);
    rmSync(join(at.repo, '.git/objects', blob.slice(0, 2), blob.slice(2)));
    set(
      ['core.repositoryFormatVersion', '1'],
      ['extensions.partialClone', 'far'],
      ['remote.far.promisor', 'true'],
      ...pairs,
    )(at);
  },
  control: (at) => ['cat-file', 'blob', blobOf(at)],
});

/** Each of these can stand in one repository with all others. */
export const together: readonly Row[] = [
  setting('core.fsmonitor', () => ['status']),
  // Only where its output is a terminal.
  setting('core.pager', null),
  setting('core.editor', () => ['commit', '--allow-empty']),
  setting('core.askPass', null),
  setting('core.sshCommand', () => ['ls-remote', 'ssh://x.invalid/y']),
  setting('core.gitProxy', () => ['ls-remote', 'git://x.invalid/y']),
  setting('core.alternateRefsCommand', pushHere),
  {
    name: 'credential.helper',
    plant: set(['credential.helper', ({ program: path }) => `!${path}`]),
    control: () => ['credential', 'fill'],
    input: 'protocol=https\nhost=x.invalid\n\n',
  },
  setting('diff.external', () => ['diff', 'HEAD^', 'HEAD']),
  {
    name: 'diff.x.command',
    plant: both(set(['diff.x.command', program]), attributes('a diff=x')),
    control: () => ['diff', 'HEAD^', 'HEAD'],
  },
  {
    name: 'diff.x.textconv',
    plant: both(set(['diff.y.textconv', program]), attributes('m diff=y')),
    control: () => ['diff', 'HEAD^', 'HEAD', '--', 'm'],
  },
  ...(['clean', 'smudge', 'process'] as const).map(
    (kind): Row => ({
      name: `filter.x.${kind}`,
      plant: both(set([`filter.f${kind}.${kind}`, program]), attributes(`*.${kind} filter=f${kind}`)),
      control: () =>
        kind === 'smudge' ? ['checkout', '--force', 'HEAD^', '--', `c.${kind}`] : ['add', '--all'],
    }),
  ),
  {
    name: 'filter of a name with "="',
    plant: both(set(['filter.a=b.clean', program]), attributes('*.eq filter=a=b')),
    control: () => ['add', '--all'],
  },
  {
    name: 'merge.x.driver',
    plant: both(set(['merge.x.driver', program]), attributes('m merge=x')),
    control: () => ['merge', '--quiet', '-m', 'x', 'side'],
  },
  setting('gpg.program', () => [...commit, '-S'], ['commit.gpgSign', 'true'], ['log.showSignature', 'true']),
  setting('gpg.x509.program', () => ['-c', 'gpg.format=x509', ...commit, '-S']),
  setting('gpg.ssh.program', () => ['-c', 'gpg.format=ssh', '-c', 'user.signingKey=/k', ...commit, '-S']),
  setting('gpg.ssh.defaultKeyCommand', () => ['-c', 'gpg.format=ssh', ...commit, '-S']),
  setting('sequence.editor', () => ['rebase', '-i', '--autostash', 'HEAD^']),
  setting('trailer.x.command', () => ['interpret-trailers', '--trailer', 'x']),
  setting('pager.status', null),
  setting('remote.x.uploadpack', () => ['fetch', 'x'], ['remote.x.url', '/nonexistent']),
  setting('remote.z.receivepack', () => ['push', 'z', 'HEAD:x'], ['remote.z.url', '/nonexistent']),
  {
    name: 'remote.x.vcs',
    plant: set(['remote.v.vcs', 'ext'], ['remote.v.url', program], ['protocol.ext.allow', 'always']),
    control: () => ['ls-remote', 'v'],
  },
  {
    name: 'url.x.insteadOf',
    plant: set(['url.ext::sh -c %S.insteadOf', '/'], ['protocol.ext.allow', 'always']),
    control: null,
  },
  setting('uploadpack.packObjectsHook', null),
  {
    name: 'submodule.x.update',
    plant: ({ repo, program: path }) => {
      set(['submodule.s.url', '/nonexistent'], ['submodule.s.update', `!${path}`])({ repo, program: path });
    },
    control: null,
  },
  setting('tar.x.command', () => ['archive', '--format=x', 'HEAD']),
  setting('gpg.openpgp.program', () => ['-c', 'gpg.format=openpgp', ...commit, '-S']),
  setting('trailer.x.cmd', () => ['interpret-trailers', '--trailer', 'x'], ['trailer.x.key', 'x']),
  setting('hook.x.command', null, ['hook.x.event', 'pre-commit'], ['hook.x.event', 'post-index-change']),
  setting('gc.recentObjectsHook', null),
  {
    name: 'alias.x',
    plant: set(
      ['alias.x', ({ program: path }) => `!${path}`],
      ['alias.status', ({ program: path }) => `!${path}`],
    ),
    control: () => ['x'],
  },
  {
    name: 'credential.x.helper',
    plant: set(['credential.https://x.invalid.helper', ({ program: path }) => `!${path}`]),
    control: () => ['credential', 'fill'],
    input: 'protocol=https\nhost=x.invalid\n\n',
  },
  setting('difftool.x.cmd', () => ['difftool', '--no-prompt', '--tool=x', 'HEAD^', 'HEAD'], [
    'diff.tool',
    'x',
  ]),
  setting('difftool.y.path', null, ['diff.guitool', 'y']),
  setting('mergetool.x.cmd', null, ['merge.tool', 'x']),
  setting('mergetool.y.path', null, ['merge.guitool', 'y']),
  setting('guitool.x.cmd', null),
  setting('browser.x.cmd', () => ['web--browse', '--browser=x', '/nonexistent.html'], ['help.browser', 'x']),
  setting('browser.y.path', null, ['web.browser', 'y']),
  setting('man.x.cmd', () => ['help', '--man', 'log'], ['man.viewer', 'x']),
  setting('man.y.path', null),
  setting('interactive.diffFilter', null),
  {
    ...setting('imap.tunnel', () => ['imap-send'], ['imap.folder', 'x']),
    input: 'From x\nFrom: a@b\nDate: Thu, 1 Jan 1970 00:00:00 +0000\nSubject: x\n\nx\n',
  },
  setting('sendemail.toCmd', null),
  setting('sendemail.ccCmd', null),
  setting('sendemail.headerCmd', null),
  setting('instaweb.httpd', null, ['instaweb.browser', '/nonexistent']),
  setting('gitcvs.dbDriver', null),
  {
    name: 'url.x.pushInsteadOf',
    plant: set(['url.ext::sh -c %S.pushInsteadOf', '/'], ['protocol.ext.allow', 'always']),
    control: null,
  },
  included('include.path', () => ['include.path', 'more']),
  included('includeIf', ({ repo }) => [`includeIf.gitdir:${repo}/.path`, 'more']),
  {
    name: 'config.worktree',
    plant: (at) => {
      set(['core.repositoryFormatVersion', '1'], ['extensions.worktreeConfig', 'true'])(at);
      writeFileSync(join(at.repo, '.git/config.worktree'), `[core]\n\tfsmonitor = ${at.program}\n`);
    },
    control: () => ['status'],
  },
  {
    name: 'core.hooksPath',
    plant: (at) => {
      const directory = join(at.repo, '.git/other-hooks');
      mkdirSync(directory);
      for (const name of ['post-checkout', 'post-index-change', 'post-receive'])
        writeFileSync(join(directory, name), `#!/bin/sh\nexec ${at.program}\n`, { mode: 0o755 });
      set(['core.hooksPath', directory])(at);
    },
    control: () => ['checkout', '--quiet', '--detach'],
  },
  hook('post-checkout', ['checkout', '--quiet', '--detach']),
  hook('pre-commit', commit),
  hook('prepare-commit-msg', commit),
  hook('commit-msg', commit),
  hook('post-commit', commit),
  hook('pre-merge-commit', ['merge', '--quiet', '--no-ff', '-m', 'x', 'other']),
  hook('pre-rebase', ['rebase', '--quiet', '--autostash', '--force-rebase', 'HEAD^']),
  hook('post-rewrite', ['commit', '--quiet', '--allow-empty', '--amend', '-m', 'x']),
  hook('post-merge', ['merge', '--quiet', '-m', 'x', 'other']),
  hook('post-index-change', ['add', '--all']),
  hook('pre-push', ['push', '--quiet', '.', 'HEAD:refs/heads/pushed']),
  hook('post-receive', ['push', '--quiet', '.', 'HEAD:refs/heads/pushed']),
  hook('post-update', ['push', '--quiet', '.', 'HEAD:refs/heads/pushed']),
  {
    name: 'hooks/push-to-checkout',
    plant: (at) => {
      set(['receive.denyCurrentBranch', 'updateInstead'])(at);
      hook('push-to-checkout', []).plant(at);
    },
    control: () => ['push', '--quiet', '--force', '.', 'side:refs/heads/main'],
  },
];

/** These hinder one another, or end what others wait for. */
export const alone: readonly Row[] = [
  promisor(
    'a promisor remote by ext::',
    ['remote.far.url', ({ program: path }) => `ext::${path}`],
    ['protocol.ext.allow', 'always'],
  ),
  promisor(
    'a promisor remote with an uploadpack',
    ['remote.far.url', '/nonexistent'],
    ['remote.far.uploadpack', program],
  ),
  promisor(
    'a promisor remote with an ssh command',
    ['remote.far.url', 'ssh://x.invalid/y'],
    ['core.sshCommand', program],
  ),
  promisor(
    'a promisor remote by url.x.insteadOf',
    ['remote.far.url', 'https://x.invalid/y'],
    [({ program: path }) => `url.ext::${path}.insteadOf`, 'https://x.invalid/y'],
    ['protocol.ext.allow', 'always'],
  ),
  {
    name: 'a submodule’s own settings',
    plant: ({ repo, program: path }) => {
      const inner = join(repo, 'sub');
      mkdirSync(inner);
      git(inner, 'init', '--quiet', '--initial-branch=main');
      writeFileSync(join(inner, 'x'), '1');
      git(inner, 'add', '.');
      git(inner, 'commit', '--quiet', '-m', 'x');
      git(repo, 'add', 'sub');
      git(repo, 'commit', '--quiet', '-m', 'sub');
      git(inner, 'config', 'core.fsmonitor', path);
      writeFileSync(join(inner, 'x'), '2');
    },
    control: () => ['status'],
  },
  hook('reference-transaction', ['update-ref', 'refs/x', 'HEAD']),
  hook('pre-receive', ['push', '--quiet', '.', 'HEAD:refs/heads/pushed']),
  hook('update', ['push', '--quiet', '.', 'HEAD:refs/heads/pushed']),
];

/** Runs the row's own command with ordinary git, whatever comes of it. */
export function runControl({ control, input = '' }: Row, at: Planted): void {
  if (control === null) return;
  const identity = {
    GIT_AUTHOR_NAME: 'A',
    GIT_AUTHOR_EMAIL: 'a@b',
    GIT_COMMITTER_NAME: 'A',
    GIT_COMMITTER_EMAIL: 'a@b',
  };
  spawnSync('git', control(at), {
    cwd: at.repo,
    input,
    timeout: 20_000,
    env: {
      ...{ PATH: process.env['PATH'], HOME: '/nonexistent', TERM: 'dumb', GIT_CONFIG_NOSYSTEM: '1' },
      ...{ ...identity, GIT_SSH_VARIANT: 'simple', GIT_PAGER_IN_USE: '' },
    },
  });
}

export function copyOf(repo: string, to: string): string {
  execFileSync('cp', ['-r', '--', repo, to]);
  return to;
}
