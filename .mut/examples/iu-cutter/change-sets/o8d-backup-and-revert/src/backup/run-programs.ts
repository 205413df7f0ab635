import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Runs two programs, the output of the first into the second, and waits for both. A first program that dies in the middle looks to the
 * second like the end of its input: only both exit codes together say that everything went through.
 * @throws Error naming the program that failed, with what it said
 */
export async function pipePrograms(
  from: Program,
  to: Program,
  ends: { readonly input?: Readable; readonly output?: Writable } = {},
): Promise<void> {
  const [source, sink] = [start(from), start(to)];
  const flows = [
    ends.input ? pipeline(ends.input, source.stdin) : source.stdin.end(),
    pipeline(source.stdout, sink.stdin),
    ends.output ? pipeline(sink.stdout, ends.output) : sink.stdout.resume(),
  ];
  // What broke a pipe is told by the program at its end, and better.
  const broken = Promise.allSettled(flows);
  const [first, second] = await Promise.allSettled([source.ended, sink.ended]);
  const settled = await broken;
  for (const each of [first, second, ...settled]) if (each.status === 'rejected') throw each.reason;
}

/** Runs a program to its end. @returns what it printed @throws Error with what it said, unless it exits with 0 */
export async function runProgram(program: Program): Promise<string> {
  const started = start(program);
  started.stdin.end();
  const [printed] = await Promise.all([text(started.stdout), started.ended]);
  return printed;
}

function start({ command, args, env }: Program) {
  const child = spawn(command, [...args], { env });
  child.stdin.on('error', () => undefined);
  const said = text(child.stderr).catch(() => '');
  const ended = (async () => {
    const [code] = await once(child, 'close').catch((cause: unknown) => {
      throw new Error(`expected ${command} to start, got ${String(cause)}`, { cause });
    });
    if (code !== 0)
      throw new Error(`expected ${command} to exit with 0, got ${code}: ${(await said).trim()}`);
  })();
  // Whoever waits for it may come later than it ends.
  ended.catch(() => undefined);
  return { stdin: child.stdin, stdout: child.stdout, ended };
}
