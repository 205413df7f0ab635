// interlock plan new | check | explain | diff | schema
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { diffPlans } from '../plan/diff/diff-plans.ts';
import { explainPlan } from '../plan/explain/explain-plan.ts';
import { formatFault, PlanError } from '../plan/faults.ts';
import { planJsonSchema } from '../plan/json-schema.ts';
import { checkPlanFile, loadPlan } from '../plan/load.ts';
import { knownBeside, placeFaults } from './find-shared-places.ts';
import { fillTemplate } from './templates.ts';

export function addPlan(program: Command): void {
  const plan = program
    .command('plan')
    .description('begin, check, explain and compare plan files, print their schema');
  plan
    .command('new')
    .description('write a commented plan to begin with, which is clean as it is')
    .requiredOption('--template <name>', 'deploy, first-deploy, rollback, verify or authoring')
    .option('--name <plan>', 'name of the plan, as people will type it')
    .option('--out <file>', 'file to write, which must not exist yet; the terminal without it')
    .action(async ({ template, name, out }: { template: string; name?: string; out?: string }) => {
      const text = await fillTemplate(template, name);
      if (out === undefined) {
        process.stdout.write(text);
        return;
      }
      await writeNew(out, text);
      console.log(`${out}: written. Fill in what is marked "Yours", then: interlock plan check ${out}`);
    });
  plan
    .command('check')
    .argument('<files...>', 'plan files')
    .description(
      'report every fault at once, with its path and line; exit 1 when there is one, 2 for a file that cannot be read',
    )
    .action(check);
  plan
    .command('explain')
    .argument('<file>', 'plan file')
    .description('say in words what a run of the plan will do, and what it will not')
    .action(async (file: string) => {
      for (const line of explainPlan(await loadPlan(file))) console.log(line);
    });
  plan
    .command('diff')
    .argument('<before>', 'plan file')
    .argument('<after>', 'plan file')
    .description(
      'say what changed between two plans; exit 0 when they are the same, 1 when not, 2 on a fault',
    )
    .action(async (before: string, after: string) => {
      const lines = diffPlans(await loadPlan(before), await loadPlan(after));
      for (const line of lines) console.log(line);
      if (lines.length === 0) console.log('the same plan; files may differ in comments and layout');
      else process.exitCode = 1;
    });
  plan
    .command('schema')
    .description('print the JSON Schema of a plan, for editors')
    .action(() => console.log(JSON.stringify(planJsonSchema(), null, 2)));
}

async function check(files: string[]): Promise<void> {
  let count = 0;
  let unreadable = 0;
  const known = await knownBeside(files);
  for (const file of files) {
    const checked = await checkPlanFile(file);
    const faults = [...checked.faults, ...(await placeFaults(file, known))];
    if (checked.isReadable) count += faults.length;
    else unreadable += 1;
    for (const fault of faults) console.error(formatFault(fault));
    if (faults.length === 0) console.log(`${file}: clean`);
  }
  if (count > 0) console.error(`${count} fault${count === 1 ? '' : 's'}`);
  if (unreadable > 0) console.error(`${unreadable} file${unreadable === 1 ? '' : 's'} could not be read`);
  if (count + unreadable > 0) process.exitCode = unreadable > 0 ? 2 : 1;
}

/** A plan that is there was reviewed by somebody: it is never written over. */
async function writeNew(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text, { flag: 'wx' }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EEXIST') throw cause;
    throw new PlanError('exists', `expected no file at ${file}, got one; name another with --out`, [], {
      cause,
    });
  });
}
