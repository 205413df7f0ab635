// What the command line offers, and how it ends when something fails.
import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import { createRedactor } from '../evidence/redact.ts';
import { CommandLine, exitCodeOf } from './command-line.ts';
import { addControl } from './control.ts';
import { addDemo } from './demo.ts';
import { addDoctor } from './doctor.ts';
import { addKeys } from './keys.ts';
import { addPlan } from './plan.ts';
import { addServe } from './serve.ts';
import { addTidy } from './tidy.ts';
import { addTotp } from './totp.ts';
import { addVerify } from './verify.ts';

const program = new CommandLine('interlock')
  .description('Deploys that are proved: reviewed plans, gates, approvals, a signed attestation.')
  .showHelpAfterError()
  .exitOverride()
  .option('-c, --config <file>', 'configuration file (YAML); the environment wins over it');

addServe(program);
addDemo(program);
addPlan(program);
addVerify(program);
addKeys(program);
addControl(program);
addTidy(program);
addTotp(program);
addDoctor(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = exitCodeOf(error);
  else fail(error);
}

function fail(error: unknown): void {
  // Every expected fault says all it knows in its message; a stack would only bury it. It may repeat what it was given.
  const { redact } = createRedactor({ literals: [] });
  console.error(redact(`interlock: ${error instanceof Error ? error.message : String(error)}`));
  if (process.env['INTERLOCK_DEBUG']) console.error(redact(inspect(error)));
  process.exitCode = 2;
}
