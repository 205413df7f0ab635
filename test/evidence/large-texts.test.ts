// What a server, a payload or a library says may be as long as it likes, and made against our patterns: no throw, no leak, and
// an end in good time.
import { createHash } from 'node:crypto';
import { describe, expect, it, test } from 'vitest';
import { createRedactor } from '../../src/evidence/redact.ts';
import { redactingLog } from '../../src/evidence/redacting-log.ts';
import { Secret } from '../../src/evidence/secret.ts';
import { scanForSecrets } from '../../src/evidence/secret-scan.ts';
import { parseTestResults } from '../../src/evidence/test-results.ts';
import { code, codeBlock, prose } from '../../src/report/markdown.ts';
import { readMention } from '../../src/slack/read-mention.ts';
import { readRuling } from '../../src/slack/read-ruling.ts';
import { plain } from '../../src/slack/view/escape.ts';

const literal = 'a-loaded-secret-7c1d';
const { redact, redactJson } = createRedactor({ literals: [new Secret(literal, 'dsn')] });
const megabyte = 1024 * 1024;
/** ms; on a machine that is busy with other tests. Alone each takes less than one. */
const soon = 20_000;

function inTime<T>(act: () => T): T {
  const start = performance.now();
  const result = act();
  expect(performance.now() - start).toBeLessThan(soon);
  return result;
}

describe('a line of 20 MB', () => {
  it('loses its credentials wherever they stand, and nothing else', () => {
    const key = `${'AKIA'}QWERTYUIOPASDFGH`;
    const filler = (length: number) => 'lorem ipsum, '.repeat(length / 13);
    // Offsets around powers of two, where a window would have its borders.
    const at = [0, 1, 65_535, 2 ** 20 - 7, 2 ** 20, 4 * 2 ** 20 + 3, 8 * 2 ** 20 - 1, 19 * 2 ** 20];
    const all = filler(20 * megabyte);
    const parts = at.map((offset, index) => all.slice(offset, at[index + 1]));
    const planted = parts.map((part) => `${key} password=hunter2-${literal} ${part}`).join(literal);
    const shown = inTime(() => redact(planted));
    for (const secret of [key, 'hunter2', literal]) expect(shown.includes(secret), secret).toBe(false);
    expect(shown.split('[redacted:aws] password=[redacted:assignment] ').length).toBe(at.length + 1);
    expect(shown.split('lorem ipsum').length).toBe(planted.split('lorem ipsum').length);
  });
});

describe('a text of 12 MB with 2,000 loaded secrets', () => {
  it('loses every one of them within seconds', () => {
    const values = Array.from({ length: 2000 }, (_, at) =>
      createHash('sha256').update(`${at}`).digest('base64'),
    );
    const { redact: redactMany } = createRedactor({ literals: values.map((each) => new Secret(each)) });
    const filler = 'lorem ipsum, '.repeat((6 * megabyte) / 13);
    const start = process.cpuUsage();
    const shown = redactMany(`${filler}${values.join(',')}${filler}`);
    // One after the other they took 18 s on an idle machine; together, less than one.
    expect(process.cpuUsage(start).user).toBeLessThan(10_000_000);
    expect(values.filter((each) => shown.includes(each))).toEqual([]);
    expect(shown.split('[redacted:secret]')).toHaveLength(2001);
  });
});

describe('a credential of 9 MB', () => {
  const much = (text: string) => text.repeat((9 * megabyte) / text.length);
  test.each([
    ['a quoted value', `password="${much('x')}" rest`, ' rest'],
    ['a value with escapes', `password="${much('\\\\')}" rest`, ' rest'],
    ['a bare value', `token=${much('x')} rest`, ' rest'],
    ['a value quoted in JSON', `{\\"secret\\":\\"${much('x')}\\",\\"a\\":1}`, '\\"a\\":1}'],
    ['an unclosed quote', `secret='${much('x y ')}\nrest`, '\nrest'],
    ['a key that is cut off', `-----BEGIN PRIVATE KEY-----\n${much('QUJD')}`, ''],
    ['a key of many lines', `-----BEGIN PRIVATE KEY-----\n${much(`${'QUJD'.repeat(16)}\n`)}\n`, ''],
    ['a JSON web token', `eyJ${much('x')}.eyJ${much('x')}.xyz rest`, ' rest'],
    ['a token with a prefix', `${'ghp'}_${much('x')} rest`, ' rest'],
    ['a header', `authorization: digest ${much('x ')}\nrest`, '\nrest'],
    ['a PuTTY key', `Private-Lines: 3\n${much('QUJD\n')}`, ''],
  ])('%s is gone', (_, text, rest) => {
    const shown = inTime(() => redact(text));
    expect(shown).toContain('[redacted:');
    expect(shown.length).toBeLessThan(200);
    expect(shown.trimEnd().endsWith(rest.trimEnd())).toBe(true);
  });

  it.each(['*', '$', '<', '0', '\\"', ' ', "'", '\t='])(
    'of %j alone does not throw, in text or JSON',
    (text) => {
      inTime(() => redact(`password=${much(text)}`));
      inTime(() => redactJson({ password: much(text), authorization: much(text) }));
    },
  );
});

