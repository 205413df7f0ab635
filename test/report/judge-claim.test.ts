import { describe, expect, it } from 'vitest';
import type { EvidenceRef } from '../../src/plan/schema-evidence.ts';
import { describeUntouched } from '../../src/report/final/describe-untouched.ts';
import { judgeClaim, judgeForbidden } from '../../src/report/judge-claim.ts';
import { factsWith } from '../fixtures/reference-facts.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const claim = (...evidence: EvidenceRef[]) => ({ id: 'c', title: 'a claim', evidence });
const passed = stateAtSigning();
const reason = { code: 'test', text: 'a test' };
const blocked = stateAtSigning({
  results: { precheck: { status: 'blocked', reason, checks: [], facts: {} } },
});
const changed = factsWith('prove', {
  probes: [{ id: 'row-counts', title: 'rows', before: '1', after: '2', status: 'fail', reason: 'changed' }],
});

describe('a claim holds', () => {
  it.each([
    ['check', { check: 'prove/holds' }],
    ['probe', { probe: 'row-counts' }],
    ['proof', { proof: 'PROOF-1' }],
    ['journal', { journal: 'host.remove' }],
    ['construction', { construction: 'read-only transactions' }],
  ] satisfies [string, EvidenceRef][])('with its %s named', (source, ref) => {
    const { status, restsOn } = judgeClaim(claim(ref), passed);
    expect(status).toBe('holds');
    expect(restsOn).toHaveLength(1);
    expect(restsOn[0]?.startsWith(source)).toBe(true);
  });

  it('only when all of its evidence supports it', () => {
    expect(judgeClaim(claim({ proof: 'PROOF-1' }, { probe: 'no-such' }), passed)).toMatchObject({
      status: 'not-evidenced',
      restsOn: [],
    });
  });
});

describe('a claim does not hold', () => {
  it('when the journal contains the change, or one of its family', () => {
    expect(judgeClaim(claim({ journal: 'host.exchange' }), passed).status).toBe('does-not-hold');
    expect(judgeClaim(claim({ journal: 'repository' }), passed).status).toBe('does-not-hold');
    expect(judgeClaim(claim({ journal: 'repo' }), passed).status).toBe('holds');
  });

  it('when one piece of evidence contradicts it, whatever else supports it', () => {
    const run = stateAtSigning({ results: { prove: { status: 'fail', reason, facts: changed } } });
    const judged = judgeClaim(claim({ construction: 'read-only' }, { probe: 'row-counts' }), run);
    expect(judged.status).toBe('does-not-hold');
    expect(judged.restsOn).toEqual(['probe row-counts: rows, before: 1, after: 2']);
    expect(judged.supports).toEqual(['construction: read-only']);
  });

  it('when a proof failed before the deploy and never ran after it', () => {
    const facts = factsWith('test', { proofs: [{ id: 'PROOF-1', claim: 'x', holds: false }] });
    const run = stateAtSigning({ results: { test: { status: 'fail', reason, facts } } });
    expect(judgeClaim(claim({ proof: 'PROOF-1' }), run).status).toBe('does-not-hold');
  });
});

describe('a claim is not evidenced', () => {
  it('when the plan names no evidence', () => {
    expect(judgeClaim(claim(), passed)).toMatchObject({
      status: 'not-evidenced',
      missing: ['the plan names no evidence for it'],
    });
  });

  it.each([{ check: 'prove/holds' }, { probe: 'row-counts' }, { proof: 'PROOF-1' }] satisfies EvidenceRef[])(
    'when what it rests on did not run: %j',
    (ref) => {
      const { status, missing } = judgeClaim(claim(ref), blocked);
      expect(status).toBe('not-evidenced');
      expect(missing[0]).toContain('G6');
    },
  );

  it('by a journal that a mutating gate did not finish writing', () => {
    const run = stateAtSigning({
      results: { promote: { status: 'inconclusive', reason, mutations: [], facts: {} } },
    });
    const { status, missing } = judgeClaim(claim({ journal: 'host.remove' }), run);
    expect(status).toBe('not-evidenced');
    expect(missing[0]).toContain('promote');
  });

  it('by a probe that could not be read again', () => {
    const facts = {
      probes: [
        {
          id: 'row-counts',
          title: 'rows',
          before: '1',
          after: null,
          status: 'inconclusive',
          reason: 'no connection',
        },
      ],
    };
    const run = stateAtSigning({ results: { prove: { status: 'inconclusive', reason, facts } } });
    expect(judgeClaim(claim({ probe: 'row-counts' }), run).missing[0]).toContain('no connection');
  });
});

