// Between the signing of a run and its end: what people say then would stand behind the signed head, and contradict the bundle.
import { describe, expect, it } from 'vitest';
import type { Act } from '../../src/approval/authorize.ts';
import { refusalOfState } from '../../src/approval/refuse-state.ts';
import { alice, stateAtSigning } from '../fixtures/run-events.ts';

const reason = { code: 'x', text: 'the live tree could not be read' };
/** Stopped after the consents and before anything was done by them, so that they are open still. */
const stopped = stateAtSigning({ results: { drift: { status: 'inconclusive', reason, facts: {} } } });
const refusal = (act: Act, run = stopped) => {
  const { approval: policy, name: of } = run.plan;
  const scene = { policy, of, place: { channel: run.channel, isShared: false }, now: 0, run };
  return refusalOfState(act, alice, scene)?.code ?? null;
};

describe('a run that is being signed', () => {
  it('is not aborted, voted on or let through a freeze any more', () => {
    expect(stopped.approval?.status).toBe('granted');
    const acts = ['abort', 'approve', 'reject', 'withdraw', 'override-freeze'] as const;
    expect(acts.map((act) => refusal(act))).toEqual(acts.map(() => 'closed'));
    expect(refusal('abort', stateAtSigning())).toBe('closed');
  });

  it('can lose its target’s lock, should the signing hang', () => {
    expect(refusal('unlock')).toBeNull();
  });
});
