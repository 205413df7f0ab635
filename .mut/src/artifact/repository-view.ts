// Git reads a repository's configuration before anything else, and some fifty settings in it start programs: hooks, filters,
// monitors, transports, a promisor remote that is asked for a missing object. No option switches them all off, and a
// repository's `protocol.ext.allow` or `remote.x.uploadpack` is one that no option can name in advance. So git never sees that
// configuration: it works in a view, a git directory of our own whose objects, refs and index are links into the repository.
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GitError } from './git-error.ts';
import { findRepository, type RepositoryPlaces, readPointer } from './locate-repository.ts';

/** Every setting of one file: name in lower case, a newline, value; only the name for one without a value. Throws. */
export type ReadSettings = (file: string) => readonly string[];

export interface RepositoryView {
  readonly env: Readonly<Record<string, string>>;
  /** Gives the repository the HEAD that git left in the view, and removes the view. */
  close(): void;
}

/** What all working trees share, and what one has alone. A link that leads nowhere would hinder git from making a directory. */
const shared = ['objects', 'refs', 'logs', 'info', 'shallow', 'worktrees'];
const own = ['logs', 'MERGE_HEAD', 'CHERRY_PICK_HEAD'];
/** These are written through the link, also where there is no such file yet. */
const written = { shared: ['packed-refs'], own: ['index'] };

/** Of a folder in no repository git sees none. Throws GitError `not-a-repository`. The caller closes the view once git has ended. */
export function openRepositoryView(folder: string, readSettings: ReadSettings): RepositoryView {
  const places = findRepository(folder);
  if (places === null) return { env: { GIT_DIR: '/nonexistent' }, close: () => undefined };
  const { gitDirectory, commonDirectory } = places;
  const settings = carriedSettings(join(commonDirectory, 'config'), readSettings);
  const isLinked = gitDirectory !== commonDirectory;
  const isBare = places.workTree === null || (!isLinked && settings.get('core.bare') === 'true');
  const view = mkdtempSync(join(tmpdir(), 'interlock-git-'));
  const head = headOf(gitDirectory);
  const place = isLinked ? join(view, 'linked') : view;
  writeFileSync(join(view, 'config'), configOf(settings, isBare && !isLinked));
  writeFileSync(join(view, 'HEAD'), headOf(commonDirectory));
  link(commonDirectory, view, shared, written.shared);
  if (isLinked) {
    mkdirSync(place);
    writeFileSync(join(place, 'HEAD'), head);
    writeFileSync(join(place, 'commondir'), '..\n');
  }
  const bases = readdirSync(gitDirectory).filter((name) => name.startsWith('sharedindex.'));
  link(gitDirectory, place, [...own, ...bases], written.own);
  return {
    env: {
      GIT_DIR: place,
      ...(isBare ? {} : { GIT_WORK_TREE: places.workTree ?? '' }),
    },
    close() {
      try {
        giveBackHead(places, join(place, 'HEAD'), head);
      } finally {
        rmSync(view, { recursive: true, force: true });
      }
    },
  };
}

function link(from: string, to: string, present: readonly string[], always: readonly string[]): void {
  for (const name of present)
    if (existsSync(join(from, name)) && !existsSync(join(to, name)))
      symlinkSync(join(from, name), join(to, name));
  for (const name of always) symlinkSync(join(from, name), join(to, name));
}

/** Git takes no HEAD that is a link, and the file is small. */
function headOf(directory: string): string {
  const path = join(directory, 'HEAD');
  return lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith('refs/')
    ? `ref: ${readlinkSync(path)}\n`
    : readPointer(path);
}

/** Under git's own lock, and only over the HEAD that git began with. */
function giveBackHead({ gitDirectory }: RepositoryPlaces, left: string, before: string): void {
  const after = readPointer(left);
  if (after === before) return;
  const path = join(gitDirectory, 'HEAD');
  const lock = `${path}.lock`;
  writeFileSync(lock, after, { flag: 'wx' });
  if (headOf(gitDirectory) === before) {
    renameSync(lock, path);
    return;
  }
  rmSync(lock);
  throw new GitError('head-moved', `expected HEAD of ${gitDirectory} to stay meanwhile, got another one`);
}

/** Settings that say how the repository is stored. None of them names a program, a file or another repository. */
const carried: Readonly<Record<string, RegExp>> = {
  'core.bare': /^(?:true|false)$/,
  'core.filemode': /^(?:true|false)$/,
  'core.symlinks': /^(?:true|false)$/,
  'core.ignorecase': /^(?:true|false)$/,
  'core.sparsecheckout': /^(?:true|false)$/,
  'core.sparsecheckoutcone': /^(?:true|false)$/,
  'core.logallrefupdates': /^(?:true|false|always)$/,
  'core.sharedrepository': /^(?:true|false|group|all|world|everybody|umask|0[0-7]{3})$/,
  'extensions.objectformat': /^(?:sha1|sha256)$/,
};

function configOf(settings: ReadonlyMap<string, string>, isBare: boolean): string {
  const version = settings.has('extensions.objectformat') ? 1 : 0;
  const lines = [...settings].flatMap(([name, value]) => {
    const [section, key] = name.split('.');
    return name === 'core.bare' ? [] : [`[${section}]\n\t${key} = ${value}\n`];
  });
  return [`[core]\n\trepositoryFormatVersion = ${version}\n\tbare = ${isBare}\n`, ...lines].join('');
}

const known = new Map<string, { readonly as: string; readonly settings: ReadonlyMap<string, string> }>();

function carriedSettings(file: string, readSettings: ReadSettings): ReadonlyMap<string, string> {
  const stat = statSync(file, { throwIfNoEntry: false });
  if (stat === undefined) return new Map();
  if (!stat.isFile()) throw unreadable(file, 'something that is no file');
  const as = [stat.dev, stat.ino, stat.size, stat.mtimeMs, stat.ctimeMs].join();
  const before = known.get(file);
  if (before?.as === as) return before.settings;
  const settings = new Map<string, string>();
  for (const record of readSettings(file)) {
    const [name = '', ...value] = record.split('\n');
    const text = value.length === 0 ? 'true' : value.join('\n');
    if (name === 'extensions.refstorage' && text !== 'files') throw unreadable(file, `refs kept as ${text}`);
    if (carried[name]?.test(text) === true) settings.set(name, text);
  }
  if (known.size > 1_000) known.clear();
  known.set(file, { as, settings });
  return settings;
}

function unreadable(file: string, got: string): GitError {
  return new GitError(
    'not-a-repository',
    `expected a git repository with refs in files, got ${got} (${file})`,
  );
}
