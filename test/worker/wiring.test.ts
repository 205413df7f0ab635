// From a job to its answer, part by part: what is kept before what is told, whose answer counts, and what a gate gets at. The real
// answerer; the worker's record and its host are written down.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { Secret } from '../../src/evidence/secret.ts';
import { type EvidenceStore, openEvidenceStore } from '../../src/evidence/store.ts';
import { LiveExecutor, SimulatedExecutor } from '../../src/execution/executor.ts';
import type { KillSwitch, SwitchQuestion } from '../../src/execution/kill-switch.ts';
import type { Nonces } from '../../src/execution/nonces.ts';
import type { Gate, GateContext } from '../../src/gate/context.ts';
import type { GateJob, UnsignedJob } from '../../src/gate/job.ts';
import { readAnswer } from '../../src/gate/signed-result.ts';
import { script } from '../../src/host/command.ts';
import { QueueError } from '../../src/queue/queue-error.ts';
import { jobAnswerer } from '../../src/worker/answer-job.ts';
import { contextMaker } from '../../src/worker/make-context.ts';
import { rememberingNonces } from '../../src/worker/remember-answers.ts';
import { createTurns } from '../../src/worker/turns.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';
import { RecordingHost } from '../fixtures/worker-on-this-machine.ts';

const control = newSigningKeys();
const { signing: signingKey } = newSigningKeys();
let directory: string;
let blobs: EvidenceStore;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-worker-'));
  blobs = await openEvidenceStore(join(directory, 'evidence'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface More {
  readonly known?: string;
  /** What the record says was kept, whatever it was handed. */
  readonly kept?: string;
  readonly end?: () => void;
  readonly job?: GateJob;
  readonly mode?: 'LIVE' | 'DRYRUN';
  readonly signal?: AbortSignal;
  readonly killSwitch?: KillSwitch;
}

function signedJob(mode: 'LIVE' | 'DRYRUN' = 'LIVE', change: Partial<UnsignedJob> = {}): GateJob {
  const target = { host: 'contabo', livePath: join(directory, 'app') };
  const run = stateAtSigning({ plan: referencePlan({ mode, target }), mode });
  return signJob({ ...unsignedJob(run, 'promote'), ...change }, run, control);
}

/** A worker whose gate does this, and in which order it says what to whom. */
function open(run: Gate['run'], more: More = {}) {
  const said: string[] = [];
  let ended: string | null = null;
  const nonces: Nonces = {
    answerOf: async () => more.known ?? ended,
    begin: async () => false,
    requireBegun: async () => undefined,
    end: async (_, answer) => {
      more.end?.();
      said.push('kept');
      ended = more.kept ?? answer;
      return ended;
    },
  };
  const host = new RecordingHost();
  const hostRun = host.run.bind(host);
  host.run = async (command, options) => {
    if (command.title.startsWith('look up authorization')) said.push('host asked');
    return hostRun(command, options);
  };
  const parts = {
    ...{ machine: 'mac-ssot', workspaces: join(directory, 'workspaces'), blobs, nonces },
    publicKeys: [control.signing.publicKey],
    killSwitch: more.killSwitch ?? { read: async () => ({ enabled: true, reason: 'test' }) },
    credentials: {},
    secrets: new Map(),
    redactor: createRedactor({ literals: [new Secret('quiet-word-of-ours', 'loaded')] }),
    now: () => new Date(),
    openHost: () => host,
  };
  const log = { info: () => undefined, warn: () => undefined };
  const gates: Gate[] = [{ kind: 'promote', run }];
  const answer = jobAnswerer({ gates, makeContext: contextMaker(parts), ...parts, signingKey, log });
  return { answer, said, host };
}

/** Has the gate done. */
async function take(run: Gate['run'], more: More = {}) {
  const { answer, said, host } = open(run, more);
  const told: string[] = [];
  const job = more.job ?? signedJob(more.mode);
  const signal = more.signal ?? new AbortController().signal;
  try {
    const text = await answer(job, 1, signal, async (progress) => void told.push(progress));
    return { said, told, text, result: () => readAnswer(text, [signingKey.publicKey]).answer.result };
  } finally {
    await host.end();
  }
}

const touch = async ({ executor, permit, record }: GateContext) => {
  const intent = { kind: 'host.exchange', machine: 'contabo', target: '/srv/app', detail: '' } as const;
  await executor.mutate(permit(), intent, async () => undefined);
  record.check('done', 'it is done', true, { actual: 'yes' });
  return {};
};
const look = async ({ record }: GateContext) => {
  record.check('done', 'it is done', true, { actual: 'yes' });
  return {};
};

describe('the answer to a job', () => {
  it('is kept before the host is told, which is told only where it was changed', async () => {
    expect((await take(touch)).said).toEqual(['kept', 'host asked']);
    expect((await take(look)).said).toEqual(['kept']);
  });

  it('is the one that was kept, and not another that came later', async () => {
    expect((await take(touch, { kept: 'the first answer' })).text).toBe('the first answer');
  });

  it('is that of the record where the gate has ended, and the host is told once more', async () => {
    let ran = false;
    const again = await take(
      async (context) => {
        ran = true;
        return look(context);
      },
      { known: 'the answer' },
    );
    expect([again.text, again.said, ran]).toEqual(['the answer', ['host asked'], false]);
  });

  it('is none for a job that was lost meanwhile, and is one for a job that was cancelled', async () => {
    for (const code of ['lock-lost', 'worker-closing'] as const) {
      const lost = new AbortController();
      const reason = new QueueError(code, 'gone');
      const taking = take(
        async (context) => {
          lost.abort(reason);
          return touch(context);
        },
        { signal: lost.signal, end: () => expect.fail('expected nothing to be kept') },
      );
      await expect(taking).rejects.toBe(reason);
    }
    const cancelled = new AbortController();
    const { result } = await take(
      async () => {
        cancelled.abort(new QueueError('cancelled', 'enough'));
        throw new Error('stopped');
      },
      { signal: cancelled.signal },
    );
    expect(result()).toMatchObject({ status: 'blocked', reason: { code: 'aborted' } });
  });

  it('is given once to two starts of a job, of which the second waits for the first', async () => {
    const hold = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    let starts = 0;
    const { answer, host } = open(async (context) => {
      starts += 1;
      entered.resolve();
      await hold.promise;
      return look(context);
    });
    const [job, { signal }] = [signedJob(), new AbortController()];
    const first = answer(job, 1, signal, async () => undefined);
    await entered.promise;
    const second = answer(job, 2, signal, async () => undefined);
    // Long enough for a start that waits for nothing.
    for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
    expect(starts).toBe(1);
    hold.resolve();
    expect(await second).toBe(await first);
    expect(starts).toBe(1);
    await host.end();
  });

  it('is none for a job that was altered', async () => {
    for (const change of [{ attempt: 2 }, { requestedAt: '2020-01-01T00:00:00.000Z' }, { subjectRun: 'r0' }])
      await expect(take(look, { job: { ...signedJob(), ...change } })).rejects.toMatchObject({
        code: 'authorization-foreign',
      });
  });
});

describe('a gate', () => {
  const mutating = script('mutate', 'change it', 'true');

  it('cannot change what it only looks at', async () => {
    const { result } = await take(async (context) => {
      for (const observer of [context.local, await context.host('contabo')])
        expect(() => observer.run(mutating)).toThrow(expect.objectContaining({ code: 'unauthorized' }));
      return look(context);
    });
    expect(result().status).toBe('pass');
  });

  it('is handed the machine that it has asked for, and no other', async () => {
    const intent = { kind: 'host.exchange', machine: 'contabo', target: '/srv/app', detail: '' } as const;
    const { result } = await take(async ({ executor, permit }) => {
      await executor.mutate(permit(), intent, async (tools) => (await tools.host('contabo')).name);
      await executor.mutate(permit(), intent, (tools) => tools.host('db-1'));
      return {};
    });
    expect(result()).toMatchObject({ status: 'inconclusive', reason: { code: 'machine-not-permitted' } });
    const moved = await take(async ({ executor, permit }) => {
      await executor.mutate(permit(), intent, (tools) => tools.fastForward({} as never));
      return {};
    });
    expect(moved.result()).toMatchObject({ reason: { code: 'machine-not-permitted' } });
  });

  it('of a dry run has the executor that holds no tools', async () => {
    const kinds = async (mode: 'LIVE' | 'DRYRUN') => {
      let kind: unknown;
      await take(
        async (context) => {
          kind = context.executor.constructor;
          return look(context);
        },
        { mode },
      );
      return kind;
    };
    expect([await kinds('LIVE'), await kinds('DRYRUN')]).toEqual([LiveExecutor, SimulatedExecutor]);
  });

  it('is asked of by the switch as that of its plan and run', async () => {
    const asked: (SwitchQuestion | undefined)[] = [];
    const read: KillSwitch['read'] = async (question) => {
      asked.push(question);
      return { enabled: true, reason: '' };
    };
    await take(touch, { killSwitch: { read } });
    expect(asked).toEqual([{ scope: { plan: 'o8b-retry', run: 'r1' } }]);
  });

  it('says how far it is without a secret', async () => {
    const { told } = await take(async (context) => {
      await context.progress('at quiet-word-of-ours');
      return look(context);
    });
    expect(told).toEqual(['at [redacted:loaded]']);
  });
});

describe('what cannot be written down', () => {
  it('is given back, remembered, and written as soon as it can be', async () => {
    const written: string[] = [];
    let isFull = true;
    const full: Nonces = {
      answerOf: async () => written[0] ?? null,
      begin: async () => false,
      requireBegun: async () => undefined,
      end: async (_, answer) => {
        if (isFull) throw new Error('ENOSPC');
        written.push(answer);
        return answer;
      },
    };
    const nonces = rememberingNonces(full, { log: { warn: () => undefined }, againMs: 5 });
    const authorization = { nonce: 'a'.repeat(32), notAfter: '2026-05-21T13:00:00.000Z' };
    expect(await nonces.end(authorization, 'first')).toBe('first');
    expect(await nonces.answerOf(authorization)).toBe('first');
    expect(await nonces.end(authorization, 'second')).toBe('first');
    isFull = false;
    await expect.poll(() => written).toEqual(['first']);
    expect(await nonces.answerOf(authorization)).toBe('first');
  });
});

describe('turns', () => {
  it('are taken one after the other of a name, and beside each other of two', async () => {
    const turns = createTurns();
    const { signal } = new AbortController();
    const hold = Promise.withResolvers<void>();
    const order: string[] = [];
    const act =
      (name: string, until: Promise<void> = Promise.resolve()) =>
      async () => {
        order.push(`${name} begins`);
        await until;
        order.push(`${name} ends`);
      };
    const first = turns.take('a', signal, act('first', hold.promise));
    const second = turns.take('a', signal, act('second'));
    await turns.take('b', signal, act('other'));
    expect(order).toEqual(['first begins', 'other begins', 'other ends']);
    hold.resolve();
    await Promise.all([first, second]);
    expect(order.slice(3)).toEqual(['first ends', 'second begins', 'second ends']);
  });
});
