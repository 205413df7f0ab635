// The way back, written down: the very lines that the rollback gate runs and that the rehearsal has run.
import type { Command } from '../host/command.ts';
import { shellQuote } from '../host/command.ts';
import { renameToBackup } from '../host/commands/mutate-tree.ts';
import { type ExchangeWay, exchangeCommand } from '../host/exchange.ts';
import { HostError } from '../host/host-error.ts';
import { placeCommand, placingWay } from '../host/place.ts';
import { badPathOf } from './names-beside.ts';

/** Exchange the live tree with the anchor, then name the loser; without an anchor nothing was live, and it is only named. */
export function rollbackSteps(
  way: ExchangeWay,
  livePath: string,
  anchorPath: string | null,
  badPath: string,
): Command[] {
  if (anchorPath === null) return [placeCommand(placingWay(way), livePath, badPath)];
  return [exchangeCommand(way, livePath, anchorPath), renameToBackup(anchorPath, badPath)];
}

/**
 * The steps as lines for a POSIX shell on the host, safe to paste. Throws HostError `usage` for a name with a control
 * character: quotes keep it from the shell, but a terminal obeys it before the shell reads the line.
 */
export function rollbackCommands(
  way: ExchangeWay,
  livePath: string,
  anchorPath: string | null,
  run: string,
): string[] {
  for (const name of [livePath, anchorPath ?? '', run])
    if (/\p{Cc}/u.test(name))
      throw new HostError(
        'usage',
        `rollback commands: expected a name without control characters, got ${JSON.stringify(name)}`,
      );
  return rollbackSteps(way, livePath, anchorPath, badPathOf(livePath, run)).map(({ argv }) =>
    argv.map(shellQuote).join(' '),
  );
}
