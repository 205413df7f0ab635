// The command line: interlock up | bot | worker | demo | plan | verify | ledger | keys | totp | control | tidy | doctor.
import { inspect } from 'node:util';
import { Command } from 'commander';
import { addControl } from './cli/control.ts';
import { addDemo } from './cli/demo.ts';
import { addDoctor } from './cli/doctor.ts';
import { addKeys } from './cli/keys.ts';
import { addPlan } from './cli/plan.ts';
import { addServe } from './cli/serve.ts';
import { addTidy } from './cli/tidy.ts';
import { addTotp } from './cli/totp.ts';
import { addVerify } from './cli/verify.ts';
import { createRedactor } from './evidence/redact.ts';

const program = new Command('interlock')
  .description('Deploys that are proved: reviewed plans, gates, approvals, a signed attestation.')
  .showHelpAfterError()
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
  // Every expected fault says all it knows in its message; a stack would only bury it. It may repeat what it was given.
  const { redact } = createRedactor({ literals: [] });
  console.error(redact(`interlock: ${error instanceof Error ? error.message : String(error)}`));
  if (process.env['INTERLOCK_DEBUG']) console.error(redact(inspect(error)));
  process.exitCode = 2;
}
