// interlock keys init | show | rotate | worker
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { initKeys, keyFiles, loadSigningKeys, publicKeyPem } from '../attestation/keys.ts';
import { retiredKeys, rotateKeys } from '../attestation/rotate-keys.ts';
import { openWorkerKey } from '../attestation/worker-key.ts';
import { lockDirectory } from '../ledger/directory-lock.ts';

const directory = (data: string) => join(data, 'keys');

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('signing keys of the control plane, and the worker’s own');
  keys
    .command('init')
    .option('--data <directory>', 'data directory', '.interlock')
    .description('make the signing keys; never replaces any')
    .action(async ({ data }: { data: string }) => {
      const made = await initKeys(directory(data));
      console.log(`made ${directory(data)}; key id ${made.signing.keyId}`);
    });
  keys
    .command('show')
    .option('--data <directory>', 'data directory', '.interlock')
    .description('print the public halves, of retired keys too: what workers obey and verifiers trust')
    .action(({ data }: { data: string }) => show(directory(data)));
  keys
    .command('rotate')
    .option('--data <directory>', 'data directory', '.interlock')
    .description('new keys in place of the old ones, announced by the old ones; stop the control plane first')
    .action(({ data }: { data: string }) => rotate(data));
  keys
    .command('worker')
    .option('--data <directory>', 'data directory of the worker', '.interlock')
    .description('print the public key of this machine’s worker, made if there is none: what the bot trusts')
    .action(async ({ data }: { data: string }) => {
      const key = await openWorkerKey(join(data, 'worker-keys'));
      console.log(`key id ${key.keyId}\n${publicKeyPem(key).trimEnd()}`);
    });
}

async function show(place: string): Promise<void> {
  const { signing } = await loadSigningKeys(place);
  const read = (name: string) => readFile(join(place, name), 'utf8');
  console.log(`key id ${signing.keyId}\n${await read(keyFiles.signingPublic)}`);
  console.log(
    `allowed_signers, for ssh-keygen -Y verify -f:\n${(await read(keyFiles.allowedSigners)).trimEnd()}`,
  );
  for (const { keyId, pem, file, announcement } of (await retiredKeys(place)).reverse())
    console.log(`\nretired: key id ${keyId} (${file})\n${pem}announced its successor in ${announcement}`);
}

async function rotate(data: string): Promise<void> {
  const free = await lockLedger(data);
  try {
    const made = await rotateKeys(directory(data), new Date());
    const last = (await retiredKeys(directory(data))).at(-1);
    console.log(`rotated ${directory(data)}: key id ${made.signing.keyId}`);
    if (last) console.log(`retired ${last.keyId}, kept in ${last.file}; announced in ${last.announcement}`);
    console.log(
      `now give ${join(directory(data), keyFiles.signingPublic)} to every worker and verifier, and start the control plane`,
    );
  } finally {
    free();
  }
}

/** A control plane with an embedded ledger holds its lock; one on PostgreSQL cannot be seen from here. */
async function lockLedger(data: string): Promise<() => void> {
  const ledger = join(data, 'ledger');
  const isEmbedded = await access(join(ledger, 'lock.db')).then(
    () => true,
    () => false,
  );
  return isEmbedded ? lockDirectory(ledger) : () => undefined;
}
