import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildBundle, type SignedBundle } from '../../src/attestation/bundle.ts';
import {
  initKeys,
  keyFiles,
  loadPublicKey,
  loadSigningKeys,
  newSigningKeys,
  type SigningKeys,
  type TrustedKey,
} from '../../src/attestation/keys.ts';
import { retiredKeys, rotateKeys } from '../../src/attestation/rotate-keys.ts';
import {
  announceRotation,
  followRotation,
  followRotations,
} from '../../src/attestation/rotation-statement.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { lockDirectory } from '../../src/ledger/directory-lock.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { eventsAtSigning, ledgerOf, stateAtSigning } from '../fixtures/run-events.ts';

const run = promisify(execFile);
const rotatedAt = new Date('2026-06-01T12:00:00.400Z');
const before = new Date('2026-06-01T12:00:00.300Z');
const after = new Date('2026-06-01T12:00:00.500Z');

let parent = '';
let directory = '';
let old: SigningKeys;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-rotate-'));
  directory = join(parent, 'keys');
  old = await initKeys(directory);
});
afterEach(() => rm(parent, { recursive: true, force: true }));

const read = (name: string) => readFile(join(directory, name), 'utf8');
const currentKey = async () => loadPublicKey(await read(keyFiles.signingPublic));

function bundleBy(keys: SigningKeys, now: Date): SignedBundle {
  const state = stateAtSigning();
  const { head: ledgerHead } = ledgerOf(eventsAtSigning());
  return buildBundle(state, { ledgerHead, documents: renderDocuments(state), keys, now });
}

async function judge({ text, sshsig }: SignedBundle, key: TrustedKey): Promise<string> {
  const allowedSigners = await read(keyFiles.allowedSigners);
  const verification = await verifyBundle({
    bundleText: text,
    publicKeys: [key],
    sshsig: { signature: sshsig, allowedSigners },
  });
  return verification.ok ? 'ok' : verification.code;
}

