// interlock verify: a bundle, offline, claim by claim. interlock ledger verify: a ledger's chain.
import { access, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { loadPublicKey } from '../attestation/keys.ts';
import { verifyBundle } from '../attestation/verify.ts';
import { verifyLines } from '../ledger/verify-lines.ts';

interface Options {
  readonly key: string;
  readonly artifact?: string;
  readonly ledger?: string;
  readonly report?: string;
  readonly allowedSigners?: string;
}

export function addVerify(program: Command): void {
  program
    .command('verify')
    .argument('<bundle>', 'evidence.intoto.jsonl')
    .requiredOption('--key <pem>', 'the control plane’s public key, from a place that you trust')
    .option('--artifact <file>', 'the artifact that it must be about')
    .option('--ledger <file>', 'the exported ledger')
    .option('--report <directory>', 'the published documents')
    .option(
      '--allowed-signers <file>',
      'whose SSH signature over the whole file to accept (BUNDLE.sig beside it)',
    )
    .description('verify an evidence bundle offline; exit 1 naming the first claim that does not hold')
    .action(verify);
  program
    .command('ledger')
    .description('the record of runs')
    .command('verify')
    .argument('<file>', 'exported ledger, JSON Lines')
    .description('find any edit, deletion, insertion or reordering')
    .action(async (file: string) => {
      const result = verifyLines(await readFile(file, 'utf8'));
      console.log(result.ok ? `${file}: whole, head ${result.head.hash}` : `${file}: ${result.message}`);
      if (!result.ok) process.exitCode = 1;
    });
}

async function verify(bundle: string, options: Options): Promise<void> {
  const signature = `${bundle}.sig`;
  const signed = await access(signature).then(
    () => true,
    () => false,
  );
  const allowedSigners = options.allowedSigners ?? join(dirname(bundle), 'allowed_signers');
  const result = await verifyBundle({
    bundleText: await readFile(bundle, 'utf8'),
    publicKeys: [loadPublicKey(await readFile(options.key, 'utf8'))],
    artifactFile: options.artifact,
    reportDir: options.report,
    ledger:
      options.ledger === undefined
        ? undefined
        : { text: await readFile(options.ledger, 'utf8'), verify: verifyLines },
    sshsig:
      options.allowedSigners !== undefined && signed
        ? {
            signature: await readFile(signature, 'utf8'),
            allowedSigners: await readFile(allowedSigners, 'utf8'),
          }
        : undefined,
  });
  for (const claim of result.ok ? result.claims : result.verified) console.log(`holds: ${claim}`);
  if (result.ok) {
    const { run, verdict, outcome } = result.deployment;
    console.log(`the bundle is authentic and consistent; run ${run.id} ended ${verdict}: ${outcome}`);
    return;
  }
  console.log(`DOES NOT HOLD (${result.code}): ${result.claim}`);
  process.exitCode = 1;
}
