import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as readAll } from 'node:stream/consumers';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedSignersLine, newSigningKeys } from '../../src/attestation/keys.ts';
import { sshString } from '../../src/attestation/ssh-wire.ts';
import { signSshsig, verifySshsig } from '../../src/attestation/sshsig.ts';

const run = promisify(execFile);
const { sshsig: key } = newSigningKeys();
const line = allowedSignersLine(key);
const now = new Date('2026-05-21T05:30:00Z');
const content = '{"a":1}\n{"b":2}\n';
const signature = signSshsig(content, key);

function armor(blob: Buffer, width: number): string {
  const lines = blob.toString('base64').match(new RegExp(`.{1,${width}}`, 'g')) ?? [];
  return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
}

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-sshsig-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** ssh-keygen's own judgement: its exit code and what it printed. */
async function sshKeygenVerify(
  file: string,
  armored: string,
  signers: string,
  { namespace = 'interlock', at = now }: { namespace?: string; at?: Date } = {},
): Promise<{ code: number; output: string }> {
  await writeFile(join(directory, 'allowed_signers'), `${signers}\n`);
  await writeFile(join(directory, 'file.sig'), armored);
  const child = spawn(
    'ssh-keygen',
    [
      ...['-Y', 'verify', '-f', 'allowed_signers', '-I', 'interlock', '-n', namespace, '-s', 'file.sig'],
      `-Overify-time=${at.toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`,
    ],
    { cwd: directory },
  );
  // It may have refused the signature before it read the file.
  child.stdin.on('error', () => undefined);
  child.stdin.end(file);
  const [stdout, stderr] = await Promise.all([
    readAll(child.stdout),
    readAll(child.stderr),
    once(child, 'close'),
  ]);
  return { code: child.exitCode ?? -1, output: stdout + stderr };
}

