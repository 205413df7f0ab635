// What a worker says of a gate that did not come to its end, and of criteria that do not hold: a table over what went wrong, and
// over whether the world was touched before. A real context; the gate is one that does what the case says.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionError } from '../../src/execution/execution-error.ts';
import { type Gate, type GateContext, GateStop } from '../../src/gate/context.ts';
import { processGate } from '../../src/gate/process-gate.ts';
import { HostError, type HostErrorCode } from '../../src/host/host-error.ts';
import type { GateKind, PlanGate } from '../../src/plan/schema-gates.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import {
  type More,
  openWorker,
  secretWord,
  type WorkerOnThisMachine,
} from '../fixtures/worker-on-this-machine.ts';

let directory: string;
let worker: WorkerOnThisMachine;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-explain-'));
  worker = await openWorker(directory);
});
afterAll(async () => {
  await worker?.host.end();
  await rm(directory, { recursive: true, force: true });
});

/** Gives back what the worker would, for a gate of this kind that does just that. */
async function take(
  kind: GateKind,
  run: (context: GateContext) => Promise<object>,
  more: More & { readonly start?: number } = {},
): Promise<GateResult> {
  const gate: Gate = { kind: more.gate?.kind ?? kind, run };
  await using context = await worker.begin(kind, { begun: false, ...more });
  return await processGate(context, [gate], more.start ?? 1);
}

/** One change of the target, which does nothing. */
async function touch({ executor, permit }: GateContext): Promise<void> {
  await executor.mutate(
    permit(),
    { kind: 'host.exchange', machine: 'contabo', target: '/srv/app', detail: 'swap' },
    async () => undefined,
  );
}

const failing = (context: GateContext) =>
  context.record.check('tree', 'the tree is whole', false, { actual: 'a file is missing' });

type Ending = readonly [status: GateResult['status'], code: string];
const hostError = (code: HostErrorCode) => new HostError(code, 'it went wrong', { host: 'contabo' });

