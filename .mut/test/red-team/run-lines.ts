// Runs many shell lines, each in a subshell of one real shell, and tells what each printed and how it ended.
import { spawn } from 'node:child_process';
import { buffer } from 'node:stream/consumers';

/** Stand after each line's output: no generated text has them. */
const STATUS = 'status-of-line-7f3a91';
const END = 'end-of-line-7f3a91';

export interface LineResult {
  readonly stdout: string;
  readonly exitCode: number;
  /** What the variable that payloads set is afterwards; empty when nobody set it. */
  readonly hacked: string;
}

export interface Line {
  readonly text: string;
  /** Path of a file for its standard input; an empty one without it. Ours, so without anything to quote. */
  readonly input?: string;
}

/**
 * The shell reads the lines as its own input, as from a terminal: one that breaks out of its quotes runs on into the rest.
 * Rejects when not every line came to its end.
 */
export async function runLines(
  shell: string,
  lines: readonly Line[],
  options: { readonly cwd: string; readonly args?: readonly string[] },
): Promise<LineResult[]> {
  const program = lines
    .map(
      ({ text, input = '/dev/null' }) =>
        `(\n${text}\n) < ${input} 2> /dev/null\nprintf '\\0%s\\0%s\\0%s\\0%s\\0' '${STATUS}' "$?" "\${HACKED-}" '${END}'\n`,
    )
    .join('');
  const child = spawn(shell, [...(options.args ?? []), '-s'], {
    cwd: options.cwd,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8', HOME: options.cwd },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(program);
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), buffer(child.stderr)]);
  const records = stdout.toString().split(`\0${END}\0`);
  const rest = records.pop();
  if (rest !== '' || records.length !== lines.length)
    throw new Error(
      `expected ${lines.length} lines to end in ${shell}, got ${records.length}: ${stderr.toString().slice(0, 500)}`,
    );
  return records.map((record) => {
    const at = record.lastIndexOf(`\0${STATUS}\0`);
    const [code = '', hacked = ''] = record.slice(at + STATUS.length + 2).split('\0');
    return { stdout: record.slice(0, at), exitCode: Number(code), hacked };
  });
}
