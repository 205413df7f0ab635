// A live path that nobody looked at again: what it holds is not claimed, only that no gate that changes it was begun.
import { describe, expect, it } from 'vitest';
import { describeDelivered } from '../../src/report/final/describe-delivered.ts';
import { describeStop } from '../../src/report/final/describe-next.ts';
import { sayWhereThingsStand } from '../../src/report/where-things-stand.ts';
import { untouchedLines } from '../../src/slack/view/untouched.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { type Scenario, stateAtSigning } from '../fixtures/run-events.ts';
import { examplePlan, RunTale } from '../fixtures/slack-runs.ts';

const reason = { code: 'test', text: 'a test' };
const concluded = { verdict: 'FAILED', outcome: 'O8B' } as Parameters<typeof describeStop>[1];
const said = (scenario: Scenario) => {
  const run = stateAtSigning(scenario);
  return [
    ...whatIsLive(run),
    ...sayWhereThingsStand(run),
    ...untouchedLines(run),
    describeStop(run, concluded),
  ].join('\n');
};

describe('a run that never began to change its live path', () => {
  it.each<[string, Scenario]>([
    ['stopped at G0', { results: { precheck: { status: 'blocked', reason, checks: [], facts: {} } } }],
    ['failed in its tests', { results: { test: { status: 'fail', reason } } }],
  ])('says so, and not what is there: one that %s', (_, scenario) => {
    const text = said(scenario);
    expect(text).toMatch(
      /Nothing went live: .* was not looked at again: no gate that changes it was begun\./,
    );
    expect(text).toMatch(/The live path .* was not looked at again: no gate that changes it was begun\./);
    expect(text).toContain('Interlock changed nothing: no gate that changes anything was started');
    expect(text).toMatch(/live_path.*unchanged by any gate, not looked at again/);
    expect(text).not.toMatch(/as it was|was not changed/);
  });

  it('simulated its gates in a DRYRUN', () => {
    const text = said({ mode: 'DRYRUN' });
    expect(text).toMatch(/was not looked at again: the run was a DRYRUN, which simulates every change\./);
    expect(text).not.toMatch(/as it was|was not changed/);
  });

  it('is told from one that was looked at', () => {
    const text = said({ results: { promote: { status: 'blocked', reason, mutations: [], facts: {} } } });
    expect(text).toMatch(/is as it was \(seen /);
    expect(text).not.toContain('not looked at');
  });
});

describe('a verification', () => {
  it.each(['pass', 'fail', 'blocked', 'inconclusive'] as const)(
    'that ended as %s says what it has seen',
    (status) => {
      const tale = new RunTale('r-1', examplePlan(), 'verify').queue('verify');
      const run = tale.finish('verify', status === 'pass' ? {} : { status, reason }).state;
      const hasLooked = status === 'pass' || status === 'fail';
      const [line = ''] = whatIsLive(run);
      expect(line).toMatch(hasLooked ? /it looked at `/ : /it has not seen all of `/);
      expect(describeDelivered(run)).toMatch(hasLooked ? /this run only looked at/ : /has not seen all of/);
      // Before the gate has said anything, nothing was seen.
      expect(whatIsLive(new RunTale('r-1', examplePlan(), 'verify').state).join()).toContain(
        'has not seen all of',
      );
    },
  );
});