describe('a gate that ends with an error', () => {
  it.each<[string, Error, untouched: Ending, touched: Ending]>([
    [
      'a stop of its own',
      new GateStop('blocked', 'drift', 'it has drifted'),
      ['blocked', 'drift'],
      ['blocked', 'drift'],
    ],
    [
      'an unreachable host',
      hostError('unreachable'),
      ['blocked', 'unreachable'],
      ['inconclusive', 'unreachable'],
    ],
    [
      'another host key',
      hostError('host-key-mismatch'),
      ['blocked', 'host-key-mismatch'],
      ['inconclusive', 'host-key-mismatch'],
    ],
    [
      'a refused login',
      hostError('auth-failed'),
      ['blocked', 'auth-failed'],
      ['inconclusive', 'auth-failed'],
    ],
    ['a taken lock', hostError('locked'), ['blocked', 'locked'], ['inconclusive', 'locked']],
    [
      'no way to exchange',
      hostError('exchange-unavailable'),
      ['blocked', 'exchange-unavailable'],
      ['inconclusive', 'exchange-unavailable'],
    ],
    // Of these nobody knows what the host did before it was silent.
    [
      'a lost connection',
      hostError('connection-lost'),
      ['inconclusive', 'connection-lost'],
      ['inconclusive', 'connection-lost'],
    ],
    [
      'a command that failed',
      hostError('command-failed'),
      ['inconclusive', 'command-failed'],
      ['inconclusive', 'command-failed'],
    ],
    ['a time-out', hostError('timeout'), ['inconclusive', 'timeout'], ['inconclusive', 'timeout']],
    ['a fence', hostError('fenced-off'), ['inconclusive', 'fenced-off'], ['inconclusive', 'fenced-off']],
    [
      'a switch that is off',
      new ExecutionError('execution-disabled', 'execution is disabled'),
      ['blocked', 'execution-disabled'],
      ['inconclusive', 'execution-disabled'],
    ],
    [
      'a permission that is spent',
      new ExecutionError('authorization-spent', 'it is spent'),
      ['blocked', 'authorization-spent'],
      ['inconclusive', 'authorization-spent'],
    ],
    [
      'a bug',
      new TypeError('x is undefined'),
      ['inconclusive', 'gate-error'],
      ['inconclusive', 'gate-error'],
    ],
  ])('by %s is %j untouched, and %j once the host was changed', async (_, error, ...endings) => {
    for (const [isTouched, [status, code]] of endings.map((ending, at) => [at === 1, ending] as const)) {
      const result = await take('promote', async (context) => {
        if (isTouched) await touch(context);
        throw error;
      });
      expect([result.status, result.reason?.code]).toEqual([status, code]);
      expect(result.mutations.map(({ kind }) => kind)).toEqual(isTouched ? ['host.exchange'] : []);
      if (error instanceof GateStop) continue;
      const said = result.reason?.text ?? '';
      expect(said).toContain(
        isTouched
          ? 'Before that, this gate had begun: host.exchange /srv/app.'
          : 'This attempt changed nothing.',
      );
    }
  });

  it.each([
    [false, 'blocked'],
    [true, 'inconclusive'],
  ] as const)('after it was told to stop, touched %s, is %s', async (isTouched, status) => {
    const stop = new AbortController();
    const result = await take(
      'promote',
      async (context) => {
        if (isTouched) await touch(context);
        stop.abort();
        throw hostError('connection-lost');
      },
      { signal: stop.signal },
    );
    expect(result).toMatchObject({ status, reason: { code: 'aborted' } });
    expect(result.reason?.text).toMatch(/^Stopped on request\. /);
  });

  it('keeps the failure that it had found before, with the facts of its stop', async () => {
    for (const error of [
      hostError('unreachable'),
      new Error('bug'),
      new ExecutionError('unauthorized', 'no'),
    ]) {
      const result = await take('prove', async (context) => {
        failing(context);
        throw error;
      });
      expect(result).toMatchObject({ status: 'fail', reason: { code: 'tree' } });
    }
    const stopped = await take('prove', async (context) => {
      failing(context);
      throw new GateStop('inconclusive', 'not-measured', 'it was not', { facts: { seen: 1 } });
    });
    expect(stopped).toMatchObject({ status: 'fail', reason: { code: 'tree' }, facts: { seen: 1 } });
  });

  it('is what its stop says where nothing had failed before', async () => {
    const stopped = await take('prove', async ({ record }) => {
      record.check('tree', 'the tree is whole', true, { actual: 'it is' });
      throw new GateStop('fail', 'conflicts', 'they do not fit', { facts: { seen: 1 } });
    });
    expect(stopped).toMatchObject({ status: 'fail', reason: { code: 'conflicts' }, facts: { seen: 1 } });
  });

  it('cannot be called blocked by a start that came after one that was cut off', async () => {
    const unreachable = () => Promise.reject(hostError('unreachable'));
    expect(await take('promote', unreachable, { start: 2 })).toMatchObject({
      status: 'inconclusive',
      reason: { code: 'unreachable', text: expect.stringContaining('an earlier start was cut off') },
    });
    // By the worker’s own record, too: a queue that has lost its jobs counts from 1 again.
    expect(await take('promote', unreachable, { begun: true })).toMatchObject({ status: 'inconclusive' });
    // What only reads has changed nothing in any start, and neither has a dry run.
    expect(await take('prove', unreachable, { start: 2 })).toMatchObject({ status: 'blocked' });
    expect(await take('promote', unreachable, { start: 2, mode: 'DRYRUN' })).toMatchObject({
      status: 'blocked',
    });
  });
});

