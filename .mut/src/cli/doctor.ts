// interlock doctor
import type { Command } from 'commander';

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description(
      'check the configuration: tokens, scopes, channels, Redis persistence, database, keys, plans, hosts, knowledge bases',
    )
    .action(async () => {
      const [{ settingsFor }, { examine }, { redactorFor }] = await Promise.all([
        import('../main.ts'),
        import('./examine.ts'),
        import('../config/redactor-for.ts'),
      ]);
      const settings = settingsFor('up', program.opts<{ config?: string }>().config);
      const { redact } = redactorFor(settings);
      let faults = 0;
      for await (const { ok, text } of examine(settings)) {
        if (!ok) faults += 1;
        console.log(redact(`${ok ? 'ok   ' : 'FAULT'} ${text}`));
      }
      console.log(faults === 0 ? 'no faults' : `${faults} fault${faults === 1 ? '' : 's'}`);
      if (faults > 0) process.exitCode = 1;
    });
}
