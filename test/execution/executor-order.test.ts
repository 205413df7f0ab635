// In which order one change is made: permit, record, switch, permit and record again, journal, act.
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { type Permit, signAuthorization, verifyAuthorization } from '../../src/execution/authorization.ts';
import { ExecutionError } from '../../src/execution/execution-error.ts';
import { LiveExecutor } from '../../src/execution/executor.ts';

const noon = Date.parse('2026-05-21T12:00:00.000Z');
const intent = { kind: 'host.exchange', machine: 'contabo', target: '/srv/app', detail: 'swap' } as const;

function permit(): Permit {
  const { signing } = newSigningKeys();
  const digest = `sha256:${'a'.repeat(64)}`;
  const authorization = {
    ...{ nonce: randomBytes(16).toString('hex'), run: 'r1', gate: 'promote', attempt: 1 },
    ...{ mode: 'LIVE' as const, planDigest: digest, jobDigest: digest, subjectDigest: null },
    ...{ approvers: [], hosts: ['contabo'] },
    ...{ notBefore: '2026-05-21T11:00:00.000Z', notAfter: '2026-05-21T13:00:00.000Z' },
  };
  return verifyAuthorization(
    signAuthorization(authorization, signing),
    [signing.publicKey],
    authorization,
    noon,
  );
}

/** An executor whose parts say when they are asked. */
function open({ enabled = true, spentAt = Number.POSITIVE_INFINITY } = {}) {
  const asked: string[] = [];
  let looks = 0;
  const executor = new LiveExecutor<{ act(): void }>({
    toolsFor: (machine) => ({ act: () => void asked.push(`act on ${machine}`) }),
    killSwitch: {
      read: async () => {
        asked.push('switch');
        return { enabled, reason: 'as the test says' };
      },
    },
    nonces: {
      requireBegun: async () => {
        looks += 1;
        asked.push('record');
        if (looks >= spentAt) throw new ExecutionError('authorization-spent', 'it is spent');
      },
    },
    now: () => {
      asked.push('clock');
      return noon;
    },
  });
  return { executor, asked };
}

describe('a change', () => {
  it('is in the journal before it is tried, and stays there when it fails', async () => {
    const { executor } = open();
    let before = 0;
    await expect(
      executor.mutate(permit(), intent, async () => {
        before = executor.journal.length;
        throw new Error('half-way');
      }),
    ).rejects.toThrow('half-way');
    expect(before).toBe(1);
    expect(executor.journal).toEqual([{ ...intent, at: '2026-05-21T12:00:00.000Z', simulated: false }]);
  });

  it('is made after permit, record and switch were asked, and permit and record once more', async () => {
    const { executor, asked } = open();
    await executor.mutate(permit(), intent, async (tools) => tools.act());
    expect(asked).toEqual([
      ...['clock', 'record', 'switch', 'clock', 'record'],
      ...['clock', 'act on contabo'],
    ]);
  });

  it('that only takes power away is made also where execution is off, and asks the record all the same', async () => {
    const { executor, asked } = open({ enabled: false });
    await executor.mutate(permit(), { ...intent, kind: 'host.fence' }, async (tools) => tools.act());
    expect(asked).toEqual(['clock', 'record', 'clock', 'act on contabo']);
  });

  it.each([
    'host.lock',
    'host.journal',
    'host.exchange',
    'host.rename',
    'host.remove',
    'host.upload',
  ] as const)('of kind %s is not made, nor in the journal, where execution is off', async (kind) => {
    const { executor, asked } = open({ enabled: false });
    await expect(
      executor.mutate(permit(), { ...intent, kind }, async (tools) => tools.act()),
    ).rejects.toMatchObject({ code: 'execution-disabled' });
    expect(asked).not.toContain('act on contabo');
    expect(executor.journal).toEqual([]);
  });

  it('is not made where the record fails, and the failure is told as it is', async () => {
    const full = new Error('ENOSPC');
    const executor = new LiveExecutor<object>({
      toolsFor: () => expect.fail('expected no tools'),
      killSwitch: { read: async () => ({ enabled: true, reason: '' }) },
      nonces: { requireBegun: () => Promise.reject(full) },
      now: () => noon,
    });
    await expect(executor.mutate(permit(), intent, async () => undefined)).rejects.toBe(full);
    expect(executor.journal).toEqual([]);
  });

  it('that is refused says what was not done, and keeps why', async () => {
    const { executor } = open({ spentAt: 1 });
    await expect(executor.mutate(permit(), intent, async () => undefined)).rejects.toMatchObject({
      message: 'host.exchange of /srv/app on contabo was not done: it is spent',
      cause: expect.objectContaining({ message: 'it is spent' }),
    });
  });

  it.each([1, 2])(
    'is not made with an authorization that is spent by look %d at the record',
    async (spentAt) => {
      const { executor, asked } = open({ spentAt });
      await expect(executor.mutate(permit(), intent, async (tools) => tools.act())).rejects.toMatchObject({
        code: 'authorization-spent',
      });
      expect(asked).not.toContain('act on contabo');
      expect(executor.journal).toEqual([]);
    },
  );
});
