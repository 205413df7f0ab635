import { generateKeyPairSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor } from '../../src/evidence/redact.ts';
import { Secret } from '../../src/evidence/secret.ts';

const { redact, redactJson } = createRedactor({ literals: [] });

// Put together at run time, so that no scanner takes this file for a leak.
const body = (length: number) => 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7'.repeat(8).slice(0, length);
const pem = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString();
const jwt = ['eyJhbGciOiJIUzI1NiJ9', 'eyJzdWIiOiIxMjM0In0', body(43)].join('.');

const CREDENTIALS: readonly (readonly [kind: string, text: string, secret: string])[] = [
  ['aws', `id ${'AKIA'}QWERTYUIOPASDFGH`, 'QWERTYUIOPASDFGH'],
  ['assignment', `aws_secret_access_key = ${body(40)}`, body(40)],
  ['github', `${'ghp'}_${body(36)}`, body(36)],
  ['github', `${'github'}_pat_${body(82)}`, body(82)],
  ['github', `${'ghs'}_1234_${jwt}`, 'eyJzdWIiOiIxMjM0In0'],
  ['gitlab', `${'glpat'}-${body(20)}`, body(20)],
  ['slack', `${'xoxb'}-123456789012-123456789012-${body(24)}`, body(24)],
  ['slack', `${'xoxe'}.xoxp-1-${body(60)}`, body(60)],
  ['slack', `${'xapp'}-1-A0123456789-123456789012-${body(64)}`, body(64)],
  ['slack-webhook', `https://hooks.slack${'.com'}/services/T0123/B0123/${body(24)}`, body(24)],
  ['google', `${'AIza'}${body(35)}`, body(35)],
  ['google', `${'ya29'}.${body(60)}`, body(60)],
  ['jwt', `got ${jwt}`, 'eyJzdWIiOiIxMjM0In0'],
  ['npm', `${'npm'}_${body(36)}`, body(36)],
  ['assignment', `//registry.example.com/:_authToken=${body(36)}`, body(36)],
  ['stripe', `${'sk'}_live_${body(24)}`, body(24)],
  ['age', `${'AGE-SECRET'}-KEY-1${'Q'.repeat(58)}`, 'Q'.repeat(58)],
  ['ssh-key', `b3BlbnNzaC1rZXktdjE${body(60)}`, body(60)],
  ['private-key', pem, pem.split('\n')[1] ?? ''],
  ['private-key', JSON.stringify({ k: pem }), pem.split('\n')[1] ?? ''],
  ['private-key', `${pem.split('\n').slice(0, 2).join('\n')}\n… cut off`, pem.split('\n')[1] ?? ''],
  ['private-key', pem.replaceAll(/^/gm, '+   '), pem.split('\n')[1] ?? ''],
  ['url-credentials', 'https://user:hunter2@example.com/x', 'hunter2'],
  ['url-credentials', 'postgres://app:p@ss#w:rd@db:5432/app?sslmode=require', 'p@ss#w:rd'],
  ['url-credentials', 'redis://:hunter2@localhost', 'hunter2'],
  ['url-credentials', `https://${body(30)}@git.example.com/x.git`, body(30)],
  ['dsn', 'app:hunter2@tcp(db:3306)/app', 'hunter2'],
  ['assignment', 'host=db user=app password=hunter2 dbname=app', 'hunter2'],
  ['assignment', "PGPASSWORD='hunter 2' psql", 'hunter 2'],
  ['assignment', '{"db":{"password":"hun\\"ter2","port":5432}}', 'ter2'],
  ['assignment', JSON.stringify({ log: '{"apiKey":"hunter2"}' }), 'hunter2'],
  ['assignment', 'client_secret: hunter2', 'hunter2'],
  ['assignment', 'token => "hunter2', 'hunter2'],
  ['argument', 'curl --password hunter2 https://example.com', 'hunter2'],
  ['authorization', 'Authorization: Basic dXNlcjpodW50ZXIy', 'dXNlcjpodW50ZXIy'],
  ['authorization', `curl -H 'Authorization: Bearer ${body(30)}' https://example.com`, body(30)],
  [
    'authorization',
    'authorization: Digest username="u", response="6629fae49393a05397450978507c4ef1"',
    '6629fae4',
  ],
  ['authorization', `{"authorization":"${body(32)}"}`, body(32)],
  ['bearer', `sent Bearer ${body(32)}`, body(32)],
];