describe('an SSH signature over a file', () => {
  it('is accepted by ssh-keygen, and by us', async () => {
    expect(await sshKeygenVerify(content, signature, line)).toMatchObject({ code: 0 });
    expect(verifySshsig(content, signature, line, now)).toBe('interlock');
  });

  it('is refused by both for another file, another key and another namespace', async () => {
    const other = allowedSignersLine(newSigningKeys().sshsig);
    expect((await sshKeygenVerify(`${content} `, signature, line)).code).not.toBe(0);
    expect((await sshKeygenVerify(content, signature, other)).code).not.toBe(0);
    expect((await sshKeygenVerify(content, signature, line, { namespace: 'git' })).code).not.toBe(0);
    expect(() => verifySshsig(`${content} `, signature, line, now)).toThrow(
      expect.objectContaining({ code: 'bad-sshsig' }),
    );
    expect(() => verifySshsig(content, signature, other, now)).toThrow(
      expect.objectContaining({ code: 'bad-sshsig' }),
    );
    expect(() => verifySshsig(content, signature, line.replace('"interlock"', '"git"'), now)).toThrow(
      expect.objectContaining({ code: 'bad-sshsig' }),
    );
  });

  it('that ssh-keygen made is accepted by us', async () => {
    const path = join(directory, 'id');
    await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', path]);
    await writeFile(join(directory, 'signed'), content);
    await run('ssh-keygen', ['-Y', 'sign', '-f', path, '-n', 'interlock', join(directory, 'signed')]);
    const made = await readFile(join(directory, 'signed.sig'), 'utf8');
    expect(verifySshsig(content, made, `ops@example.com ${await readFile(`${path}.pub`, 'utf8')}`, now)).toBe(
      'ops@example.com',
    );
  });

  it.each<[string, (blob: Buffer) => string]>([
    ['lines of another width', (blob) => armor(blob, 64)],
    [
      'something in the field that is reserved',
      (blob) => {
        const head = blob.indexOf('interlock') + 'interlock'.length;
        return armor(Buffer.concat([blob.subarray(0, head), sshString('more'), blob.subarray(head + 4)]), 70);
      },
    ],
  ])('is refused with %s, which no signature covers', (_name, edit) => {
    const blob = Buffer.from(signature.split('\n').slice(1, -2).join(''), 'base64');
    expect(armor(blob, 70)).toBe(signature);
    expect(() => verifySshsig(content, edit(blob), line, now)).toThrow(
      expect.objectContaining({ code: 'malformed-sshsig' }),
    );
  });

  it('is refused with any one byte changed', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: signature.length - 1 }),
        fc.integer({ min: 0x20, max: 0x7e }),
        (index, byte) => {
          const changed = signature.slice(0, index) + String.fromCharCode(byte) + signature.slice(index + 1);
          fc.pre(changed !== signature);
          expect(() => verifySshsig(content, changed, line, now)).toThrow(
            expect.objectContaining({ name: 'AttestationError' }),
          );
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('allowed signers', () => {
  const bounded = line.replace(
    'interlock ',
    'interlock valid-after="20260101Z",valid-before="20260601000000Z",',
  );

  it('bound the time of a signature, as ssh-keygen reads them', () => {
    expect(verifySshsig(content, signature, `# ours\n\n${bounded}\n`, now)).toBe('interlock');
    expect(() => verifySshsig(content, signature, bounded, new Date('2026-06-01T00:00:00Z'))).toThrow(
      expect.objectContaining({ code: 'bad-sshsig' }),
    );
    expect(() => verifySshsig(content, signature, bounded, new Date('2025-12-31T23:59:59Z'))).toThrow(
      expect.objectContaining({ code: 'bad-sshsig' }),
    );
  });

  const withOptions = (options: string) => line.replace('namespaces="interlock"', options);
  const type = 'ssh-ed25519';

  it.each<[string, string]>([
    ['as they are printed', line],
    ['a namespace pattern', withOptions('namespaces="inter*"')],
    ['a pattern of single letters', withOptions('namespaces="git,int?rl??k"')],
    ['a dot in a pattern, which is only a dot', withOptions('namespaces="inter.ock"')],
    ['another namespace', withOptions('namespaces="git"')],
    ['a longer namespace', withOptions('namespaces="interlocks"')],
    ['no namespace', withOptions('namespaces=""')],
    ['another namespace taken away', withOptions('namespaces="*,!git"')],
    ['the namespace taken away after it', withOptions('namespaces="interlock,!interlock"')],
    ['the namespace taken away before it', withOptions('namespaces="!inter*,*"')],
    ['namespaces taken away only', withOptions('namespaces="!git"')],
    ['namespaces twice', withOptions('namespaces="git",namespaces="interlock"')],
    ['a bound twice', withOptions('valid-before="20010101Z",valid-before="20990101Z"')],
    ['the other bound twice', withOptions('valid-after="20010101Z",valid-after="20010101Z"')],
    ['an option in capitals', withOptions('NAMESPACES="interlock"')],
    ['an empty option', withOptions('namespaces="interlock",')],
    ['an option without its quotes', withOptions('namespaces=interlock')],
    ['bounds that exclude each other', withOptions('valid-after="20260601Z",valid-before="20260101Z"')],
    ['bounds that exclude everything', withOptions('valid-after="20260101Z",valid-before="20260101Z"')],
    ['a bound to the minute', withOptions('valid-before="202606010000Z"')],
    ['an hour that no day has', withOptions('valid-before="20990101240000Z"')],
    ['a month that no year has', withOptions('valid-before="20991301Z"')],
    ['the time that means none', withOptions('valid-after="19700101Z"')],
    ['its principal taken away', `!${line}`],
    ['another principal taken away alone', line.replace('interlock', '!bob')],
    ['several principals', line.replace('interlock', 'bob,interlock')],
    ['a pattern of principals', line.replace('interlock', 'inter*')],
    ['padding after the key', line.replace(/$/, '====')],
    ['one padding sign after the key', line.replace(/$/, '=')],
    ['a key cut short', line.slice(0, -4)],
    ['a comment after the key', `${line} ops@example.com`],
    ['a key of another type than it says', line.replace(type, 'ssh-rsa')],
    ['a type that there is not', line.replace(type, 'ssh-ed25520')],
    ['tabs between its parts', line.replaceAll(' ', '\t')],
    ['white space before it', `  ${line}`],
    ['spaces that are not ASCII', line.replaceAll(' ', '\u00a0')],
    ['a form feed between its parts', line.replace(' ', '\f')],
    ['a byte order mark', `\ufeff${line}`],
    ['other line ends', `${line}\r`],
    ['an earlier line of a namespace that is taken away', `${withOptions('namespaces="!*"')}\n${line}`],
    ['an earlier line of another key', `${allowedSignersLine(newSigningKeys().sshsig)}\n${line}`],
  ])('allow what ssh-keygen allows, and nothing else: %s', async (_name, signers) => {
    const { code, output } = await sshKeygenVerify(content, signature, signers);
    let ours = true;
    try {
      verifySshsig(content, signature, signers, now);
    } catch (error) {
      expect(error).toMatchObject({ name: 'AttestationError' });
      ours = false;
    }
    expect({ allowed: ours }, output).toEqual({ allowed: code === 0 });
  });

  it.each([
    [
      'an option that would narrow and is not understood',
      line.replace('interlock ', 'interlock cert-authority,'),
    ],
    ['a time of unknown zone', line.replace('interlock ', 'interlock valid-before="20260601",')],
    ['a day that the month does not have', withOptions('valid-before="20990231Z"')],
    ['a principal taken away from all', line.replace('interlock', '*,!bob')],
    ['an escaped quote', withOptions('namespaces="a\\",interlock"')],
    ['quotes around a principal', line.replace('interlock', '"interlock"')],
    ['an earlier line with a fault', `${withOptions('namespaces="git",namespaces="git"')}\n${line}`],
    ['a fault below the line that allows', `${line}\nwho knows`],
    ['a line that is none', 'who knows'],
  ])('are refused whole with %s', (_name, signers) => {
    expect(() => verifySshsig(content, signature, signers, now)).toThrow(
      expect.objectContaining({ code: 'malformed-allowed-signers' }),
    );
  });
});
