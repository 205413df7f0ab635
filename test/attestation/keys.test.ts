import { execFile } from 'node:child_process';
import {
  chmod,
  chown,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  allowedSignersLine,
  initKeys,
  keyFiles,
  loadPublicKey,
  loadSigningKeys,
  newSigningKeys,
  publicKeyPem,
} from '../../src/attestation/keys.ts';

const run = promisify(execFile);
let parent = '';
let directory = '';

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-keys-'));
  directory = join(parent, 'data', 'keys');
});

afterEach(() => rm(parent, { recursive: true, force: true }));

describe('a key directory', () => {
  it('holds private files that only their owner reads, and loads again', async () => {
    const made = await initKeys(directory);
    const modes = await Promise.all(
      [keyFiles.signing, keyFiles.sshsig].map(
        async (name) => (await stat(join(directory, name))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o600, 0o600]);
    const loaded = await loadSigningKeys(directory);
    expect([loaded.signing.keyId, loaded.sshsig.keyId]).toEqual([made.signing.keyId, made.sshsig.keyId]);
    expect(loadPublicKey(await readFile(join(directory, keyFiles.signingPublic), 'utf8')).keyId).toBe(
      made.signing.keyId,
    );
  });

  it('is never overwritten, and a refusal leaves nothing behind', async () => {
    await initKeys(directory);
    const before = await readFile(join(directory, keyFiles.signing), 'utf8');
    await expect(initKeys(directory)).rejects.toMatchObject({ code: 'key-exists' });
    expect(await readFile(join(directory, keyFiles.signing), 'utf8')).toBe(before);
    expect(await readdir(join(parent, 'data'))).toEqual(['keys']);
  });

  it('is made once when two start at the same time', async () => {
    const outcomes = await Promise.allSettled([
      initKeys(directory),
      initKeys(directory),
      initKeys(directory),
    ]);
    const made = outcomes.filter((each) => each.status === 'fulfilled');
    expect(made).toHaveLength(1);
    expect((await loadSigningKeys(directory)).signing.keyId).toBe(made[0]?.value.signing.keyId);
  });

  it.each([0o640, 0o604, 0o660])('is refused with a private key of mode %o', async (mode) => {
    await initKeys(directory);
    await chmod(join(directory, keyFiles.signing), mode);
    await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'key-exposed' });
  });

  it('is refused when it leads, by a link, to a key that others can read', async () => {
    await initKeys(directory);
    const [path, elsewhere] = [join(directory, keyFiles.signing), join(parent, 'elsewhere.pem')];
    await rename(path, elsewhere);
    await symlink(elsewhere, path);
    await loadSigningKeys(directory);
    await chmod(elsewhere, 0o640);
    await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'key-exposed' });
  });

  it.each([0o770, 0o707, 0o777])('is refused when others can put keys into it, by mode %o', async (mode) => {
    await initKeys(directory);
    await chmod(directory, mode);
    await expect(loadSigningKeys(directory)).rejects.toMatchObject({
      code: 'key-exposed',
      message: expect.stringContaining(`got mode 0${mode.toString(8)}`),
    });
  });

  it.runIf(process.geteuid?.() === 0)(
    'is refused when a key, or itself, belongs to another user',
    async () => {
      await initKeys(directory);
      await chown(join(directory, keyFiles.sshsig), 12_345, 0);
      await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'key-exposed' });
      await chown(join(directory, keyFiles.sshsig), 0, 0);
      await chown(directory, 12_345, 0);
      await expect(loadSigningKeys(directory)).rejects.toMatchObject({
        code: 'key-exposed',
        message: expect.stringContaining('got one of user 12345'),
      });
    },
  );

  it('does not wait for a pipe that stands in a key’s place', async () => {
    await initKeys(directory);
    await rm(join(directory, keyFiles.signing));
    await run('mkfifo', ['-m', '600', join(directory, keyFiles.signing)]);
    await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'key-unreadable' });
  });

  it('is refused when a key is missing, is no key, or is of the other kind', async () => {
    await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'key-missing' });
    await initKeys(directory);
    const path = join(directory, keyFiles.signing);
    for (const text of ['no key', '']) {
      await writeFile(path, text);
      await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'key-unreadable' });
    }
    await writeFile(path, await readFile(join(directory, keyFiles.sshsig)));
    await expect(loadSigningKeys(directory)).rejects.toMatchObject({ code: 'wrong-key-type' });
  });
});

