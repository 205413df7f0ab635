// What people approve is one digest over everything that was shown. The verifier recomputes it by the same function, so that only
// values that are written down here notice when something is left out of it: each input changes the digest, to a known one.
import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/plan/schema-scalars.ts';
import { approvalSubject, digestOfSubject, driftBetween } from '../../src/run/approval-subject.ts';
import type { GateResult } from '../../src/run/gate-result.ts';
import type { RunState } from '../../src/run/state.ts';
import { foldRun } from '../../src/run/state.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const at = '2026-05-21T05:30:00.000Z';
const sha = (digit: string) => `sha256:${digit.repeat(64)}`;

function result(gate: string, facts: { [name: string]: Json }, actual = 'shown'): GateResult {
  return {
    ...{ gate, attempt: 1, status: 'pass', reason: null, machine: 'mac-ssot', startedAt: at, finishedAt: at },
    checks: [{ id: 'holds', title: 'it holds', status: 'pass', actual, evidence: [] }],
    ...{ facts, mutations: [], evidence: [] },
  };
}

/** A run right before it asks, of two gates and a look that has not been taken. */
function base(): RunState {
  const events = eventsAtSigning();
  const asked = events.findIndex(({ type }) => type === 'approval.requested');
  const run = foldRun('r1', events.slice(0, asked));
  const gates = run.gates.filter(({ gate }) => ['stage', 'test', 'drift'].includes(gate.kind));
  const results: { [kind: string]: GateResult | null } = {
    test: result('test', { suites: [], secrets: { findings: 0 } }),
    stage: result('stage', { liveTree: { digest: sha('2'), files: 80 } }),
    drift: null,
  };
  return {
    ...run,
    planDigest: sha('a'),
    gates: gates.map((state) => ({ ...state, result: results[state.gate.kind] ?? null })),
  };
}

const withResult = (run: RunState, kind: string, change: (result: GateResult) => GateResult): RunState => ({
  ...run,
  gates: run.gates.map((state) =>
    state.gate.kind === kind && state.result ? { ...state, result: change(state.result) } : state,
  ),
});
const anchor = {
  ...{ target: null, ofRun: 'r0', host: 'contabo', livePath: '/opt/app', path: '/opt/app.pre-r0' },
  digest: sha('7'),
};

