import { Refusal } from '../phases/refusal.ts';
import { type Program, runProgram } from './run-programs.ts';

/** No settings of the machine: an `encrypt-to` in somebody's gpg.conf would be one more reader. */
const QUIET = ['--no-options', '--batch', '--no-tty', '--quiet'];

/** Where gpg has its keys; its own default without one. */
export interface Keyring {
  readonly gnupgHome?: string;
}

/** Encrypts standard input to exactly one key. The fingerprint says whose it is, so no web of trust is asked. */
export function encryptTo(fingerprint: string, keyring: Keyring): Program {
  const recipient = ['--trust-model', 'always', '--recipient', fingerprint];
  return gpg([...recipient, '--compress-algo', 'none', '--encrypt'], keyring);
}

/** Decrypts standard input. */
export function decrypt(keyring: Keyring): Program {
  return gpg(['--decrypt'], keyring);
}

/**
 * Whether the key is there and can encrypt: known, not expired, revoked or disabled, and the primary key's fingerprint itself.
 * @throws Refusal `backup-not-provisioned`
 */
export async function requireUsableKey(fingerprint: string, keyring: Keyring): Promise<void> {
  const listed = await runProgram(gpg(['--with-colons', '--list-keys', fingerprint], keyring)).catch(
    (cause: unknown) => {
      throw unusable(fingerprint, 'none', cause);
    },
  );
  const records = listed.split('\n').map((line) => line.split(':'));
  const [type, validity = '', , , , , , , , , , capabilities = ''] =
    records.find(([kind]) => kind === 'pub') ?? [];
  const primary = records.find(([kind]) => kind === 'fpr')?.[9];
  if (type === undefined || primary !== fingerprint) throw unusable(fingerprint, 'another');
  if (/^[derin]/.test(validity) || !capabilities.includes('E') || capabilities.includes('D')) {
    throw unusable(fingerprint, 'one that cannot');
  }
}

function gpg(args: readonly string[], { gnupgHome }: Keyring): Program {
  const { PATH = '', HOME = '', GNUPGHOME = '' } = process.env;
  const home = gnupgHome === undefined ? [] : ['--homedir', gnupgHome];
  const env = { PATH, HOME, LC_ALL: 'C', ...(GNUPGHOME === '' ? {} : { GNUPGHOME }) };
  return { command: 'gpg', args: [...QUIET, ...home, ...args], env };
}

function unusable(fingerprint: string, got: string, cause?: unknown): Refusal {
  return new Refusal(
    'backup-not-provisioned',
    `expected a key ${fingerprint} that can encrypt, got ${got}. Import it for the account that runs this.`,
    { cause },
  );
}