describe('a public key', () => {
  it('has the fingerprint that ssh-keygen prints', async () => {
    const { signing } = await initKeys(directory);
    const { stdout: line } = await run('ssh-keygen', [
      '-i',
      '-m',
      'PKCS8',
      '-f',
      join(directory, keyFiles.signingPublic),
    ]);
    await writeFile(join(parent, 'key.pub'), line);
    const { stdout } = await run('ssh-keygen', ['-l', '-f', join(parent, 'key.pub')]);
    expect(stdout.split(' ')[1]).toBe(signing.keyId);
  });

  it('carries the time in which it is trusted above its PEM block, where openssl still reads it', async () => {
    const pem = `Valid-After: 2026-01-01T00:00:00Z\nValid-Before: 2027-01-01T00:00:00Z\n\n${publicKeyPem(newSigningKeys().signing)}`;
    expect(loadPublicKey(pem)).toMatchObject({
      validAfter: new Date('2026-01-01T00:00:00Z'),
      validBefore: new Date('2027-01-01T00:00:00Z'),
    });
    await writeFile(join(parent, 'key.pem'), pem);
    await expect(
      run('openssl', ['pkey', '-pubin', '-in', join(parent, 'key.pem'), '-noout']),
    ).resolves.toBeDefined();
  });

  it('is refused when it is private, not P-256, or bounded by what is no time', async () => {
    const { signing, sshsig } = newSigningKeys();
    expect(() => loadPublicKey(String(signing.privateKey.export({ type: 'pkcs8', format: 'pem' })))).toThrow(
      expect.objectContaining({ code: 'key-unreadable' }),
    );
    expect(() => loadPublicKey(publicKeyPem(sshsig))).toThrow(
      expect.objectContaining({ code: 'wrong-key-type' }),
    );
    expect(() => loadPublicKey(`Valid-Before: soon\n${publicKeyPem(signing)}`)).toThrow(
      expect.objectContaining({ code: 'key-unreadable' }),
    );
  });

  const time = '2027-01-01T00:00:00Z';
  it.each<[string, (pem: string) => string]>([
    ['a misspelt header', (pem) => `Valid-Befor: ${time}\n${pem}`],
    ['another case', (pem) => `valid-before: ${time}\n${pem}`],
    ['an underscore', (pem) => `Valid_Before: ${time}\n${pem}`],
    ['a space before it', (pem) => ` Valid-Before: ${time}\n${pem}`],
    ['a space before the colon', (pem) => `Valid-Before : ${time}\n${pem}`],
    ['no colon', (pem) => `Valid-Before ${time}\n${pem}`],
    ['a comment sign', (pem) => `# Valid-Before: ${time}\n${pem}`],
    ['a byte order mark', (pem) => `\uFEFFValid-Before: ${time}\n${pem}`],
    ['a header twice', (pem) => `Valid-Before: ${time}\nValid-Before: 2099-01-01T00:00:00Z\n${pem}`],
    ['a header below the key', (pem) => `${pem}Valid-Before: ${time}\n`],
    ['a header inside the block', (pem) => pem.replace('KEY-----\n', `KEY-----\nValid-Before: ${time}\n\n`)],
    ['an unknown header', (pem) => `Revoked: ${time}\n${pem}`],
    ['a time without its zone', (pem) => `Valid-Before: 2027-01-01T00:00:00\n${pem}`],
    ['a date alone', (pem) => `Valid-Before: 2027-01-01\n${pem}`],
    ['no time', (pem) => `Valid-Before:\n${pem}`],
    ['bounds that exclude each other', (pem) => `Valid-After: ${time}\nValid-Before: ${time}\n${pem}`],
    ['two keys', (pem) => `${pem}${publicKeyPem(newSigningKeys().signing)}`],
    ['the fingerprint of another key', (pem) => `key id ${newSigningKeys().signing.keyId}\n${pem}`],
  ])('refuses a key file with %s, which would leave the key unbounded or another one', (_, edit) => {
    const pem = publicKeyPem(newSigningKeys().signing);
    expect(edit(pem)).not.toBe(pem);
    expect(() => loadPublicKey(edit(pem))).toThrow(expect.objectContaining({ code: 'key-unreadable' }));
  });

  it('reads line ends of Windows, and its own fingerprint', () => {
    const { signing } = newSigningKeys();
    const text = `key id ${signing.keyId}\nValid-Before: ${time}\n\n${publicKeyPem(signing)}`;
    expect(loadPublicKey(text.replaceAll('\n', '\r\n'))).toMatchObject({ validBefore: new Date(time) });
  });

  it.each([
    ['now', 'allowed_signers, for ssh-keygen -Y verify -f:\n'],
    ['before', 'allowed_signers: '],
  ])('reads what `interlock keys show` prints, as it did %s', (_, heading) => {
    const { signing, sshsig } = newSigningKeys();
    const shown = `key id ${signing.keyId}\n${publicKeyPem(signing)}\n${heading}${allowedSignersLine(sshsig)}\n`;
    expect(loadPublicKey(shown).keyId).toBe(signing.keyId);
    expect(() => loadPublicKey(`${shown}Valid-Before: ${time}\n`)).toThrow('nothing below the key');
  });

  it('reads what it prints of retired keys by the same rules, and does not trust them', () => {
    const [own, retired] = [newSigningKeys().signing, newSigningKeys().signing];
    const head = `key id ${own.keyId}\n${publicKeyPem(own)}`;
    const heading = `\nretired: key id ${retired.keyId} (keys/retired/1.pub.pem)\n`;
    const bound = `Valid-Before: ${time}\n`;
    const section = `${heading}${bound}${publicKeyPem(retired)}announced its successor in keys/retired/1.rotation.json\n`;
    for (const shown of [`${head}${section}`, `${head}${section}${section}`.replaceAll('\n', '\r\n')])
      expect(loadPublicKey(shown)).toMatchObject({ keyId: own.keyId, validBefore: null });
    for (const stray of [
      `${head}${heading}${bound}`,
      `${head}${section}${bound}`,
      `${head}${section}${heading}`,
      `${head}${section.replace('Before', 'Befor')}`,
      `${head}${section.replace(/^retired: key id .*$/m, `$& ${bound.trim()}`)}`,
      `${section}${head}`,
      `${head}allowed_signers: ${bound}`,
    ])
      expect(() => loadPublicKey(stray), stray).toThrow(expect.objectContaining({ code: 'key-unreadable' }));
  });
});
