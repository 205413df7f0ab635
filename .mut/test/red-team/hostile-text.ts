// Text that tries to be more than text, from a seeded generator: the same in every run.
import fc from 'fast-check';

/** Where a payload leaves its mark when somebody executes it: a file in this directory, or the variable. */
export interface Canary {
  readonly directory: string;
  readonly variable: 'HACKED';
}

/** Ways to have a shell start something, each of which leaves a file of its own number. */
export function payloads({ directory, variable }: Canary): string[] {
  const touch = (number: number) => `touch ${directory}/${number}`;
  const wraps: ((act: string) => string)[] = [
    (act) => `'; ${act}; '`,
    (act) => `"; ${act}; "`,
    (act) => `; ${act}`,
    (act) => `&& ${act}`,
    (act) => `| ${act}`,
    (act) => `& ${act} &`,
    (act) => `\n${act}\n`,
    (act) => `'\n${act}\n'`,
    (act) => `\r\n${act}\r\n`,
    (act) => `$(${act})`,
    (act) => `"$(${act})"`,
    (act) => `'$(${act})'`,
    (act) => `\`${act}\``,
    (act) => `'\`${act}\`'`,
    (act) => `\${x:-$(${act})}`,
    (act) => `$((a[$(${act})]))`,
    (act) => `a[$(${act})]`,
    (act) => `<(${act})`,
    (act) => `x'\\''; ${act}; '`,
    (act) => `\\'; ${act}; #`,
    (act) => `$'\\x27'; ${act}; '`,
    (act) => `' ; ${act} #`,
    (act) => `") ; ${act} ; ("`,
    (act) => `') ; ${act} ; ('`,
    (act) => `}; ${act}; {`,
    (act) => `fi; ${act}; if true; then`,
    (act) => `\nEOF\n${act}\n`,
    (act) => `--upload-pack=${act}`,
    (act) => `--receive-pack=${act}`,
    (act) => `--exec=${act}`,
    (act) => `-oProxyCommand=${act}`,
    (act) => `ext::sh -c ${act.replaceAll(' ', '% ')}`,
    (act) => `|${act}`,
    (act) => act.replaceAll(' ', '$IFS'),
    (act) => `$(${act.replaceAll(' ', '$'.concat('{IFS}'))})`,
    (act) => `{${act.replaceAll(' ', ',')}}`,
    (act) => `-c ${act}`,
    (act) => `--checkpoint-action=exec=${act}`,
    (act) => `;sh -c 'echo $$ > ${directory}/started; exec sleep 300'&${act}`,
  ];
  return [
    ...wraps.map((wrap, number) => wrap(touch(number))),
    `'; ${variable}=1; export ${variable}; '`,
    `$(${variable}=1)`,
    `\${${variable}:=1}`,
    `${variable}=1`,
    `\n${variable}=1\nexport ${variable}\n`,
  ];
}

const ODDITIES = [
  ...[
    '',
    ' ',
    '\t',
    '\n',
    '\r',
    '\r\n',
    '\\',
    "'",
    '"',
    '`',
    '$',
    '!',
    '!!',
    '!$',
    '#',
    '~',
    '~root',
    '*',
    '?',
  ],
  ...[
    '[a-z]*',
    '{a,b}',
    '-',
    '--',
    '-n',
    '-e',
    '-rf',
    '--help',
    '--version',
    '-x',
    '%s',
    '%n%s',
    '%',
    '=',
    '=a',
  ],
  ...[
    'a=b',
    '$IFS',
    '$@',
    '$*',
    '$#',
    '$$',
    '$0',
    `\${PATH}`,
    '$HOME',
    '\\0',
    '\\n',
    '\\c',
    'a\\',
    "a'",
    "'a",
    "''",
  ],
  ...[
    '\u0001',
    '\u0007',
    '\u001b[31m',
    '\u001b]0;x\u0007',
    '\u0015',
    '\u0003',
    '\u0004',
    '\u007f',
    '\u0085',
    '\u00a0',
  ],
  ...['\u202e', '\u200b', '\ufeff', '\u2028', 'é', 'e\u0301', '😀', '中文', 'ｆｕｌｌ', '‘’', '＇', '\ufffd'],
  ...[
    '..',
    '.',
    '../..',
    './x',
    '/',
    '//',
    'a/../b',
    'refs/heads/-x',
    '@{-1}',
    'HEAD~1',
    ':/',
    ':(top)',
    '-x',
  ],
  ...[
    '<!channel>',
    '<!here>',
    '<!everyone>',
    '<!subteam^S123ABC>',
    '<@U012ABC>',
    '<#C012ABC>',
    '@here',
    '@channel',
  ],
  ...[
    '<https://evil.example|click>',
    '&lt;!channel&gt;',
    '&amp;',
    '*bold*',
    '_it_',
    '```',
    ':white_check_mark:',
    '>',
  ],
];

/** Any of it, alone, side by side, in one piece of ordinary text, or very long. Without NUL. */
export function hostileText(canary: Canary): fc.Arbitrary<string> {
  const sharp = fc.constantFrom(...payloads(canary), ...ODDITIES);
  const noise = fc.string({
    unit: fc.constantFrom(...'\'"`$(){}[]<>|&;!#*?~\\ \n\t\r=-%@:,a0é😀'),
    maxLength: 24,
  });
  const piece = fc.oneof(
    { weight: 4, arbitrary: sharp },
    { weight: 2, arbitrary: noise },
    fc.string({ maxLength: 12 }),
  );
  return fc
    .oneof(
      { weight: 4, arbitrary: piece },
      {
        weight: 3,
        arbitrary: fc.array(piece, { minLength: 2, maxLength: 4 }).map((pieces) => pieces.join('')),
      },
      { weight: 2, arbitrary: piece.map((text) => `ordinary ${text} text`) },
      {
        weight: 1,
        arbitrary: fc
          .tuple(piece, fc.constantFrom(300, 5_000))
          .map(([text, size]) => `${text}${"x' ".repeat(size / 3)}`),
      },
    )
    .map((text) => text.replaceAll('\0', '').toWellFormed());
}

/** The same as one name of a file or directory: without a slash, of at most 200 bytes, none of those that mean something. */
export function hostileName(canary: Canary): fc.Arbitrary<string> {
  return hostileText(canary)
    .map((text) => {
      let name = text.replaceAll('/', '∕');
      while (Buffer.byteLength(name) > 200) name = [...name].slice(0, -10).join('');
      return name;
    })
    .filter((name) => name !== '' && name !== '.' && name !== '..');
}

/** `count` different values; the seed makes them the same in every run. */
export function sample<T>(arbitrary: fc.Arbitrary<T>, count: number, seed = 0x1e57): T[] {
  return fc.sample(arbitrary, { numRuns: count, seed });
}
