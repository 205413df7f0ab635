// interlock totp enrol
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { userId } from '../config/schema.ts';
import { enrolmentUri, newTotpSecret } from '../totp/totp.ts';

export function addTotp(program: Command): void {
  program
    .command('totp')
    .description('authenticator apps of approvers, for plans with `secondFactor: totp`')
    .command('enrol')
    .description('make a fresh secret for one approver, in a file of mode 0600; never replaces any')
    .requiredOption('--user <id>', 'Slack user id, such as U0ALICE')
    .requiredOption('--file <file>', 'file to write the secret to')
    .action(({ user, file }: { user: string; file: string }) => enrol(user, resolve(file)));
}

async function enrol(user: string, file: string): Promise<void> {
  if (!userId.safeParse(user).success)
    throw new RangeError(`expected a Slack user id such as U0ALICE, got ${JSON.stringify(user)}`);
  const secret = newTotpSecret();
  try {
    await writeFile(file, `${secret.reveal()}\n`, { flag: 'wx', mode: 0o600 });
  } catch (cause) {
    throw new Error(
      isTaken(cause)
        ? `expected no file at ${file}, got one; it may be somebody's secret. Name another, or move it away`
        : `expected to write ${file}; is its directory there, and yours?`,
      { cause },
    );
  }
  console.log(`wrote ${file}

Shown once: for the authenticator app of ${user} alone, as a link or made into a QR code on this machine.
${enrolmentUri(secret, user)}

Now add to the configuration of the control plane, and restart it:
secondFactors:
  ${user}: { file: ${JSON.stringify(file)} }`);
}

function isTaken(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EEXIST';
}
