// What the command line says to words that it cannot read, and how it ends.
import { CommanderError } from 'commander';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { CommandLine, exitCodeOf } from '../../src/cli/command-line.ts';
import { addPlan } from '../../src/cli/plan.ts';
import { addTotp } from '../../src/cli/totp.ts';
import { addVerify } from '../../src/cli/verify.ts';

async function typed(...words: string[]): Promise<{ code: number | null; said: string }> {
  let said = '';
  const write = (text: string) => {
    said += text;
  };
  const program = new CommandLine('interlock')
    .exitOverride()
    .configureOutput({ writeErr: write, writeOut: write });
  addVerify(program);
  addPlan(program);
  addTotp(program);
  const error: unknown = await program.parseAsync(words, { from: 'user' }).catch((cause: unknown) => cause);
  return { code: error instanceof CommanderError ? exitCodeOf(error) : null, said };
}

describe('the command line', () => {
  it.each<[string, string[], string, number]>([
    ['no key', ['verify', 'b'], "required option '--key <pem>' not specified", 2],
    ['a misspelt key', ['verify', 'b', '--kee', 'x'], "unknown option '--kee'\n(Did you mean --key?)", 2],
    ['it elsewhere', ['verify', '--kee=x', 'b'], "unknown option '--kee=x'", 2],
    ['a misspelt template', ['plan', 'new', '--tempalte', 'x'], "unknown option '--tempalte'", 2],
    ['a misspelt user', ['totp', 'enrol', '--usre', 'U1', '--file', 'x'], "unknown option '--usre'", 2],
    ['a key without its file', ['verify', 'b', '--key'], "option '--key <pem>' argument missing", 2],
    ['no bundle', ['verify', '--key', 'x'], "missing required argument 'bundle'", 2],
    ['a misspelt command', ['verfiy', 'b'], "unknown command 'verfiy'", 2],
    ['no command', [], 'Usage: interlock', 2],
    ['a question beside a misspelt option', ['verify', '--kee', '--help'], 'Usage: interlock verify', 0],
    ['a question', ['verify', '--help'], 'Usage: interlock verify', 0],
  ])('answers %s by name', async (_name, words, part, code) => {
    const found = await typed(...words);
    expect(found.said).toContain(part);
    expect(found.code).toBe(code);
  });
});

describe('plan check', () => {
  afterEach(() => {
    process.exitCode = 0;
    vi.restoreAllMocks();
  });

  it.each([
    ['a clean plan', ['examples/plans/o8b-retry.yaml'], 0, []],
    ['a plan with faults', ['package.json'], 1, [expect.stringMatching(/^\d+ faults$/)]],
    ['a file that is not there', ['nope.yaml'], 2, ['1 file could not be read']],
    ['a directory', ['docs'], 2, ['1 file could not be read']],
    [
      'all of these',
      ['nope.yaml', 'package.json', 'examples/plans/o8b-retry.yaml'],
      2,
      [expect.stringMatching(/^\d+ faults$/), '1 file could not be read'],
    ],
  ])('ends for %s as its help says', async (_name, files, code, last) => {
    vi.spyOn(console, 'log').mockReturnValue();
    const said = vi.spyOn(console, 'error').mockReturnValue();
    process.exitCode = 0;
    await typed('plan', 'check', ...files);
    expect(process.exitCode).toBe(code);
    expect(said.mock.calls.flat().filter((line) => /^\d/.test(line))).toEqual(last);
  });
});