describe('the criteria of a gate', () => {
  const tolerates = [{ check: 'tree', gap: 'F-1' }];
  const once = async (context: GateContext) => {
    failing(context);
    return {};
  };

  it('that a plan tolerates stay inconclusive where they could not be measured', async () => {
    for (const otherwise of ['inconclusive', 'blocked'] as const) {
      const unmeasured = async ({ record }: GateContext) => {
        record.check('tree', 'the tree is whole', false, { actual: 'not read', otherwise });
        return {};
      };
      expect(await take('prove', unmeasured, { gate: { tolerates } })).toMatchObject({ status: otherwise });
    }
  });

  it('that a plan tolerates are partial in a gate that only reads', async () => {
    const result = await take('prove', once, { gate: { tolerates } });
    expect(result).toMatchObject({
      status: 'partial',
      checks: [{ id: 'tree', status: 'partial', gap: 'F-1' }],
    });
  });

  it.each([
    'artifact',
    'stage',
    'promote',
    'rollback-readiness',
    'rollback',
    'observe-live',
    'tidy',
  ] as const)('that a plan tolerates fail all the same in %s, which changes things', async (kind) => {
    for (const gate of [{ tolerates }, { otherwise: 'blocked' as const }]) {
      const result = await take('promote', once, { gate: { ...gate, kind } as Partial<PlanGate> });
      expect(result).toMatchObject({ status: 'fail', checks: [{ id: 'tree', status: 'fail' }] });
    }
  });

  it('of a precondition read as blocked', async () => {
    const result = await take('prove', once, { gate: { otherwise: 'blocked' } });
    expect(result).toMatchObject({ status: 'blocked', checks: [{ id: 'tree', status: 'blocked' }] });
  });

  it('say nothing where there is none', async () => {
    expect(await take('prove', async () => ({}))).toMatchObject({
      status: 'inconclusive',
      reason: { code: 'no-criteria' },
    });
  });

  it('do not make a gate pass whose changes were only simulated', async () => {
    const simulated = async (context: GateContext) => {
      await touch(context);
      context.record.check('tree', 'the tree is whole', true, { actual: 'it is' });
      return {};
    };
    const dry = await take('promote', simulated, { mode: 'DRYRUN' });
    expect(dry).toMatchObject({
      status: 'not-run',
      reason: { code: 'dryrun', text: 'DRYRUN: would have done host.exchange /srv/app' },
      mutations: [{ simulated: true }],
    });
    expect(await take('promote', simulated)).toMatchObject({ status: 'pass', reason: null });
  });
});

describe('the result of a gate', () => {
  it('is that it was not run with another plan than the run has pinned, though all of it was signed', async () => {
    let ran = false;
    const result = await take(
      'prove',
      async () => {
        ran = true;
        return {};
      },
      { planDigest: `sha256:${'0'.repeat(64)}` },
    );
    expect(result).toMatchObject({ status: 'blocked', reason: { code: 'plan-digest' } });
    expect(ran).toBe(false);
  });

  it('says why without a secret where no criterion has failed', async () => {
    for (const error of [
      new Error(secretWord),
      new GateStop('blocked', 'leak', secretWord),
      hostError('timeout'),
    ]) {
      const result = await take('prove', async ({ record }) => {
        record.check('tree', 'the tree', true, { actual: 'it is' });
        throw error;
      });
      expect(result.reason?.text).not.toContain(secretWord);
    }
  });

  it('leaves its worker without a secret, whatever way the gate ended', async () => {
    const blurts = async (context: GateContext, end: () => object) => {
      const { executor, permit, record } = context;
      const intent = { kind: 'host.exchange', machine: 'contabo' } as const;
      const change = { ...intent, target: `/srv/${secretWord}`, detail: `token=${secretWord}` };
      await executor.mutate(permit(), change, async () => undefined);
      record.check('tree', 'the tree', false, { actual: secretWord, expected: secretWord });
      record.keep('evidence', secretWord);
      return end();
    };
    const endings: readonly (() => object)[] = [
      () => ({ said: secretWord, deep: [{ [secretWord]: [secretWord] }] }),
      () => {
        throw new Error(secretWord);
      },
      () => {
        throw new GateStop('fail', 'leak', secretWord, { facts: { said: secretWord } });
      },
    ];
    for (const end of endings) {
      const result = await take('promote', (context) => blurts(context, end));
      expect(JSON.stringify(result)).not.toContain(secretWord);
      expect(result.mutations).toMatchObject([{ target: '/srv/[redacted:loaded]' }]);
    }
  });

  it('has the changes of a gate that ended with an error among its evidence', async () => {
    const result = await take('promote', async ({ record, local }) => {
      record.noteChange(await local.run(nothing));
      throw new Error('bug');
    });
    expect(result.evidence.map(({ title }) => title)).toContain('changes made');
  });
});

const nothing = { argv: ['true'], effect: 'observe', title: 'nothing' } as const;
