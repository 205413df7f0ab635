import { describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { examineWorkers } from '../../src/cli/examine-workers.ts';
import { ownWorker } from '../../src/config/trusted-workers.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';

const { signing } = newSigningKeys();
const plan = referencePlan();
const elsewhere = { ...plan, gates: plan.gates.map((gate) => ({ ...gate, role: 'deploy' })) };
const worker = { roles: ['ssot'], concurrency: 2 };
const enrolled = { ...ownWorker({ machine: 'build-1' }, signing, ['deploy']), name: 'build-1' };

describe('what the doctor says of workers', () => {
  it('names each that is trusted, with its roles and its key', () => {
    const [first, ...rest] = examineWorkers({ workers: [enrolled], worker }, [plan, elsewhere]);
    expect(first).toMatchObject({
      ok: true,
      text: expect.stringContaining(`deploy; key id ${signing.keyId}`),
    });
    expect(rest).toEqual([]);
  });

  it('is a fault for a role of a plan that no trusted worker serves, once a plan, with its mend', () => {
    const findings = [...examineWorkers({ workers: [], worker }, [plan, elsewhere])];
    expect(findings).toEqual([
      { ok: false, text: expect.stringMatching(/o8b-retry: .* role deploy.*interlock keys worker/) },
    ]);
  });
});
