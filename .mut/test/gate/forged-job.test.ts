import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { initKeys, type SigningKeys } from '../../src/attestation/keys.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { openEvidenceStore } from '../../src/evidence/store.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import type { Gate } from '../../src/gate/context.ts';
import { type GateJob, gateJobSchema, type UnsignedJob } from '../../src/gate/job.ts';
import { processGate } from '../../src/gate/process-gate.ts';
import { gateKinds, type PlanGate } from '../../src/plan/schema-gates.ts';
import { contextMaker } from '../../src/worker/make-context.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';

// Whoever can write to Redis can put any job there, and replay any that was signed. What a worker does with it is tested
// here, on a gate that only says that it was run.
let directory: string;
let keys: SigningKeys;
let strangers: SigningKeys;
let honest: GateJob;
let ran: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-test-forged-'));
  keys = await initKeys(join(directory, 'keys'));
  strangers = await initKeys(join(directory, 'strangers'));
  honest = signed(unsigned(), keys);
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const unsigned = () => unsignedJob(stateAtSigning(), 'promote');
const signed = (job: UnsignedJob, by: SigningKeys) => signJob(job, stateAtSigning(), by);

async function take(job: GateJob, start = 1) {
  ran = [];
  const gates = gateKinds.map(
    (kind): Gate => ({
      kind,
      run: async ({ record }) => {
        ran.push(kind);
        record.check('ran', 'it ran', true, { actual: 'yes' });
        return {};
      },
    }),
  );
  const makeContext = contextMaker({
    machine: 'mac-ssot',
    workspaces: join(directory, 'workspaces'),
    blobs: await openEvidenceStore(join(directory, 'evidence')),
    publicKeys: [keys.signing.publicKey],
    killSwitch: { read: async () => ({ enabled: true, reason: 'test' }) },
    nonces: await openNonces(join(directory, 'authorizations'), Date.now),
    credentials: {},
    secrets: new Map(),
    redactor: createRedactor({ literals: [] }),
    now: () => new Date(),
  });
  await using context = makeContext(
    gateJobSchema.parse(job),
    new AbortController().signal,
    async () => undefined,
  );
  return await processGate(context, gates, start);
}

describe('a job on the queue', () => {
  it('is run when the control plane signed exactly it', async () => {
    expect((await take(honest)).status).toBe('pass');
    expect(ran).toEqual(['promote']);
  });

  it.each([
    ['another gate', () => ({ gate: 'rollback' as const })],
    ['a gate that only reads, with commands of the attacker', () => ({ gate: 'test' as const })],
    ['another kind', () => ({ definition: { ...honest.definition, kind: 'rollback' as const } as PlanGate })],
    ['another run', () => ({ run: 'r2' })],
    ['another attempt', () => ({ attempt: 2 })],
    ['another mode', () => ({ mode: 'DRYRUN' as const })],
    ['another staged path', () => ({ facts: { ...honest.facts, stage: { stagedPath: '/etc' } } })],
    ['another subject', () => ({ subjectRun: 'r0' })],
    ['another instant', () => ({ requestedAt: '2020-01-01T00:00:00.000Z' })],
    ['another operation', () => ({ operation: 'rollback' as const })],
    [
      'another command in the plan',
      () => ({
        plan: { ...honest.plan, proofs: { command: ['sh', '-c', 'id'], expect: 8, timeoutSeconds: 120 } },
      }),
    ],
    ['no authorization', () => ({ authorization: '' })],
    [
      'an authorization that a stranger signed',
      () => ({ authorization: signed(unsigned(), strangers).authorization }),
    ],
    [
      'the authorization of another job',
      () => ({ authorization: signed({ ...unsigned(), attempt: 7 }, keys).authorization }),
    ],
  ])('is blocked and not run with %s', async (_, forge) => {
    const result = await take({ ...honest, ...forge() });
    expect(ran).toEqual([]);
    expect(result).toMatchObject({ status: 'blocked', mutations: [] });
  });

  it('is not called blocked when an earlier start of it was cut off: what that one did is not known', async () => {
    const expired = { ...honest, authorization: '' };
    expect((await take(expired)).status).toBe('blocked');
    expect(await take(expired, 2)).toMatchObject({
      status: 'inconclusive',
      reason: { text: expect.stringContaining('earlier start') },
    });
  });
});
