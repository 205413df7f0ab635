// interlock keys init | show
import { join } from 'node:path';
import type { Command } from 'commander';
import { allowedSignersLine, initKeys, loadSigningKeys, publicKeyPem } from '../attestation/keys.ts';

export function addKeys(program: Command): void {
  const keys = program.command('keys').description('the control plane’s signing keys');
  const directory = (data: string) => join(data, 'keys');
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
    .description('print the public halves: what workers obey and verifiers trust')
    .action(async ({ data }: { data: string }) => {
      const { signing, sshsig } = await loadSigningKeys(directory(data));
      console.log(
        `key id ${signing.keyId}\n${publicKeyPem(signing)}allowed_signers: ${allowedSignersLine(sshsig)}`,
      );
    });
}