describe('a forbidden action', () => {
  it('was not done by a run that started nothing that changes anything, though no probe was read twice', () => {
    expect(judgeForbidden(claim({ probe: 'row-counts' }), blocked)).toEqual({
      status: 'holds',
      restsOn: ['journal: no gate that changes anything was started'],
      missing: [],
    });
    expect(judgeClaim(claim({ probe: 'row-counts' }), blocked).status).toBe('not-evidenced');
  });

  it('is not evidenced once something was changed and nothing measured', () => {
    const run = stateAtSigning({ results: { stage: { status: 'fail', reason } } });
    expect(judgeForbidden(claim({ probe: 'row-counts' }), run).status).toBe('not-evidenced');
  });

  it('says of what, and that nothing was read twice, where the journal stands in for the second reading', () => {
    const forbidden = { ...claim({ probe: 'row-counts' }), act: 'restart-service' as const };
    const said = (limitsSaid: true | 'readings') =>
      judgeForbidden(forbidden, { ...blocked, limitsSaid }).restsOn[0];
    expect(said('readings')).toBe(
      'act restart-service: start, stop or restart any service; by this run alone, and nothing was read a second time',
    );
    // As it was signed then.
    expect(said(true)).toContain('between the two readings');
  });

  it.each(['LIVE', 'DRYRUN'] as const)(
    'is not evidenced by the journal of a %s run whose suites ran: they could do what no journal holds',
    (mode) => {
      const run = stateAtSigning({ mode, results: { test: { status: 'fail', reason } } });
      expect(judgeForbidden(claim({ probe: 'row-counts' }), run)).toMatchObject({
        status: 'not-evidenced',
        missing: [expect.stringContaining('has no second reading')],
      });
      // What Interlock did by its own hand, its journal knows all the same.
      expect(judgeForbidden(claim({ journal: 'host.exchange' }), run).status).toBe('holds');
      // As it was signed then.
      expect(judgeForbidden(claim({ probe: 'row-counts' }), { ...run, limitsSaid: true }).status).toBe(
        'holds',
      );
    },
  );

  it('says that nothing was read again after a rollback', () => {
    const back = stateAtSigning({
      results: { prove: { status: 'fail', reason, facts: factsWith('prove') } },
    });
    expect(judgeForbidden(claim({ probe: 'row-counts' }), back).restsOn).toEqual([
      expect.stringContaining('before and after the deploy, not read again after the rollback: '),
    ]);
    expect(judgeForbidden(claim({ probe: 'row-counts' }), passed).restsOn).toEqual([
      expect.stringContaining('before and after: '),
    ]);
  });

  it('rests on the simulation in a DRYRUN', () => {
    const dry = stateAtSigning({ mode: 'DRYRUN', results: { prove: { facts: {} } } });
    expect(judgeForbidden(claim({ journal: 'host.exchange' }), dry).restsOn).toEqual([
      'journal: the run was a DRYRUN, which simulates every change',
    ]);
  });
});

describe('a probe that had nothing to see', () => {
  const why = 'installed, not running, so nothing could be seen';
  const shown = 'installed, not running';
  const absent = {
    probes: [
      {
        id: 'row-counts',
        title: 'rows',
        before: shown,
        after: shown,
        status: 'pass',
        reason: null,
        unseen: why,
      },
    ],
  };
  const unseen = stateAtSigning({ results: { prove: { facts: factsWith('prove', absent) } } });

  it('leaves what rests on it not evidenced, also by way of its criterion', () => {
    for (const judged of [
      judgeForbidden(claim({ probe: 'row-counts' }), unseen),
      judgeClaim(claim({ probe: 'row-counts' }), unseen),
      judgeForbidden(claim({ journal: 'host.remove' }, { probe: 'row-counts' }), unseen),
    ])
      expect(judged).toEqual({
        status: 'not-evidenced',
        restsOn: [],
        missing: [`probe row-counts: rows: ${why}`],
      });
    const checks = [
      { id: 'probe-row-counts', title: 'rows', status: 'pass' as const, actual: why, evidence: [] },
    ];
    const run = stateAtSigning({ results: { prove: { checks, facts: factsWith('prove', absent) } } });
    expect(judgeForbidden(claim({ check: 'prove/probe-row-counts' }), run).missing).toEqual([
      `check prove/probe-row-counts: rows: ${why}`,
    ]);
  });

  it('is not made good by a journal of a run that changed nothing', () => {
    const dry = stateAtSigning({
      mode: 'DRYRUN',
      results: { prove: { facts: factsWith('prove', absent) } },
    });
    expect(judgeForbidden(claim({ probe: 'row-counts' }), dry).status).toBe('not-evidenced');
  });

  it('is not counted among those that read as expected, in the report', () => {
    const text = describeUntouched(unseen);
    expect(text).toContain('0 of 1 probe read as the plan expects');
    expect(text).toContain(`not evidenced: ${why}`);
  });
});

it('a forbidden action says its act in words of ours, with what was read', () => {
  const forbidden = { ...claim({ probe: 'row-counts' }), act: 'restart-service' as const };
  const { limitsSaid: _, ...ofBefore } = passed;
  expect(judgeForbidden(forbidden, ofBefore).restsOn[0]).toBe(
    'act restart-service: start, stop or restart any service (every service of systemd on contabo)',
  );
  for (const limitsSaid of [true, 'readings'] as const)
    expect(judgeForbidden(forbidden, { ...passed, limitsSaid }).restsOn[0]).toBe(
      'act restart-service: start, stop or restart any service (every service of systemd on contabo); what began and was over again between the two readings is not seen',
    );
  const byHand = { ...claim({ probe: 'row-counts' }), act: 'by-interlock' as const };
  expect(judgeForbidden(byHand, passed).restsOn[0]).not.toContain('readings');
});
