// A command that an answer advises, as it is typed: whoever reads it has named the data directory, or stands elsewhere next time.
import { shellQuote } from '../host/command.ts';

/** `` `interlock control --data DIRECTORY runs` ``. */
export function controlCommand(verb: 'runs' | 'status', data: string): string {
  return `\`interlock control --data ${shellQuote(data)} ${verb}\``;
}
