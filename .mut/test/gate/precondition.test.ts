// A gate that is a precondition: what does not hold was not tried. Real jobs, a real command, the worker's own conclusion.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandProof } from '../../jobs/command-proof.ts';
import { initKeys, type SigningKeys } from '../../src/attestation/keys.ts';
import { createRedactor } from '../../src/evidence/redact.ts';
import { openEvidenceStore } from '../../src/evidence/store.ts';
import { openNonces } from '../../src/execution/nonces.ts';
import { type Gate, GateStop } from '../../src/gate/context.ts';
import { processGate } from '../../src/gate/process-gate.ts';
import type { Plan } from '../../src/plan/schema.ts';
import type { GateKind, PlanGate } from '../../src/plan/schema-gates.ts';
import { concludeRun } from '../../src/report/conclude-run.ts';
import { outcomeOf } from '../../src/run/decide.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import { contextMaker } from '../../src/worker/make-context.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';
import { signJob, unsignedJob } from '../fixtures/signed-job.ts';

let directory: string;
let keys: SigningKeys;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-test-precondition-'));
  keys = await initKeys(join(directory, 'keys'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** A deploy with one more gate after G3: whether there is a safe target. */
function planWith(more: object): Plan {
  const { gates } = referencePlan();
  const safe = {
    id: 'G3',
    kind: 'command-proof',
    title: 'there is a safe target',
    with: { command: ['sh', '-c', 'echo none; exit 3'], directory: '/tmp' },
    ...more,
  };
  return referencePlan({ gates: [...gates.slice(0, 4), safe, ...gates.slice(4)] });
}

async function take(plan: Plan, kind: GateKind, job: Gate): Promise<GateResult> {
  const run = stateAtSigning({ plan });
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
  const signed = signJob(unsignedJob(run, kind), run, keys);
  await using context = makeContext(signed, new AbortController().signal, async () => undefined);
  return await processGate(context, [job]);
}

/** The run in which the gate gave back just that. */
function runAfter(plan: Plan, result: GateResult) {
  const run = stateAtSigning({ plan, results: { [result.gate]: result } });
  return { run, conclusion: concludeRun(run) };
}

describe('a gate that is a precondition', () => {
  it('is blocked where it does not hold, as is its run: mid-run there is no safe target, and nothing has failed', async () => {
    const plan = planWith({ otherwise: 'blocked' });
    const result = await take(plan, 'command-proof', commandProof);
    expect(result).toMatchObject({ status: 'blocked', reason: { code: 'exit-code' } });
    expect(result.checks.map(({ id, status }) => [id, status])).toEqual([['exit-code', 'blocked']]);
    const { run, conclusion } = runAfter(plan, result);
    expect(conclusion.verdict).toBe('BLOCKED');
    expect(outcomeOf(run, conclusion.verdict)).toBe('B — BLOCKED_WITH_GAP');
    expect(run.gates.find(({ gate }) => gate.kind === 'artifact')?.status).toBe('not-run');
  });

  it('fails without the plan’s word for it', async () => {
    const plan = planWith({});
    const result = await take(plan, 'command-proof', commandProof);
    expect(result.status).toBe('fail');
    expect(runAfter(plan, result).conclusion.verdict).toBe('FAILED');
  });

  it('passes where it holds', async () => {
    const holds = { command: ['true'], directory: '/tmp' };
    expect(
      (await take(planWith({ otherwise: 'blocked', with: holds }), 'command-proof', commandProof)).status,
    ).toBe('pass');
  });

  it('stays inconclusive where it could not be measured', async () => {
    const result = await take(planWith({ otherwise: 'blocked' }), 'command-proof', {
      kind: 'command-proof',
      run: async ({ record }) => {
        record.check('exit-code', 'it exits', false, { actual: 'no' });
        record.check('seen', 'it was seen', false, { actual: 'no', otherwise: 'inconclusive' });
        return {};
      },
    });
    expect(result.status).toBe('inconclusive');
  });

  it('is blocked also where the job ends itself as failed', async () => {
    const result = await take(planWith({ otherwise: 'blocked' }), 'command-proof', {
      kind: 'command-proof',
      run: () => Promise.reject(new GateStop('fail', 'no-target', 'there is none')),
    });
    expect(result).toMatchObject({ status: 'blocked', reason: { code: 'no-target' } });
  });

  it('is nothing that a gate which changes something can be: its failing stays a failure', async () => {
    const plan = referencePlan();
    const gates = plan.gates.map(
      (each): PlanGate => (each.kind === 'artifact' ? { ...each, otherwise: 'blocked' } : each),
    );
    const result = await take({ ...plan, gates }, 'artifact', {
      kind: 'artifact',
      run: async ({ record }) => {
        record.check('commit', 'it is committed', false, { actual: 'no' });
        return {};
      },
    });
    expect(result.status).toBe('fail');
  });
});
