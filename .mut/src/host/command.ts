import { HostError } from './host-error.ts';

/** `observe` only reads; `mutate` may change the host, so the executor lets it pass with an authorization alone. */
export type Effect = 'observe' | 'mutate';

/** What to run on a host, as data: builders make it, an executor decides on it, a `Host` runs it. */
export type Command = {
  /** Program and arguments. Nothing in it is ever interpreted by a shell. */
  readonly argv: readonly string[];
  readonly effect: Effect;
  /** What it does, in a few words, for evidence and error messages. */
  readonly title: string;
  /** Handed to the program's standard input; without it the program reads an empty one. */
  readonly stdin?: string | Uint8Array;
  /** Added to the environment. Shows in the host's process list, so never a secret: those go through `stdin`. */
  readonly env?: Readonly<Record<string, string>>;
  /** Absolute path of the working directory; the login's home without it. */
  readonly cwd?: string;
  /** Milliseconds that the program may run once started; 2 minutes without it, `Infinity` for no deadline. */
  readonly timeoutMs?: number;
  /** Bytes of each output stream that the result keeps; 1 MiB without it. */
  readonly maxOutputBytes?: number;
};

/** One argument may be 128 KiB on Linux (MAX_ARG_STRLEN), and a login shell gets the whole line as one argument. */
const MAX_LINE_BYTES = 120_000;

/**
 * A POSIX shell script with positional parameters `$1`, `$2`, …
 *
 * `body` is a constant of ours. Untrusted strings are always `args`: they reach the script as parameters and are
 * never spliced into its text. Runs under `set -eu`.
 */
export function script(
  effect: Effect,
  title: string,
  body: string,
  args: readonly string[] = [],
  more: Pick<Command, 'stdin' | 'env' | 'cwd' | 'timeoutMs' | 'maxOutputBytes'> = {},
): Command {
  return { ...more, effect, title, argv: ['sh', '-euc', body, 'interlock', ...args] };
}

/** One word for a POSIX shell. Throws `usage` for what a shell cannot carry: NUL, or text that is not Unicode. */
export function shellQuote(word: string): string {
  if (word.includes('\0')) throw refuse('a word without NUL bytes', JSON.stringify(word));
  if (!word.isWellFormed())
    throw refuse('well-formed Unicode', `a lone surrogate in ${JSON.stringify(word)}`);
  return /^[A-Za-z0-9_/.:,@%+-][A-Za-z0-9_/.:,@%+=-]*$/.test(word)
    ? word
    : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The line that a remote POSIX shell runs for this command: the only place where argv becomes shell text.
 *
 * The shell replaces itself by the program (`exec`), so that the program's own exit code or signal is what arrives.
 * Throws `usage` when the command cannot be expressed.
 */
export function toShell(command: Command): string {
  const argv = programAndArguments(command.argv);
  const steps = Object.entries(command.env ?? {}).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
      throw refuse('an environment variable name', JSON.stringify(name));
    return `export ${name}=${shellQuote(value)}`;
  });
  if (command.cwd !== undefined) {
    // `cd -` and CDPATH would go elsewhere than a relative path says.
    if (!command.cwd.startsWith('/'))
      throw refuse('an absolute working directory', JSON.stringify(command.cwd));
    steps.push(`cd ${shellQuote(command.cwd)}`);
  }
  steps.push(`exec ${argv.map(shellQuote).join(' ')}`);
  const line = steps.join(' && ');
  const bytes = Buffer.byteLength(line);
  if (bytes > MAX_LINE_BYTES) {
    throw refuse(
      `a command line of at most ${MAX_LINE_BYTES} bytes`,
      `${bytes}; hand the data over through stdin`,
    );
  }
  return line;
}

/**
 * The argv, if it begins with a program. Another program that is to start it would take a leading dash for an option of its
 * own: `exec -a x` and `exec -c` are some to shells, and `flock LOCK -c TEXT` hands TEXT to a shell. Throws `usage`.
 */
export function programAndArguments(argv: readonly string[]): readonly string[] {
  const [program = ''] = argv;
  if (program === '' || program.startsWith('-')) throw refuse('a program name', JSON.stringify(program));
  return argv;
}

function refuse(expected: string, got: string): HostError {
  return new HostError('usage', `cannot build the command line: expected ${expected}, got ${got}`);
}
