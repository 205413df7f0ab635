import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { type Permit, signAuthorization, verifyAuthorization } from '../../src/execution/authorization.ts';
import { openNonces } from '../../src/execution/nonces.ts';

const { signing } = newSigningKeys();
const digest = `sha256:${'a'.repeat(64)}`;
let clock: number;
const now = () => clock;
let directory: string;

beforeEach(async () => {
  clock = Date.parse('2026-05-21T12:00:00.000Z');
  directory = await mkdtemp(join(tmpdir(), 'interlock-nonces-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Each is signed anew, so each bears a nonce of its own. */
function permit(): Permit {
  const authorization = {
    run: 'r1',
    gate: 'promote',
    attempt: 1,
    mode: 'LIVE',
    planDigest: digest,
    jobDigest: digest,
    subjectDigest: null,
    approvers: [],
    hosts: ['contabo'],
    notBefore: new Date(clock - 60_000).toISOString(),
    notAfter: new Date(clock + 600_000).toISOString(),
  } as const;
  const envelope = signAuthorization(
    { nonce: randomBytes(16).toString('hex'), ...authorization, approvers: [], hosts: ['contabo'] },
    signing,
  );
  return verifyAuthorization(envelope, [signing.publicKey], authorization, clock);
}

const spent = { code: 'authorization-spent' };

describe('the record of authorizations', () => {
  it('lets what was begun and not ended begin again, also after a restart', async () => {
    const own = permit();
    const first = await openNonces(directory, now);
    await first.begin(own);
    await first.begin(own);
    const restarted = await openNonces(directory, now);
    await restarted.begin(own);
    await restarted.requireBegun(own);
    expect(await restarted.answerOf(own)).toBeNull();
  });

  it('refuses what has ended, and knows its answer, also after a restart', async () => {
    const own = permit();
    const first = await openNonces(directory, now);
    await first.begin(own);
    expect(await first.end(own, 'the answer')).toBe('the answer');
    const restarted = await openNonces(directory, now);
    expect(await restarted.answerOf(own)).toBe('the answer');
    await expect(restarted.begin(own)).rejects.toMatchObject(spent);
    await expect(restarted.requireBegun(own)).rejects.toMatchObject(spent);
    await restarted.begin(permit());
  });

  it('refuses a change for what was never begun', async () => {
    const nonces = await openNonces(directory, now);
    await expect(nonces.requireBegun(permit())).rejects.toMatchObject(spent);
  });

  it('gives all that end at the same time one answer, the one that it keeps', async () => {
    const own = permit();
    const workers = await Promise.all(Array.from({ length: 8 }, () => openNonces(directory, now)));
    const answers = await Promise.all(workers.map((each, index) => each.end(own, `answer ${index}`)));
    expect(new Set(answers)).toEqual(new Set([await workers[0]?.answerOf(own)]));
    expect((await readdir(directory)).length).toBe(1);
  });

  it('says whether one had begun before and was cut off, and writes down which gate it was', async () => {
    const [own, other] = [permit(), permit()];
    const first = await openNonces(directory, now);
    expect(await first.begin(own)).toBe(false);
    expect(await first.begin(own)).toBe(true);
    expect(await (await openNonces(directory, now)).begin(own)).toBe(true);
    expect(await first.begin(other)).toBe(false);
    const [name = ''] = (await readdir(directory)).filter((each) => each.includes(own.nonce));
    const written = JSON.parse(await readFile(join(directory, name), 'utf8'));
    expect(written).toEqual({ run: 'r1', gate: 'promote', attempt: 1 });
  });

  it('does not begin where it cannot be noted, and leaves alone what is not its own', async () => {
    const nonces = await openNonces(directory, now);
    await writeFile(join(directory, 'notes.txt'), 'of somebody');
    await writeFile(join(directory, 'year-2000-01'), 'of somebody');
    await nonces.begin(permit());
    expect(await readdir(directory)).toContain('year-2000-01');
    const own = permit();
    await mkdir(join(directory, `${Date.parse(own.notAfter)}-${own.nonce}.ended`));
    // What stands there is no answer, but nothing may begin beside it.
    await expect(nonces.begin(own)).rejects.toMatchObject(spent);
  });

  it('does not begin where the note fails for another reason than that it is there', async () => {
    // The directory goes in the moment in which the record is pruned.
    const nonces = await openNonces(directory, () => {
      rmSync(directory, { recursive: true, force: true });
      return clock;
    });
    await writeFile(join(directory, `${clock}-${'f'.repeat(32)}.begun`), '{}');
    await expect(nonces.begin(permit())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps the first answer, whoever comes later with another', async () => {
    const own = permit();
    const [first, second] = [await openNonces(directory, now), await openNonces(directory, now)];
    expect(await first.end(own, 'the first')).toBe('the first');
    expect(await second.end(own, 'the second')).toBe('the first');
    expect(await first.answerOf(own)).toBe('the first');
  });

  it('forgets what ended a week before, long after its time, and nothing else', async () => {
    const old = permit();
    const nonces = await openNonces(directory, now);
    await nonces.begin(old);
    await nonces.end(old, 'the answer');
    clock += 6 * 24 * 60 * 60_000;
    await nonces.begin(permit());
    expect(await nonces.answerOf(old)).toBe('the answer');
    clock += 2 * 24 * 60 * 60_000;
    await nonces.begin(permit());
    expect(await nonces.answerOf(old)).toBeNull();
    expect((await readdir(directory)).length).toBe(2);
  });
});