describe('the subject of an approval', () => {
  it('is everything that was shown', () => {
    expect(approvalSubject(base())).toEqual({
      run: 'r1',
      request: 1,
      operation: 'deploy',
      mode: 'LIVE',
      plan: sha('a'),
      subjectRun: null,
      subjectFacts: {},
      gates: [
        {
          gate: 'test',
          status: 'pass',
          facts: { suites: [], secrets: { findings: 0 } },
          checks: [{ id: 'holds', status: 'pass', actual: 'shown' }],
        },
        {
          gate: 'stage',
          status: 'pass',
          facts: { liveTree: { digest: sha('2'), files: 80 } },
          checks: [{ id: 'holds', status: 'pass', actual: 'shown' }],
        },
      ],
      world: { 'live tree': { value: sha('2'), shown: sha('2') } },
    });
  });

  const voided = [{}] as RunState['voided'];
  const inputs: [string, (run: RunState) => RunState, string][] = [
    ['nothing', (run) => run, 'sha256:8637551f068862491c0ff73e1e6985427a946aa23e996a014601d5b170cd05dd'],
    [
      'the run',
      (run) => ({ ...run, runId: 'r2' }),
      'sha256:c03cf47e792272c338ba5eac1f373176ba2086a720b4157240ff3500ff8072fd',
    ],
    [
      'the number of the request',
      (run) => ({ ...run, voided }),
      'sha256:e2d42a7cb47ea09c6a79e531efbaf36c1db79d414156368b3cc5e17f9b34dd53',
    ],
    [
      'the operation',
      (run) => ({ ...run, operation: 'verify' }),
      'sha256:3c21a15d6f417135188f25405f6d7fb5491471e37eca67bcc101aa13085e826c',
    ],
    [
      'the mode',
      (run) => ({ ...run, mode: 'DRYRUN' }),
      'sha256:b7c937f4a953cba71326a8c5dd15b3158ac20e058d06fb9cf79fc6513c250238',
    ],
    [
      'the plan',
      (run) => ({ ...run, planDigest: sha('b') }),
      'sha256:dd7c1e37fdc8d2872742a0fd945ee9e01c2bfd26c96a0c974d612e957a3d2385',
    ],
    [
      'the run that it is about',
      (run) => ({ ...run, subjectRun: 'r0' }),
      'sha256:5fda0e83f3da9cdf85d4bb0c44b1e8222bd45f243b7864f074bc93f3072940e5',
    ],
    [
      'the facts of that run',
      (run) => ({ ...run, subjectFacts: { reconcile: { tree: 'd' } } }),
      'sha256:9daae0e4f0d91b5c24cdf6337d9699331e7e021d47bbe4b087119ef25d208222',
    ],
    [
      'what it brings back',
      (run) => ({ ...run, anchors: [anchor] as unknown as RunState['anchors'] }),
      'sha256:d9544ff0bfdad4e6ef89d0d6fe7538f491a7a98d065bc3d797f630edb421995c',
    ],
    [
      'the status of a gate',
      (run) => withResult(run, 'test', (each) => ({ ...each, status: 'partial' })),
      'sha256:88b3bf32aa63ebd8120a4e219505fd22bbb8f78c747f53c0aebac42a181571eb',
    ],
    [
      'a fact of a gate',
      (run) =>
        withResult(run, 'test', (each) => ({ ...each, facts: { suites: [], secrets: { findings: 1 } } })),
      'sha256:01bddd148152edae2d32bda3dffaf050e27f23b68cd40a22e302be6faf12a8ef',
    ],
    [
      'what a criterion saw',
      (run) =>
        withResult(run, 'test', () => ({
          ...result('test', { suites: [], secrets: { findings: 0 } }, 'seen'),
        })),
      'sha256:00333dc9e5c55d8537103f67e3ef876b9ee8d59b9db64c06fb6cf44cf3a8563e',
    ],
    [
      'whether a criterion held',
      (run) =>
        withResult(run, 'test', (each) => ({
          ...each,
          checks: each.checks.map((check) => ({ ...check, status: 'partial' as const })),
        })),
      'sha256:5180e75d0c3e7d30460b6c6931c4bbba5d033039a0b3a55502b6888f97a67fb3',
    ],
    [
      'which criterion it was',
      (run) =>
        withResult(run, 'test', (each) => ({
          ...each,
          checks: each.checks.map((check) => ({ ...check, id: 'other' })),
        })),
      'sha256:7deac74eaa4062d13dd935452caa6965282ba26cc20177b6afd710ea39bcfba6',
    ],
    [
      'a gate that has no result',
      (run) => ({ ...run, gates: run.gates.slice(1) }),
      'sha256:69e2937b426cfc8e968a25c3bb4b82081fd0de2072e1223337c0a3796234a3d7',
    ],
    [
      'the order of the gates',
      (run) => ({ ...run, gates: run.gates.toReversed() }),
      'sha256:2a345f047af8e6781d71c985e2e8fd572fb050ae292314e1877689fbe79338eb',
    ],
    [
      'what is live now',
      (run) => ({
        ...run,
        gates: run.gates.map((state) =>
          state.gate.kind === 'drift'
            ? { ...state, result: result('drift', { liveTree: { digest: sha('9'), files: 80 } }) }
            : state,
        ),
      }),
      'sha256:1262efed773ee8c54292a6e3db12096e32c1c377d30118a66f42e162677502f0',
    ],
  ];

  it.each(inputs)('has a known digest of its own with another: %s', (_, change, digest) => {
    expect(digestOfSubject(approvalSubject(change(base())))).toBe(digest);
  });

  it('is another one for each of these', () => {
    const digests = inputs.map(([, change]) => digestOfSubject(approvalSubject(change(base()))));
    expect(new Set(digests).size).toBe(inputs.length);
  });

  it('does not depend on what was not shown: when a gate ended, on which machine, and what it keeps', () => {
    const later = withResult(base(), 'test', (each) => ({
      ...each,
      ...{
        machine: 'another',
        startedAt: '2026-05-22T00:00:00.000Z',
        finishedAt: '2026-05-22T00:00:00.000Z',
      },
    }));
    expect(approvalSubject(later)).toEqual(approvalSubject(base()));
  });

  it('differs from another by name: what moved in the world as people see it, all else by digest', () => {
    const before = approvalSubject(base());
    for (const [name, change] of inputs.slice(1)) {
      const after = approvalSubject(change(base()));
      expect(driftBetween(before, after), name).not.toEqual([]);
      expect(driftBetween(after, before), name).not.toEqual([]);
    }
    expect(driftBetween(before, before)).toEqual([]);
    const moved = approvalSubject(inputs.at(-1)?.[1](base()) ?? base());
    expect(driftBetween(before, moved)).toEqual([{ name: 'live tree', before: sha('2'), after: sha('9') }]);
    expect(driftBetween(before, { ...before, world: {} })).toEqual([
      { name: 'live tree', before: sha('2'), after: 'not there' },
    ]);
    expect(driftBetween({ ...before, world: {} }, before)).toEqual([
      { name: 'live tree', before: 'not there', after: sha('2') },
    ]);
    expect(driftBetween(before, { ...before, more: 1 })).toMatchObject([{ name: 'more' }]);
  });
});
