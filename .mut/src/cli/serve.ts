// interlock up | bot | worker
import type { Command } from 'commander';
import type * as Main from '../main.ts';
import { createLog } from './log.ts';
import { untilSignalled } from './signals.ts';

/** ms that running gates get to end after SIGTERM. */
const drainMs = 60_000;

export function addServe(program: Command): void {
  const config = () => program.opts<{ config?: string }>().config;
  program
    .command('up')
    .description(
      'bot and workers in one process; embedded ledger and queue unless DATABASE_URL and REDIS_URL are set',
    )
    .action(() => serve(({ up, settingsFor }, log) => up(settingsFor('up', config()), log), 'up'));
  program
    .command('bot')
    .description('the control plane alone; workers elsewhere')
    .action(() => serve(({ bot, settingsFor }, log) => bot(settingsFor('bot', config()), log), 'bot'));
  program
    .command('worker')
    .requiredOption('--role <roles...>', 'roles to serve, such as ssot')
    .description('workers alone, on Redis')
    .action(({ role }: { role: string[] }) =>
      serve(
        ({ worker, settingsFor }, log) => worker(settingsFor('worker', config()), role, log),
        `worker of ${role.join(', ')}`,
      ),
    );
}

async function serve(
  start: (main: typeof Main, log: ReturnType<typeof createLog>) => Promise<Main.Running>,
  what: string,
): Promise<void> {
  const log = createLog();
  // Loaded here, so that `interlock plan check` does not wait for Slack's and the queue's libraries.
  const running = await start(await import('../main.ts'), log);
  // Before anybody hears that it is ready: a signal that comes at once must drain too.
  const signalled = untilSignalled();
  log.info({ pid: process.pid }, `interlock ${what} is ready`);
  const signal = await Promise.race([signalled, untilLost(running.lost)]);
  if (signal) log.info({ signal }, 'draining; the same signal again stops at once');
  else log.error({}, 'another control plane has taken over; draining');
  await running.stop(drainMs);
  log.info({}, 'stopped');
  // Said as the last word, with an exit code that a supervisor sees.
  if (!signal) throw running.lost?.reason;
}

/** Resolves with null when another process has taken this one's place; never, when that cannot be. */
function untilLost(lost: AbortSignal | undefined): Promise<null> {
  return new Promise((resolve) => {
    if (lost?.aborted) resolve(null);
    lost?.addEventListener('abort', () => resolve(null), { once: true });
  });
}
