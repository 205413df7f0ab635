import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginNonce, endNonce, SPENT } from '../../../src/host/commands/mutate-nonce.ts';
import { nonceAt, parseNonce } from '../../../src/host/commands/observe-nonce.ts';
import { LocalHost } from '../../../src/host/local-host.ts';

const noon = new Date('2026-05-21T12:00:00.000Z');
const later = (minutes: number) => new Date(noon.getTime() + minutes * 60_000);
const nonceOf = (digit: string, minutes = 30) => ({ nonce: digit.repeat(32), notAfter: later(minutes) });
let directory: string;
let record: string;
let host: LocalHost;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-test-nonce-'));
  record = join(directory, 'stash', `it's app.nonces`);
  host = new LocalHost();
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

const begin = async (nonce = nonceOf('a'), now = noon) => host.run(beginNonce(record, nonce, now));
const end = async (nonce = nonceOf('a'), now = noon) => host.run(endNonce(record, nonce, now));
const state = async (nonce = nonceOf('a')) => parseNonce(await host.run(nonceAt(record, nonce.nonce)));

describe('the record of authorizations on a host', () => {
  it('is looked at without being made', async () => {
    expect(await state()).toBe('new');
    expect(await readdir(directory)).toEqual([]);
  });

  it('lets what was begun begin again, until it has ended', async () => {
    expect((await begin()).exitCode).toBe(0);
    expect((await begin()).exitCode).toBe(0);
    expect(await state()).toBe('begun');
    expect((await end()).exitCode).toBe(0);
    expect(await state()).toBe('ended');
    const before = await readFile(record, 'utf8');
    expect(await begin()).toMatchObject({ exitCode: SPENT, stderr: expect.stringContaining('is spent') });
    expect((await end()).exitCode).toBe(SPENT);
    expect(await readFile(record, 'utf8')).toBe(before);
    expect((await begin(nonceOf('b'))).exitCode).toBe(0);
    expect(await readdir(join(directory, 'stash'))).toHaveLength(2);
  });

  it('loses none of those that are noted at the same time', async () => {
    const nonces = [...'0123456789'].map((digit) => nonceOf(digit));
    const codes = await Promise.all(nonces.map((nonce) => begin(nonce).then(({ exitCode }) => exitCode)));
    expect(codes).toEqual(nonces.map(() => 0));
    expect(await Promise.all(nonces.map((nonce) => state(nonce)))).toEqual(nonces.map(() => 'begun'));
  });

  it('forgets an authorization a day after its end, and none before', async () => {
    await begin(nonceOf('a'));
    await end(nonceOf('a'));
    const day = 24 * 60;
    await begin(nonceOf('b', day), later(day));
    expect(await state()).toBe('ended');
    await begin(nonceOf('c', 2 * day), later(day + 40));
    expect(await state()).toBe('new');
    expect(await state(nonceOf('b'))).toBe('begun');
  });

  it('fails closed when the record is not one', async () => {
    await begin();
    await writeFile(record, 'something else\n');
    expect((await begin(nonceOf('b'))).exitCode).not.toBe(0);
    expect(await readFile(record, 'utf8')).toBe('something else\n');
  });

  it('takes nothing for a nonce that could be more than one word', () => {
    expect(() => beginNonce(record, { nonce: 'a ended 9', notAfter: noon }, noon)).toThrow('32 hex digits');
  });
});
