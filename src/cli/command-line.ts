// How the command line answers what it cannot read: by the name of what is wrong, and with exit code 2 as for a file.
import { Command, type CommanderError } from 'commander';

export class CommandLine extends Command {
  override createCommand(name?: string): CommandLine {
    return new CommandLine(name);
  }

  /** A misspelt option is why a required one is missing: it is named in its place, with what it may have meant. */
  override parseOptions(argv: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(argv);
    const isLeaf = this.commands.length === 0;
    if (isLeaf && parsed.unknown.length > 0)
      for (const option of this.options) option.makeOptionMandatory(false);
    return parsed;
  }
}

/** 1 says that something does not hold, so nothing that was typed wrong may end with it. Help that was asked for ends with 0. */
export function exitCodeOf({ exitCode }: Pick<CommanderError, 'exitCode'>): number {
  return exitCode === 0 ? 0 : 2;
}
