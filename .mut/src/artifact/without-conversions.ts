import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateRepository } from './locate-repository.ts';
import { type GitCall, gitFailed, runGit } from './run-git.ts';

/** They are read after those of the tree, and so win. */
const RAW = '* -text -crlf -eol -ident -filter -working-tree-encoding\n';

/** What the file system of a working tree can do; git found it out when it made the repository. */
const CAPABILITIES = '^core\\.(filemode|symlinks|ignorecase|precomposeunicode)$';

/**
 * Calls `act` with a call for which the bytes of a file are what they are: the working tree, the index and the objects of the
 * repository, at the commit `head` (full id), through a git directory of our own, which has neither its attributes nor its
 * configuration, and no branch. Throws GitError as `askGit`.
 */
export async function withoutConversions<T>(
  head: string,
  call: GitCall,
  act: (raw: GitCall) => Promise<T>,
): Promise<T> {
  const { gitDirectory, commonDirectory, workTree } = locateRepository(call.cwd);
  const tree = workTree ?? call.cwd;
  const directory = await mkdtemp(join(tmpdir(), 'interlock-git-'));
  try {
    await mkdir(join(directory, 'refs'));
    await mkdir(join(directory, 'info'));
    await writeFile(join(directory, 'HEAD'), `${head}\n`);
    await writeFile(join(directory, 'info', 'attributes'), RAW);
    if (head.length === 64) await writeFile(join(directory, 'config'), SHA256);
    const env = {
      ...(await capabilitiesOf(call)),
      ...{ GIT_DIR: directory, GIT_WORK_TREE: tree },
      GIT_INDEX_FILE: join(gitDirectory, 'index'),
      GIT_OBJECT_DIRECTORY: join(commonDirectory, 'objects'),
    };
    return await act({ ...call, cwd: tree, env: { ...call.env, ...env } });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

const SHA256 = '[core]\n\trepositoryFormatVersion = 1\n[extensions]\n\tobjectFormat = sha256\n';

async function capabilitiesOf(call: GitCall): Promise<Record<string, string>> {
  const args = ['config', '--includes', '-z', '--type=bool', '--get-regexp', CAPABILITIES];
  const answer = await runGit(args, call);
  // 1: none of that name.
  if (answer.code > 1) throw gitFailed(args, answer);
  const lines = answer.stdout.toString().split('\0').slice(0, -1);
  const pairs = lines.flatMap((line, at) => {
    const [name = '', value = 'true'] = line.split('\n');
    return [
      [`GIT_CONFIG_KEY_${at}`, name],
      [`GIT_CONFIG_VALUE_${at}`, value],
    ];
  });
  return { ...Object.fromEntries(pairs), GIT_CONFIG_COUNT: String(lines.length) };
}