describe('rotating the keys', () => {
  it('puts new keys in place, keeps the old public ones, and leaves no old private one', async () => {
    const secrets = [await read(keyFiles.signing), await read(keyFiles.sshsig)];
    const made = await rotateKeys(directory, rotatedAt);
    expect(made.signing.keyId).not.toBe(old.signing.keyId);
    expect((await loadSigningKeys(directory)).sshsig.keyId).toBe(made.sshsig.keyId);
    expect(await currentKey()).toMatchObject({ keyId: made.signing.keyId, validAfter: rotatedAt });
    expect(await retiredKeys(directory)).toMatchObject([
      { keyId: old.signing.keyId, validAfter: null, validBefore: rotatedAt },
    ]);
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((each) =>
      each.isFile(),
    );
    for (const { parentPath, name } of files) {
      const path = join(parentPath, name);
      const text = await readFile(path, 'utf8');
      for (const secret of secrets) expect(text).not.toContain(secret.split('\n')[1]);
      expect((await stat(path)).mode & 0o077).toBe(text.includes('PRIVATE KEY') ? 0 : 0o044);
    }
    expect(files).toHaveLength(6);
  });

  it('lets what the old keys signed in their time verify, and nothing that they sign later', async () => {
    const made = await rotateKeys(directory, rotatedAt);
    const [retired] = await retiredKeys(directory);
    if (!retired) throw new Error('expected a retired key, got none');
    const current = await currentKey();
    expect(await judge(bundleBy(old, before), retired)).toBe('ok');
    expect(await judge(bundleBy(old, after), retired)).toBe('key-not-valid-then');
    expect(await judge(bundleBy(made, after), current)).toBe('ok');
    expect(await judge(bundleBy(made, before), current)).toBe('key-not-valid-then');
    expect(await judge(bundleBy(old, before), current)).toBe('unknown-key');
    const mixed = { signing: made.signing, sshsig: old.sshsig };
    expect(await judge(bundleBy(mixed, new Date('2026-06-01T12:00:02Z')), current)).toBe('bad-sshsig');
  });

  it('bounds the old file signatures as ssh-keygen reads it', async () => {
    const made = await rotateKeys(directory, rotatedAt);
    const verify = async (keys: SigningKeys, at: string) => {
      const { text, sshsig } = bundleBy(keys, rotatedAt);
      await writeFile(join(parent, 'sig'), sshsig);
      const args = ['-f', join(directory, keyFiles.allowedSigners), '-I', 'interlock', '-n', 'interlock'];
      const child = run('ssh-keygen', [
        '-Y',
        'verify',
        ...args,
        '-s',
        join(parent, 'sig'),
        `-Overify-time=${at}`,
      ]);
      child.child.stdin?.end(text);
      return child.then(
        () => true,
        () => false,
      );
    };
    expect(await verify(old, '20260601115959Z')).toBe(true);
    expect(await verify(old, '20260601120002Z')).toBe(false);
    expect(await verify(made, '20260601115959Z')).toBe(false);
    expect(await verify(made, '20260601120002Z')).toBe(true);
  });

  it('is announced by the old key, so that who trusts it can follow, from rotation to rotation', async () => {
    const first = await currentKey();
    await rotateKeys(directory, rotatedAt);
    const made = await rotateKeys(directory, new Date('2026-07-01T00:00:00.000Z'));
    const announcements = (await retiredKeys(directory)).map(({ announcement }) =>
      readFile(announcement, 'utf8'),
    );
    const trusted = followRotations(first, await Promise.all(announcements));
    expect(trusted.at(-1)).toMatchObject({
      keyId: made.signing.keyId,
      validAfter: new Date('2026-07-01T00:00:00.000Z'),
    });
    // Who follows hears that the keys before have retired, and believes them as their own files of now say.
    expect(trusted.slice(0, -1)).toMatchObject(
      (await retiredKeys(directory)).map(({ keyId, validAfter, validBefore }) => ({
        ...{ keyId, validAfter, validBefore },
      })),
    );
    expect(await judge(bundleBy(old, before), trusted[0] ?? first)).toBe('ok');
    const later = bundleBy(old, after);
    expect(await judge(later, first)).toBe('ok');
    expect(await judge(later, trusted[0] ?? first)).toBe('key-not-valid-then');
    const [sooner] = followRotations(
      { ...first, validBefore: rotatedAt },
      await Promise.all(announcements.slice(0, 1)),
    );
    expect(sooner?.validBefore).toEqual(rotatedAt);
    expect(await retiredKeys(directory)).toMatchObject([
      { validAfter: null, validBefore: rotatedAt },
      { validAfter: rotatedAt, validBefore: new Date('2026-07-01T00:00:00.000Z') },
    ]);
    expect((await read(keyFiles.allowedSigners)).trimEnd().split('\n')).toEqual([
      expect.stringMatching(/namespaces="interlock",valid-before="20260601120001Z" ssh-ed25519/),
      expect.stringMatching(/valid-after="20260601120000Z",valid-before="20260701000000Z" ssh-ed25519/),
      expect.stringMatching(/namespaces="interlock",valid-after="20260701000000Z" ssh-ed25519/),
    ]);
  });

  it('is finished by the next call when it was cut off anywhere, and no key loads before that', async () => {
    const untouched = join(parent, 'untouched');
    await cp(directory, untouched, { recursive: true });
    const made = await rotateKeys(directory, rotatedAt);
    const [pem = '', json = ''] = (await readdir(join(directory, keyFiles.retired))).sort();
    const inOrder = [
      join(keyFiles.retired, pem),
      join(keyFiles.retired, json),
      ...[keyFiles.allowedSigners, keyFiles.signingPublic, keyFiles.sshsig, keyFiles.signing],
    ];
    for (let moved = 0; moved <= inOrder.length; moved += 1) {
      const cut = join(parent, `cut-${moved}`);
      await cp(untouched, cut, { recursive: true });
      await mkdir(join(cut, keyFiles.next, keyFiles.retired), { recursive: true });
      await mkdir(join(cut, keyFiles.retired), { recursive: true });
      for (const name of inOrder) await cp(join(directory, name), join(cut, keyFiles.next, name));
      for (const name of inOrder.slice(0, moved))
        await rename(join(cut, keyFiles.next, name), join(cut, name));
      await expect(loadSigningKeys(cut)).rejects.toMatchObject({ code: 'rotation-unfinished' });
      const finished = await rotateKeys(cut, new Date('2026-08-01T00:00:00.000Z'));
      expect([finished.signing.keyId, finished.sshsig.keyId]).toEqual([
        made.signing.keyId,
        made.sshsig.keyId,
      ]);
      expect(await retiredKeys(cut)).toMatchObject([{ keyId: old.signing.keyId, validBefore: rotatedAt }]);
      expect((await readdir(cut)).sort()).toEqual((await readdir(directory)).sort());
    }
  });

  it('refuses keys that cannot be trusted, and changes nothing then', async () => {
    await rm(join(directory, keyFiles.sshsig));
    await expect(rotateKeys(directory, rotatedAt)).rejects.toMatchObject({ code: 'key-missing' });
    expect((await readdir(directory)).sort()).toEqual(
      [keyFiles.allowedSigners, keyFiles.signing, keyFiles.signingPublic].sort(),
    );
  });
});

