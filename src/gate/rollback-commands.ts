// The way back, written down: the very lines that the rollback gate runs and that the rehearsal has run.
import type { Command } from '../host/command.ts';
import { shellQuote } from '../host/command.ts';
import { renameToBackup } from '../host/commands/mutate-tree.ts';
import { type ExchangeWay, exchangeCommand } from '../host/exchange.ts';
import { HostError } from '../host/host-error.ts';

/** Where the tree that was rolled back from is kept. */
export function badPathOf(livePath: string, run: string): string {
  return `${livePath}.bad-${run}`;
}

/** Exchange the live tree with the backup, then name the loser. */
export function rollbackSteps(
  way: ExchangeWay,
  livePath: string,
  backupPath: string,
  badPath: string,
): Command[] {
  return [exchangeCommand(way, livePath, backupPath), renameToBackup(backupPath, badPath)];
}

/**
 * The steps as lines for a POSIX shell on the host, safe to paste. Throws HostError `usage` for a name with a control
 * character: quotes keep it from the shell, but a terminal obeys it before the shell reads the line.
 */
export function rollbackCommands(
  way: ExchangeWay,
  livePath: string,
  backupPath: string,
  run: string,
): string[] {
  for (const name of [livePath, backupPath, run])
    if (/\p{Cc}/u.test(name))
      throw new HostError(
        'usage',
        `rollback commands: expected a name without control characters, got ${JSON.stringify(name)}`,
      );
  return rollbackSteps(way, livePath, backupPath, badPathOf(livePath, run)).map(({ argv }) =>
    argv.map(shellQuote).join(' '),
  );
}
