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
import { signSshsig, verifySshsig } from '../../src/attestation/sshsig.ts';

const run = promisify(execFile);
const { sshsig: key } = newSigningKeys();
const line = allowedSignersLine(key);
const now = new Date('2026-05-21T05:30:00Z');
const content = '{"a":1}\n{"b":2}\n';
const signature = signSshsig(content, key);

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
  namespace = 'interlock',
): Promise<{ code: number; output: string }> {
  await writeFile(join(directory, 'allowed_signers'), `${signers}\n`);
  await writeFile(join(directory, 'file.sig'), armored);
  const child = spawn(
    'ssh-keygen',
    ['-Y', 'verify', '-f', 'allowed_signers', '-I', 'interlock', '-n', namespace, '-s', 'file.sig'],
    { cwd: directory },
  );
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
    expect((await sshKeygenVerify(content, signature, line, 'git')).code).not.toBe(0);
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

  it.each([
    [
      'an option that would narrow and is not understood',
      line.replace('interlock ', 'interlock cert-authority,'),
    ],
    ['a time of unknown zone', line.replace('interlock ', 'interlock valid-before="20260601",')],
    ['a line that is none', 'who knows'],
  ])('are refused whole with %s', (_name, signers) => {
    expect(() => verifySshsig(content, signature, signers, now)).toThrow(
      expect.objectContaining({ code: 'malformed-allowed-signers' }),
    );
  });
});
