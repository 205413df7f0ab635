import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Command, script, shellQuote, toShell } from '../../src/host/command.ts';

/** Any text that can be an argument: whole Unicode, line breaks and quotes, without NUL. */
const word = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({
    unit: fc.constantFrom("'", '"', '\\', '$', '`', '(', ')', '\n', ' ', '*', '~', '!', '#', ';', '&', '='),
  }),
  fc.constantFrom(
    '',
    '-n',
    '--',
    '-',
    "'",
    '$(id)',
    '`id`',
    '$HOME',
    '~',
    '!!',
    'é😀',
    'a\nb\n',
    '%s',
    '\\0',
  ),
);
const argument = word.map((text) => text.replaceAll('\0', ''));

const print = (argv: readonly string[], more: Partial<Command> = {}): Command => ({
  effect: 'observe',
  title: 'print',
  argv,
  ...more,
});
const inShell = (shell: string, command: Command): string[] => {
  const output = execFileSync(shell, ['-c', toShell(command)], {
    encoding: 'utf8',
    env: {},
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return output.split('\0').slice(0, -1);
};

test.each(['sh', 'bash'])('%s sees every argument exactly as it was given', (shell) => {
  const property = fc.property(fc.array(argument, { minLength: 1, maxLength: 12 }), (args) => {
    expect(inShell(shell, print(['/usr/bin/printf', '%s\\0', ...args]))).toEqual(args);
  });
  fc.assert(property, { numRuns: 150 });
});

test('a script sees its arguments as parameters and its environment as variables', () => {
  const property = fc.property(argument, argument, argument, (first, second, value) => {
    const body = `printf '%s\\0' "$#" "$1" "$2" "$VALUE"`;
    const path = '/usr/bin:/bin';
    const command = script('observe', 'print', body, [first, second], { env: { VALUE: value, PATH: path } });
    expect(inShell('sh', command)).toEqual(['2', first, second, value]);
  });
  fc.assert(property, { numRuns: 100 });
});

test('a script stops at the first failure and at an unset variable', () => {
  const code = (body: string): number => {
    try {
      execFileSync('sh', ['-c', toShell(script('observe', 'fail', body))], { stdio: 'ignore' });
      return 0;
    } catch (error) {
      return Number(Reflect.get(Object(error), 'status'));
    }
  };
  expect(code('false; true')).toBe(1);
  expect(code('echo "$unset_variable"; true')).toBe(2);
});

test('the exact shell line of a command', () => {
  const command = print(['tar', '-xf', "it's.tar"], { cwd: '/srv/a b', env: { LC_ALL: 'C' } });
  expect(toShell(command)).toBe(`export LC_ALL=C && cd '/srv/a b' && exec tar -xf 'it'\\''s.tar'`);
});

test('refuses what a shell cannot carry', () => {
  const wrong: Partial<Command>[] = [
    { argv: ['echo', 'a\0b'] },
    { argv: ['echo', '\uD800'] },
    { argv: [] },
    { argv: [''] },
    { argv: ['-a', 'x'] },
    { env: { 'A B': 'x' } },
    { env: { A: '\0' } },
    { cwd: 'relative' },
    { cwd: '-' },
    { argv: ['echo', 'x'.repeat(130_000)] },
  ];
  for (const each of wrong) {
    expect(() => toShell(print(['true'], each))).toThrow(expect.objectContaining({ code: 'usage' }));
  }
});

test('leaves plain words plain', () => {
  expect(['a', '/srv/x-1.2_3', '--format=%s', 'a@b:c,d+e'].map(shellQuote)).toEqual([
    'a',
    '/srv/x-1.2_3',
    '--format=%s',
    'a@b:c,d+e',
  ]);
  expect(['', '=a', '~', 'a b', '{a,b}', '*'].map(shellQuote)).toEqual([
    "''",
    "'=a'",
    "'~'",
    "'a b'",
    "'{a,b}'",
    "'*'",
  ]);
});
