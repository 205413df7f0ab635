// New keys in place of the old ones. The old private keys are gone afterwards; their public halves are kept, bounded in time,
// with an announcement of the new ones that they have signed.
import { access, mkdir, mkdtemp, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  allowedSignersLine,
  keyFiles,
  loadPublicKey,
  loadSigningKeys,
  newSigningKeys,
  privatePem,
  publicKeyPem,
  type SigningKeys,
  type TrustedKey,
  writeKeyFile,
} from './keys.ts';
import { announceRotation } from './rotation-statement.ts';

/** In the order in which they are put in place: what verifiers need comes before what signs. */
const replaced = [keyFiles.allowedSigners, keyFiles.signingPublic, keyFiles.sshsig, keyFiles.signing];

/**
 * Rotates both keys; nothing else may use the directory meanwhile, and a control plane that still runs goes on signing with
 * the old ones. All new files are made first, in `next`; as long as that is there the keys do not load, and calling this again
 * finishes what was begun. Throws AttestationError as `loadSigningKeys` does.
 */
export async function rotateKeys(directory: string, now: Date): Promise<SigningKeys> {
  const next = join(directory, keyFiles.next);
  if (!(await exists(next))) await prepare(directory, next, await loadSigningKeys(directory), now);
  const retired = join(directory, keyFiles.retired);
  await mkdir(retired, { recursive: true, mode: 0o755 });
  for (const name of await listing(join(next, keyFiles.retired)))
    await move(join(next, keyFiles.retired, name), join(retired, name));
  for (const name of replaced) await move(join(next, name), join(directory, name));
  await rmdir(join(next, keyFiles.retired));
  await rmdir(next);
  return loadSigningKeys(directory);
}

/** Everything that the rotation will put in place appears at once, by one rename. */
async function prepare(directory: string, next: string, old: SigningKeys, now: Date): Promise<void> {
  const made = newSigningKeys();
  const rotatedAt = now.toISOString();
  const stamp = rotatedAt.replace(/[-:.]/g, '');
  const publicKey = `Valid-After: ${rotatedAt}\n\n${publicKeyPem(made.signing)}`;
  // ssh-keygen counts in whole seconds; rounded outwards, so that no signature falls between the two keys.
  const allowedSigner = allowedSignersLine(made.sshsig, { validAfter: seconds(now, Math.floor) });
  const announcement = announceRotation(
    {
      rotatedAt,
      retired: { signing: old.signing.keyId, sshsig: old.sshsig.keyId },
      successor: { signing: made.signing.keyId, sshsig: made.sshsig.keyId, publicKey, allowedSigner },
    },
    keyFiles.signingPublic,
    old.signing,
  );
  const retiring = await readFile(join(directory, keyFiles.signingPublic), 'utf8');
  const signers = retireSigner(await readFile(join(directory, keyFiles.allowedSigners), 'utf8'), old, now);
  const draft = await mkdtemp(join(directory, '.next-'));
  try {
    await mkdir(join(draft, keyFiles.retired));
    const files: [string, string, number][] = [
      [join(keyFiles.retired, `${stamp}.pub.pem`), `Valid-Before: ${rotatedAt}\n${retiring}`, 0o644],
      [join(keyFiles.retired, `${stamp}.rotation.json`), announcement, 0o644],
      [keyFiles.allowedSigners, `${signers.trimEnd()}\n${allowedSigner}\n`, 0o644],
      [keyFiles.signingPublic, publicKey, 0o644],
      [keyFiles.sshsig, privatePem(made.sshsig), 0o600],
      [keyFiles.signing, privatePem(made.signing), 0o600],
    ];
    for (const [name, text, mode] of files) await writeKeyFile(join(draft, name), text, mode);
    await rename(draft, next);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

/** Bounds the line of the retiring key; the lines of keys before it stay as they are. */
function retireSigner(signers: string, old: SigningKeys, now: Date): string {
  const key = allowedSignersLine(old.sshsig).split(' ').at(-1) ?? '';
  const before = seconds(now, Math.ceil);
  return signers
    .split('\n')
    .map((line) =>
      line.includes(key) && !line.includes('valid-before=')
        ? line.replace(/ (?=ssh-ed25519 )/, `,valid-before="${before}" `)
        : line,
    )
    .join('\n');
}

export interface RetiredKey extends TrustedKey {
  /** The public key file, with its bounds. */
  readonly pem: string;
  readonly file: string;
  /** The announcement of its successor, signed by it. */
  readonly announcement: string;
}

/** Public keys that were in use before, oldest first. Throws AttestationError for a file that is no public key. */
export async function retiredKeys(directory: string): Promise<RetiredKey[]> {
  const retired = join(directory, keyFiles.retired);
  const names = (await listing(retired)).filter((name) => name.endsWith('.pub.pem')).sort();
  return Promise.all(
    names.map(async (name) => {
      const file = join(retired, name);
      const pem = await readFile(file, 'utf8');
      return {
        ...loadPublicKey(pem),
        pem,
        file,
        announcement: file.replace(/\.pub\.pem$/, '.rotation.json'),
      };
    }),
  );
}

/** YYYYMMDDHHMMSSZ. */
function seconds(time: Date, round: (value: number) => number): string {
  const whole = new Date(round(time.getTime() / 1000) * 1000).toISOString();
  return `${whole.slice(0, 19).replace(/[-:T]/g, '')}Z`;
}

/** What is no longer there was put in place by an earlier call. */
async function move(from: string, to: string): Promise<void> {
  await rename(from, to).catch((error: unknown) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  });
}

async function listing(directory: string): Promise<string[]> {
  return readdir(directory).catch(() => []);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
