import { execFile } from 'node:child_process';
import { appendFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Later commands in the repo may run with the machine's own configuration; it must not change bytes, sign, or start work of its own. */
const SETTINGS = `[core]
\tautocrlf = false
\tfileMode = true
[commit]
\tgpgSign = false
[gc]
\tauto = 0
[maintenance]
\tauto = false
`;

export interface Signature {
  readonly name: string;
  readonly email: string;
  /** ISO 8601 with an offset. */
  readonly date: string;
}

/** Makes an empty repo that no configuration or template of this machine reaches. */
export async function createRepository(folder: string, branch: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await git(folder, ['init', '--quiet', '--template=', '--object-format=sha1', `--initial-branch=${branch}`]);
  await appendFile(join(folder, '.git', 'config'), SETTINGS);
}

/** Commits everything in the working tree. @returns the id, which follows from content, names and dates alone */
export async function commitAll(folder: string, message: string, by: Signature): Promise<string> {
  await git(folder, ['add', '--all', '--force']);
  await git(folder, ['commit', '--quiet', `--message=${message}`], {
    GIT_AUTHOR_NAME: by.name,
    GIT_AUTHOR_EMAIL: by.email,
    GIT_AUTHOR_DATE: by.date,
    GIT_COMMITTER_NAME: by.name,
    GIT_COMMITTER_EMAIL: by.email,
    GIT_COMMITTER_DATE: by.date,
  });
  return (await git(folder, ['rev-parse', 'HEAD'])).trim();
}

/** Runs git with an environment of its own: a `GIT_DIR` around us, as in a hook, would lead it to another repo. */
export async function git(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const { stdout } = await run('git', ['-C', folder, ...args], {
    env: {
      PATH: process.env.PATH,
      LC_ALL: 'C',
      TZ: 'UTC',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...env,
    },
  });
  return stdout;
}