describe('a log', () => {
  it('never throws, whatever it is given', () => {
    const said: [object, string][] = [];
    const write = (details: object, message: string) => void said.push([details, message]);
    const log = redactingLog({ info: write, warn: write, error: write }, { redact, redactJson });
    let deep: object = { password: literal };
    for (let level = 0; level < 20_000; level += 1) deep = { deep };
    log.error(deep, `token=${'x'.repeat(9 * megabyte)}`);
    log.error(
      {
        get broken() {
          throw new Error(literal);
        },
      },
      'a getter that throws',
    );
    log.error(
      {
        toJSON: () => {
          throw new Error(literal);
        },
      },
      'a toJSON that throws',
    );
    expect(said.map(([, message]) => message)).toEqual([
      'token=[redacted:assignment]',
      'a getter that throws',
      'a toJSON that throws',
    ]);
    expect(JSON.stringify(said)).not.toContain(literal);
  });
});

describe('a text that repeats what a pattern begins with', () => {
  /** What takes the square of its length takes seconds for this much. */
  const size = 60_000;
  const pumps = [
    ...['a', '0', ' ', '\n', '"', '\\', '=', '-', '[', '<', ';', '.', '/', '@', '|', '`', '` ', '*', '1 a, '],
    ...[
      '\u001b',
      '\u001b[',
      '\u001b];',
      '\u001b]0;',
      'eyJ',
      'eyJaaaaaaaa.',
      'token',
      'password: ',
      '://a:',
      '[redacted:',
    ],
    ...['<@U1|', '“', '“a ', 'a='],
    ...[
      '-----BEGIN PRIVATE KEY-----',
      '-----BEGIN PRIVATE KEY-----\nQUJDQUJDQUJDQUJDQUJD\n',
      'Private-Lines: 1\n',
    ],
    ...[
      'authorization: ',
      'xoxb-',
      'AIza',
      'ghs_1',
      'hooks.slack.com/services/',
      '--password ',
      '<a>',
      '<![CDATA[',
      '&amp;',
    ],
    ...['ok 1\n', '  ---\n', '# Subtest: a\n', '=== ', 'FAILED a', '{"a":', '[1,', '\u2028'],
  ];
  const readers: readonly (readonly [string, (text: string) => unknown, number])[] = [
    ['the redactor', redact, size],
    ['a code block', codeBlock, size],
    ['a code span', code, size],
    ['prose', prose, size],
    ['Slack’s text', plain, size],
    // Slack's longest message.
    ['the reader of mentions', (text) => readMention(text, 'U1'), 40_000],
    ['the reader of rulings', (text) => readRuling(`run accept ${text}`), 40_000],
    ['the reader of pytest', (text) => parseTestResults('pytest', text), size],
    ['the reader of JUnit', (text) => parseTestResults('junit', text), size],
    ['the reader of vitest', (text) => parseTestResults('vitest-json', text), size],
    ['the reader of Node’s tests', (text) => parseTestResults('node-test', text), size],
    // A parser object of a library for each line: linear, and slow.
    ['the reader of TAP', (text) => parseTestResults('tap', text), 10_000],
  ];

  test.each(readers)(
    '%s comes to an end',
    (_, read, length) => {
      for (const pump of pumps)
        for (const [before, after] of [
          ['', ''],
          ['\u001b]', '!'],
          ['token=', '"'],
        ] as const) {
          const text = `${before}${pump.repeat(length / pump.length)}${after}`;
          const start = performance.now();
          read(text);
          expect(performance.now() - start, JSON.stringify([before, pump])).toBeLessThan(2_000);
        }
    },
    120_000,
  );

  it('and of findings there may be as many as there are lines', async () => {
    const content = Buffer.from('secretlint-disable\n'.repeat(150_000));
    expect(await scanForSecrets([{ path: 'a.js', content }])).toHaveLength(150_000);
    expect(codeBlock('` '.repeat(200_000)).startsWith('```')).toBe(true);
  });
});
