import { describe, expect, it } from 'vitest';
import { lastLook } from '../../src/run/second-readings.ts';
import type { GateState } from '../../src/run/state.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const [like] = stateAtSigning().gates;

function gate(kind: string, name: string, change: Partial<GateState> = {}): GateState {
  if (!like) throw new Error('expected a gate');
  return { ...like, gate: { ...like.gate, kind, name } as GateState['gate'], ...change };
}

const look = (name: string, change: Partial<GateState> = {}) => gate('probes', name, change);
const last = (...gates: GateState[]) => lastLook({ gates })?.gate.name;

describe('the last look at the probes', () => {
  it('is the last that has a result', () => {
    expect(last(look('first'), look('second'), look('third', { result: null }))).toBe('second');
  });

  it('is none from before a promote that began', () => {
    expect(last(look('early'), gate('promote', 'promote', { attempt: 1 }))).toBeUndefined();
    expect(last(look('early'), gate('promote', 'promote', { attempt: 0 }))).toBe('early');
    expect(last(look('early'), gate('promote', 'p', { attempt: 1 }), look('late'))).toBe('late');
  });

  it('is one that did not pass, also when a later one passed', () => {
    expect(last(look('bad', { status: 'partial' }), look('good'))).toBe('bad');
  });
});