describe('a credential', () => {
  test.each(CREDENTIALS)('of kind %s is gone from %j', (kind, text, secret) => {
    const shown = redact(`before ${text}\nafter`);
    expect(shown).not.toContain(secret);
    expect(shown).toContain(`[redacted:${kind}]`);
    expect(shown).toMatch(/^before/);
    expect(shown).toMatch(/\n?after"?$/);
  });

  test('leaves the words around it', () => {
    expect(redact('DB_PASSWORD="hunter2" next=1')).toBe('DB_PASSWORD="[redacted:assignment]" next=1');
    expect(redact('postgres://app:hunter2@db/app')).toBe('postgres://app:[redacted:url-credentials]@db/app');
    expect(redact(`a\n${pem}b`)).toBe('a\n[redacted:private-key]\nb');
  });

  test('inside another one is gone with it', () => {
    expect(redact(`password="${'ghp'}_${body(36)} and more"`)).toBe('password="[redacted:assignment]"');
    expect(redact(`token=${'npm'}_${body(36)}/rest`)).toBe('token=[redacted:assignment]');
  });
});

test.each([
  'commit 703559c91b819a6ab70fffc6105776014f7a6a56, parent 6625f76',
  'sha256 db3f48b663d3f1df87fd2b52d1757b6b646b688ebd71986c25ab4964e4c64738',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRzAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e host',
  '# pass 394',
  '{"pass":28,"fail":0}',
  'secrets logged: none',
  'no_secret: YES',
  'password: $DB_PASSWORD',
  'token=<your token>',
  'authorization: valid until 12:00 for run r-1',
  'https://example.com:8443/a?b=c#d',
  'git@example.com:team/repo.git',
  'the bearer of this',
  'see --token in the manual',
  'eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pbyJ9',
  '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----',
])('what is no credential stays: %s', (text) => {
  expect(redact(text)).toBe(text);
});

describe('a loaded secret', () => {
  const secrets = fc
    .string({ unit: 'binary', minLength: 6, maxLength: 40 })
    .filter((text) => text.trim().length >= 6);
  const encodings: [string, (text: string) => string][] = [
    ['as it is', (text) => text],
    ['in JSON', (text) => JSON.stringify(text).slice(1, -1)],
    ['in hex', (text) => Buffer.from(text).toString('hex')],
    ['in upper case hex', (text) => Buffer.from(text).toString('hex').toUpperCase()],
    ['in base64', (text) => Buffer.from(text).toString('base64')],
    ['in base64url', (text) => Buffer.from(text).toString('base64url')],
    ['in a URL', (text) => encodeURIComponent(text)],
    ['in a form', (text) => new URLSearchParams({ a: text }).toString().slice(2)],
  ];

  test.each(encodings)('is gone %s', (_, encode) => {
    fc.assert(
      fc.property(secrets, fc.string(), fc.string(), (value, before, after) => {
        const { redact: hide } = createRedactor({ literals: [new Secret(value, 'loaded')] });
        const spelled = encode(value);
        const shown = hide(`${before}${spelled}${after}`);
        // Where the text around is itself a credential, or spells the same, more than the secret is gone.
        expect(shown.replaceAll(/\[redacted:[a-z-]+\]/g, '')).not.toContain(spelled);
      }),
    );
  });

  test('is gone from a longer text in base64, at every offset', () => {
    const value = 'correct-horse-battery';
    const { redact: hide } = createRedactor({ literals: [new Secret(value)] });
    for (const user of ['', 'a', 'ab', 'abc', 'abcd']) {
      for (const form of ['base64', 'base64url'] as const) {
        const shown = hide(`x ${Buffer.from(`${user}:${value}:tail`).toString(form)} y`);
        expect(shown).toMatch(/^x [\w-]{0,8}\[redacted:secret\][\w=-]{0,10} y$/);
      }
    }
  });

  test('of several lines is gone line by line', () => {
    const { redact: hide } = createRedactor({
      literals: [new Secret(`${'first-part-of-the-key'}\n${'second-part-of-the-key'}\n`)],
    });
    expect(hide('  first-part-of-the-key\n| second-part-of-the-key')).toBe(
      '  [redacted:secret]\n| [redacted:secret]',
    );
  });

  test('that is short goes only where it stands alone, so that the text stays readable', () => {
    const { redact: hide } = createRedactor({ literals: [new Secret('pg')] });
    expect(hide('user pg, image pgvector, :pg@')).toBe(
      'user [redacted:secret], image pgvector, :[redacted:secret]@',
    );
  });

  test('that is the word of the placeholder does no harm', () => {
    const { redact: hide } = createRedactor({ literals: [new Secret('redacted')] });
    expect(hide(hide('is redacted here'))).toBe('is [redacted:secret] here');
  });

  test('is gone from a forged placeholder too', () => {
    const { redact: hide } = createRedactor({ literals: [new Secret('hunter2-hunter2')] });
    expect(hide('[redacted:hunter2-hunter2]')).toBe('[redacted:[redacted:secret]]');
  });

  test('that is empty is no reason to redact everything', () => {
    expect(createRedactor({ literals: [new Secret('')] }).redact('abc')).toBe('abc');
  });

  test('goes before a shorter one that it contains', () => {
    const { redact: hide } = createRedactor({
      literals: [new Secret('abcdef', 'short'), new Secret('abcdefgh', 'long')],
    });
    expect(hide('abcdefgh abcdef')).toBe('[redacted:long] [redacted:short]');
  });
});

describe('redacting', () => {
  const pieces = fc.oneof(
    fc.string(),
    fc.constantFrom(...CREDENTIALS.map(([, text]) => text)),
    fc.constantFrom(
      ...[
        'password=',
        'token: "',
        '_auth',
        'Authorization: Bearer ',
        'Authorization: Digest ',
        'bearer ',
        '--password ',
      ],
      ...[
        '://',
        'a:',
        ':',
        '@',
        '@tcp(',
        '[redacted:',
        '[redacted:x]',
        ']',
        '"',
        "'",
        '\\"',
        '\\n',
        '\n',
        ' ',
        '=',
        '.',
        '<',
        '>',
        '{',
        '}',
      ],
      ...[
        '-----BEGIN RSA PRIVATE KEY-----',
        '-----END RSA PRIVATE KEY-----',
        'Private-Lines: 1\n',
        'eyJaaaaaa',
        'abc',
      ],
      ...['loaded-secret', 'a'.repeat(20), `sk-${'a'.repeat(24)}`],
    ),
  );
  const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));

  test('twice is the same as once', () => {
    const { redact: hide } = createRedactor({
      literals: [new Secret('loaded-secret'), new Secret('abc'), new Secret('redacted')],
    });
    fc.assert(
      fc.property(texts, (text) => {
        const once = hide(text);
        expect(hide(once)).toBe(once);
        expect(once).not.toContain('unsettled');
      }),
      { numRuns: 1000 },
    );
  });

  test.each<[string, (size: number) => string]>([
    ['letters', (size) => 'a'.repeat(size)],
    ['base64', (size) => randomBytes(size).toString('base64').slice(0, size)],
    ['spaces', (size) => ' '.repeat(size)],
    ['prefixes of a URL', (size) => '://a:'.repeat(size / 5)],
    ['a URL with no end', (size) => `://${'a:'.repeat(size / 2)}`],
    ['headers of a JWT', (size) => 'eyJaaaaaa'.repeat(size / 9)],
    ['parts of a JWT', (size) => 'eyJaaaaaa.'.repeat(size / 10)],
    ['beginnings of a key', (size) => '-----BEGIN RSA PRIVATE KEY-----'.repeat(size / 31)],
    [
      'beginnings of a key with text',
      (size) => '-----BEGIN PRIVATE KEY-----\nMIIEvQ aaaa '.repeat(size / 39),
    ],
    ['assignments', (size) => 'password='.repeat(size / 9)],
    ['quotes', (size) => 'token="\\'.repeat(size / 8)],
    ['authorizations', (size) => 'authorization: '.repeat(size / 15)],
    ['dashes', (size) => '-'.repeat(size)],
    ['tokens', (size) => 'xoxb-ghp_npm_sk-'.repeat(size / 16)],
    ['at signs', (size) => ':a@'.repeat(size / 3)],
    ['placeholders', (size) => 'token=[redacted:x]'.repeat(size / 18)],
  ])('a line of 5 MB of %s takes time in proportion', (_, make) => {
    const time = (size: number) => {
      const text = make(size);
      const start = process.cpuUsage();
      redact(text);
      const { user, system } = process.cpuUsage(start);
      return (user + system) / 1000;
    };
    time(500_000);
    // Quadratic would be minutes; a bound in CPU time that a busy machine keeps.
    expect(time(5_000_000)).toBeLessThan(6000);
  });
});

