import { createCipheriv, createHash, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { scanForPatterns, scanForSecrets } from '../../src/evidence/secret-scan.ts';

// Put together at run time, so that no scanner takes this file for a leak.
const GITHUB = `${'ghp'}_wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx`;
const AGE = `${'AGE-SECRET'}-KEY-1${'Q'.repeat(58)}`;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PEM = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const ENCRYPTED = privateKey
  .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString();

const scanText = (content: string | Uint8Array, path = 'a.ts') => scanForSecrets([{ path, content }]);

const mark = (bytes: number[], content: Buffer) => Buffer.concat([Buffer.from(bytes), content]);
const plain = Buffer.from(`first\nx = ${GITHUB} PIN_1\n\n`);

test.each([
  ['UTF-16 without a mark', Buffer.from(plain.toString(), 'utf16le')],
  ['UTF-16 of the other order without a mark', Buffer.from(plain.toString(), 'utf16le').swap16()],
  ['UTF-16 with a mark', mark([0xff, 0xfe], Buffer.from(plain.toString(), 'utf16le'))],
  ['plain text behind a mark of UTF-16', mark([0xff, 0xfe], plain)],
  ['plain text behind the other mark', mark([0xfe, 0xff], plain)],
])('an encoding hides neither a secret nor a forbidden pattern: %s', async (_, content) => {
  expect(await scanText(content)).toMatchObject([{ line: 2, rule: 'github/GITHUB_TOKEN' }]);
  const found = scanForPatterns([{ path: 'a', content }], [{ pattern: 'PIN_', reason: 'no PINs' }]);
  expect(found).toEqual([{ path: 'a', line: 2, pattern: 'PIN_', reason: 'no PINs' }]);
});

describe('the secret scan', () => {
  test.each([
    ['a GitHub token', GITHUB, 'github/GITHUB_TOKEN'],
    ['a Slack token', `${'xoxb'}-123456789012-1234567890123-abcdefghijklmnopqrstuvwx`, 'slack/SLACK_TOKEN'],
    [
      'an AWS secret key',
      `AWS_SECRET_ACCESS_KEY = "${'wJalrXUtnFEMI/K7MDENG/'}bPxRfiCYzzzzzzzKEY"`,
      'aws/AWSSecretAccessKey',
    ],
    [
      'a connection string',
      `postgres://app:${'s3cretpass'}@db.internal:5432/x`,
      'database-connection-string/PostgreSQLConnection',
    ],
    ['a private key', PEM, 'privatekey/PrivateKey'],
    ['an encrypted private key', ENCRYPTED, 'interlock/private-key'],
    ['an age key', AGE, 'interlock/age'],
  ])('finds %s, with its line, and without showing it', async (_, secret, rule) => {
    const findings = await scanText(`one\ntwo\n${secret}\n`);
    expect(findings).toContainEqual(expect.objectContaining({ path: 'a.ts', line: 3, rule }));
    for (const finding of findings) {
      expect(finding.fingerprint).toMatch(/^[0-9a-f]{8}$/);
      for (const part of secret.split(/\s+/))
        if (part.length > 12) expect(JSON.stringify(finding)).not.toContain(part);
    }
  });

  test('gives the right line for each of several, and one fingerprint for the same secret', async () => {
    const findings = await scanText(`${GITHUB}\n\n${GITHUB}\n${AGE}`);
    const fingerprint = sha256Hex(GITHUB).slice(0, 8);
    expect(findings.filter(({ rule }) => rule === 'github/GITHUB_TOKEN')).toEqual([
      { path: 'a.ts', line: 1, rule: 'github/GITHUB_TOKEN', fingerprint },
      { path: 'a.ts', line: 3, rule: 'github/GITHUB_TOKEN', fingerprint },
    ]);
    expect(findings).toContainEqual(expect.objectContaining({ line: 4, rule: 'interlock/age' }));
  });

  test.each([
    '// secretlint-disable',
    '/* secretlint-disable-line */',
    '# secretlint-disable-next-line',
    '<!-- secretlint-enable -->',
  ])('is not told to look away: %s is a finding, and what it would hide too', async (comment) => {
    const findings = await scanText(`${comment}\nconst a = '${GITHUB}';\n`);
    expect(findings).toEqual([
      expect.objectContaining({ line: 1, rule: 'interlock/scan-disabled' }),
      expect.objectContaining({ line: 2, rule: 'github/GITHUB_TOKEN' }),
    ]);
  });

  test('looks into binaries, and into UTF-16', async () => {
    const binary = Buffer.concat([
      Buffer.from([0xff, 0, 0xc3]),
      Buffer.from(` ${GITHUB} `),
      Buffer.from([0xff, 0]),
    ]);
    expect(await scanText(binary, 'a.bin')).toMatchObject([{ path: 'a.bin', rule: 'github/GITHUB_TOKEN' }]);
    const wide = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(`x = ${GITHUB}`, 'utf16le')]);
    expect(await scanText(wide)).toHaveLength(1);
  });

  test('finds nothing in ordinary files', async () => {
    const files = [
      {
        path: 'src/a.ts',
        content: "import { x } from './x.ts';\nexport const password = process.env['DB_PASSWORD'];\n",
      },
      {
        path: 'package.json',
        content: JSON.stringify({ name: 'x', integrity: `sha512-${'a'.repeat(86)}==` }),
      },
      {
        path: 'known_hosts',
        content: 'host ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFRzAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0e\n',
      },
      {
        path: 'key.pub',
        content:
          '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE\n-----END PUBLIC KEY-----\n',
      },
      { path: 'empty', content: '' },
    ];
    expect(await scanForSecrets(files)).toEqual([]);
  });

  test('sorts by path and line', async () => {
    const findings = await scanForSecrets([
      { path: 'b', content: `\n${GITHUB}` },
      { path: 'a', content: `\n\n${AGE}\n${GITHUB}` },
    ]);
    expect(findings.map(({ path, line }) => `${path}:${line}`)).toEqual(['a:3', 'a:4', 'b:2']);
  });

  test('takes large files in its stride, and can be stopped', async () => {
    const files = Array.from({ length: 3 }, (_, i) => ({
      path: `f${i}`,
      content: pseudoRandomBytes(`f${i}`, 1_500_000).toString('base64'),
    }));
    expect(await scanForSecrets(files)).toEqual([]);
    await expect(scanForSecrets(files, { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'aborted',
    });
  });

  test('takes no stretch of a long base64 text for a Google key, but finds the key where it stands alone', async () => {
    const key = `${'AIza'}${'SyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY'}`;
    const base64 = pseudoRandomBytes('image', 60_000).toString('base64');
    const within = (text: string) => `${base64.slice(0, 40_000)}${text}${base64.slice(40_000)}`;
    const alike = `${'AIza'}${'Q7'.repeat(17)}x`;
    const alone = [
      key,
      `"${key}"`,
      `https://host/maps/api/js?key=${key}&v=3`,
      `key%3D${key}`,
      `\\n${key}\\n`,
    ];
    expect(await scanText(within(alike))).toEqual([]);
    expect(await scanText(within(`${alike}/`))).toEqual([]);
    for (const text of alone)
      expect(await scanText(`first line\n${text}`)).toEqual([
        expect.objectContaining({ line: 2, rule: 'interlock/google' }),
      ]);
    expect(await scanText(`${base64}\n${key}`)).toHaveLength(1);
  });
});

/** The same bytes in every run: among truly random ones, some rule or other finds a match some day. */
function pseudoRandomBytes(seed: string, length: number): Buffer {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

test('forbidden patterns are found literally, once a line', () => {
  const files = [
    { path: 'a.ts', content: 'const PIN_CODE = PIN_OTHER;\npin_\nspin_ .*\n' },
    { path: 'b.bin', content: Buffer.from([0xff, ...Buffer.from('\nPIN_')]) },
  ];
  const [pin, regex] = [
    { pattern: 'PIN_', reason: 'no pinned values' },
    { pattern: '.*', reason: 'literal' },
  ];
  expect(scanForPatterns(files, [pin, regex])).toEqual([
    { path: 'a.ts', line: 1, ...pin },
    { path: 'a.ts', line: 3, ...regex },
    { path: 'b.bin', line: 2, ...pin },
  ]);
  expect(scanForPatterns(files, [])).toEqual([]);
});
