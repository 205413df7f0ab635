import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** A folder of keys, and the agent that gpg starts for it. */
export interface Keyring {
  readonly gnupgHome: string;
  close(): Promise<void>;
}

export async function makeKeyring(): Promise<Keyring> {
  const gnupgHome = await mkdtemp(join(tmpdir(), 'iu-keys-'));
  return {
    gnupgHome,
    close: async () => {
      await run('gpgconf', ['--homedir', gnupgHome, '--kill', 'all']);
      await rm(gnupgHome, { recursive: true, force: true });
    },
  };
}

/**
 * Makes a key without a passphrase. @returns the fingerprints of the primary key and of its subkeys
 * @param usage `default` has a subkey that encrypts
 * @param made moment of its making, as `20200101T000000`
 */
export async function makeKey(
  { gnupgHome }: Keyring,
  name: string,
  usage: 'default' | 'sign' = 'default',
  made?: string,
): Promise<string[]> {
  const when = made === undefined ? [] : ['--faked-system-time', made];
  const kind = usage === 'default' ? 'future-default' : 'ed25519';
  const generate = [
    '--passphrase',
    '',
    '--quick-generate-key',
    name,
    kind,
    usage,
    made === undefined ? 'never' : '1d',
  ];
  await gpg(gnupgHome, [...when, ...generate]);
  const listed = await gpg(gnupgHome, ['--with-colons', '--list-keys', name]);
  return [...listed.matchAll(/^fpr:+([0-9A-F]+):$/gm)].map(([, fingerprint = '']) => fingerprint);
}

/** Gives the public half to another keyring, as one would to a host. */
export async function publishKey(from: Keyring, to: Keyring, fingerprint: string): Promise<void> {
  const file = join(to.gnupgHome, `${fingerprint}.asc`);
  await writeFile(file, await gpg(from.gnupgHome, ['--armor', '--export', fingerprint]));
  await gpg(to.gnupgHome, ['--import', file]);
}

async function gpg(home: string, args: readonly string[]): Promise<string> {
  const { stdout } = await run('gpg', ['--homedir', home, '--batch', '--no-tty', '--quiet', ...args]);
  return stdout;
}
