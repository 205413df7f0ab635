// interlock plan check | schema
import type { Command } from 'commander';
import { formatFault } from '../plan/faults.ts';
import { planJsonSchema } from '../plan/json-schema.ts';
import { faultsOf } from '../plan/load.ts';

export function addPlan(program: Command): void {
  const plan = program.command('plan').description('check plan files, print their schema');
  plan
    .command('check')
    .argument('<files...>', 'plan files')
    .description('report every fault at once, with its path and line; exit 1 when there is one')
    .action(async (files: string[]) => {
      let count = 0;
      for (const file of files) {
        const faults = await faultsOf(file);
        count += faults.length;
        for (const fault of faults) console.error(formatFault(fault));
        if (faults.length === 0) console.log(`${file}: clean`);
      }
      if (count === 0) return;
      console.error(`${count} fault${count === 1 ? '' : 's'}`);
      process.exitCode = 1;
    });
  plan
    .command('schema')
    .description('print the JSON Schema of a plan, for editors')
    .action(() => console.log(JSON.stringify(planJsonSchema(), null, 2)));
}