describe('an announcement is refused', () => {
  it('by another key, altered, out of its time, or against itself', async () => {
    const first = await currentKey();
    const made = await rotateKeys(directory, rotatedAt);
    const [retired] = await retiredKeys(directory);
    const text = await readFile(retired?.announcement ?? '', 'utf8');
    expect(followRotation(text, [first]).keyId).toBe(made.signing.keyId);
    const codeOf = (announced: string, keys: TrustedKey[]) => {
      try {
        return followRotation(announced, keys).keyId;
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    expect(codeOf(text, [await currentKey()])).toBe('unknown-key');
    expect(codeOf(text.replace('"sig":"M', '"sig":"N'), [first])).toBe('bad-signature');
    expect(codeOf(text, [{ ...first, validBefore: before }])).toBe('rotation-mismatch');
    expect(codeOf(text, [{ ...first, validAfter: after }])).toBe('rotation-mismatch');
    const stranger = newSigningKeys();
    const predicate = {
      rotatedAt: rotatedAt.toISOString(),
      retired: { signing: stranger.signing.keyId, sshsig: stranger.sshsig.keyId },
      successor: {
        signing: made.signing.keyId,
        sshsig: made.sshsig.keyId,
        publicKey: await read(keyFiles.signingPublic),
        allowedSigner: 'x',
      },
    };
    expect(codeOf(announceRotation(predicate, 'k', old.signing), [first])).toBe('rotation-mismatch');
    const own = { signing: old.signing.keyId, sshsig: old.sshsig.keyId };
    const lying = { ...predicate, retired: own, successor: { ...predicate.successor, signing: 'SHA256:x' } };
    expect(codeOf(announceRotation(lying, 'k', old.signing), [first])).toBe('rotation-mismatch');
  });
});

describe('interlock keys', () => {
  const interlock = (...args: string[]) =>
    run(process.execPath, ['src/cli.ts', ...args]).then(
      ({ stdout }) => ({ ok: true, said: stdout }),
      (error: { stdout?: string; stderr?: string }) => ({
        ok: false,
        said: `${error.stdout}${error.stderr}`,
      }),
    );

  it('rotates, shows every key, and verifies by following the announcement', async () => {
    await cp(join(directory, keyFiles.signingPublic), join(parent, 'trusted.pem'));
    expect(await interlock('keys', 'rotate', '--data', parent)).toMatchObject({ ok: true });
    const made = await loadSigningKeys(directory);
    const shown = (await interlock('keys', 'show', '--data', parent)).said;
    expect(shown).toMatch(new RegExp(`^key id ${made.signing.keyId.replace(/[+]/g, '\\+')}\nValid-After: `));
    for (const part of [`retired: key id ${old.signing.keyId}`, 'Valid-Before: ', 'valid-before="'])
      expect(shown).toContain(part);
    expect(shown).not.toContain('PRIVATE');
    // As docs/operations.md says: what is printed is kept as the key file. The bounds of retired keys are not the new one's.
    expect(loadPublicKey(shown)).toMatchObject({
      keyId: made.signing.keyId,
      validAfter: expect.any(Date),
      validBefore: null,
    });
    await writeFile(join(parent, 'bundle'), bundleBy(made, new Date(Date.now() + 1000)).text);
    const [retired] = await retiredKeys(directory);
    const verify = ['verify', join(parent, 'bundle'), '--key', join(parent, 'trusted.pem')];
    expect(await interlock(...verify)).toMatchObject({ ok: false });
    expect(await interlock(...verify, '--rotation', retired?.announcement ?? '')).toMatchObject({ ok: true });
  }, 30_000);

  it('does not rotate under a control plane that runs', async () => {
    const free = lockDirectory(join(parent, 'ledger'));
    try {
      const { ok, said } = await interlock('keys', 'rotate', '--data', parent);
      expect({ ok, said }).toMatchObject({ ok: false, said: expect.stringContaining('to be free') });
      expect((await loadSigningKeys(directory)).signing.keyId).toBe(old.signing.keyId);
    } finally {
      free();
    }
  }, 30_000);
});
