// What the control plane permits each gate: which machines, for whom it names approvals, and when it names them.
import { describe, expect, it } from 'vitest';
import { authorizationFor } from '../../src/control-plane/authorization-for.ts';
import { gateKinds, gateSchema } from '../../src/plan/schema-gates.ts';
import { foldRun } from '../../src/run/state.ts';
import { eventsAtSigning, stateAtSigning } from '../fixtures/run-events.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const run = stateAtSigning();

describe('an authorization', () => {
  it('names the machines that a gate of the kind may change, and no others', () => {
    const machines = Object.fromEntries(
      gateKinds.map((kind) => {
        const gate = { ...gateSchema.parse({ id: 'X', kind: 'precheck', title: 'one of its kind' }), kind };
        const state = { ...run.gates[0], gate, attempt: 1, nonce: 'b'.repeat(32), queuedAt: run.requestedAt };
        return [kind, authorizationFor(run, state as (typeof run.gates)[0], digest).hosts];
      }),
    );
    expect(Object.fromEntries(Object.entries(machines).filter(([, hosts]) => hosts.length > 0))).toEqual({
      ...{
        stage: ['contabo'],
        promote: ['contabo'],
        rollback: ['contabo'],
        'rollback-readiness': ['contabo'],
      },
      ...{ 'observe-live': ['contabo'], tidy: ['contabo'], artifact: ['mac-ssot'] },
    });
  });

  it('names what was approved and by whom once the point of no return is on record, and not before', () => {
    const events = eventsAtSigning();
    const crossed = events.findIndex(({ type }) => type === 'point-of-no-return');
    const of = (count: number) => {
      const then = foldRun('r1', events.slice(0, count));
      const promote = then.gates.find(({ gate }) => gate.kind === 'promote');
      if (!promote) throw new RangeError('expected a promote');
      const { subjectDigest, approvers } = authorizationFor(then, promote, digest);
      return { subjectDigest, approvers };
    };
    expect(of(crossed)).toEqual({ subjectDigest: null, approvers: [] });
    const { approval } = foldRun('r1', events);
    expect(of(crossed + 1)).toEqual({ subjectDigest: approval?.digest, approvers: ['U0ALICE', 'U0BOB'] });
  });

  it('is that of the attempt: its nonce, its gate, its mode, its plan and its job', () => {
    const promote = run.gates.find(({ gate }) => gate.kind === 'promote');
    if (!promote) throw new RangeError('expected a promote');
    const nonce = 'b'.repeat(32);
    expect(authorizationFor(run, { ...promote, attempt: 3, nonce }, digest)).toMatchObject({
      ...{
        nonce,
        run: 'r1',
        gate: 'promote',
        attempt: 3,
        mode: 'LIVE',
        planDigest: run.planDigest,
        jobDigest: digest,
      },
    });
    expect(authorizationFor({ ...run, mode: 'DRYRUN' }, promote, digest).mode).toBe('DRYRUN');
  });
});