describe('redacting JSON', () => {
  test('reaches every string, key and secret-named member', () => {
    const hide = createRedactor({ literals: [new Secret('loaded-secret')] }).redactJson;
    expect(
      hide({
        list: ['x loaded-secret', 5, true, null],
        'k loaded-secret': 1,
        password: 'hunter2',
        nested: { apiKey: 'hunter2', tokens: 12, secret: '' },
        headers: { authorization: 'Basic dXNlcjpodW50ZXIy' },
        secret: new Secret('zzz', 'db'),
        at: new Date(0),
        bytes: Buffer.from('loaded-secret'),
        error: new Error('with loaded-secret'),
        left: undefined,
        big: 10n,
      }),
    ).toEqual({
      list: ['x [redacted:secret]', 5, true, null],
      'k [redacted:secret]': 1,
      password: '[redacted:assignment]',
      nested: { apiKey: '[redacted:assignment]', tokens: 12, secret: '' },
      headers: { authorization: '[redacted:authorization]' },
      secret: '[redacted:db]',
      at: '1970-01-01T00:00:00.000Z',
      bytes: '[redacted:bytes]',
      error: { name: 'Error', message: 'with [redacted:secret]' },
      big: '10',
    });
  });

  test('keeps the shape, is idempotent, and survives cycles', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const once = redactJson(value);
        expect(redactJson(once)).toEqual(once);
        if (
          !/password|passwd|pwd|pass|secret|token|key|credential|auth/i.test(JSON.stringify(value)) &&
          typeof value !== 'string'
        ) {
          expect(Array.isArray(once)).toBe(Array.isArray(value));
        }
      }),
    );
    const cycle: { self?: unknown; a: number } = { a: 1 };
    cycle.self = cycle;
    expect(redactJson(cycle)).toEqual({ a: 1, self: '[circular]' });
    expect(redactJson(JSON.parse('{"__proto__":{"polluted":1}}'))).toEqual(
      JSON.parse('{"__proto__":{"polluted":1}}'),
    );
  });
});
