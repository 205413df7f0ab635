import { describe, expect, it } from 'vitest';
import type { Mutation } from '../../src/run/gate-result.ts';
import type { DesiredMessage } from '../../src/slack/view/desired-message.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { sha256 } from '../fixtures/run-facts.ts';
import { refusalOf } from '../fixtures/slack-limits.ts';
import { approver, examplePlan, passedRun, RunTale, requester } from '../fixtures/slack-runs.ts';

const view = {
  names: new Map([[approver.id, approver.name]]),
  unservedRoles: new Set<string>(),
  progress: null,
  held: null,
  rulings: [],
};

function find(messages: readonly DesiredMessage[], key: string): DesiredMessage {
  const found = messages.find((each) => each.key === key);
  if (!found)
    throw new Error(`expected a message ${key}, got ${messages.map((each) => each.key).join(', ')}`);
  return found;
}

const shown = (message: DesiredMessage) => JSON.stringify(message.blocks);

describe('the messages of a run', () => {
  it('are the root alone when nothing has finished', () => {
    const messages = messagesOf(new RunTale('r-1').queue('precheck').state, view);
    expect(messages.map(({ key }) => key)).toEqual(['root']);
    expect(shown(find(messages, 'root'))).toContain(`<@${requester.id}>`);
    expect(shown(find(messages, 'root'))).toContain('0 of 11 gates');
  });

  it('come in the order in which things happened, the approval between staging and promote', () => {
    expect(messagesOf(passedRun('r-1'), view).map(({ key }) => key)).toEqual([
      'root',
      'gate-precheck',
      'gate-survey',
      'gate-reconcile',
      'gate-test',
      'gate-artifact',
      'gate-stage',
      'approval',
      'gate-promote',
      'gate-prove',
      'gate-rollback-readiness',
      'gate-report',
      'final',
    ]);
  });

  it('carry a marker, and nobody is mentioned outside the root', () => {
    for (const message of messagesOf(passedRun('r-1'), view)) {
      expect(message.blocks[0]?.block_id).toBe(`il:r-1:${message.key}`);
      expect(message.thread).toBe(message.key !== 'root');
      if (message.thread) expect(shown(message)).not.toMatch(/<@|<!/);
      expect(message.text).not.toMatch(/<@|<!/);
    }
  });

  it('are all taken by Slack', () => {
    for (const { text, blocks } of messagesOf(passedRun('r-1'), view)) {
      expect(refusalOf({ text, blocks, isUpdate: true })).toBeNull();
    }
  });

  it('are equal for equal states', () => {
    expect(messagesOf(passedRun('r-1'), view)).toEqual(messagesOf(passedRun('r-1'), view));
  });
});

describe('the root message', () => {
  it('shows the target by its name, and where the time went', () => {
    const text = shown(find(messagesOf(passedRun('r-1'), view), 'root'));
    expect(text).toContain('*Target*\\n`iu-cutter-v0.6` on `contabo`');
    expect(text).toContain('live path `/opt/incomex/dot/iu-cutter-v0.6`');
    expect(text).toMatch(/\*Took\*\\n[^"]+: gates 6 min 48 s, approval 2\.0 s/);
    expect(text).toContain('*G5 stage* on the host');
    expect(text).toContain('*G5 promote* ·');
  });

  it('says which gate runs, what it last said, and that nobody serves its role', () => {
    const run = new RunTale('r-1').passBefore('test').queue('test').state;
    const busy = shown(find(messagesOf(run, { ...view, progress: '219 of 394 tests', held: null }), 'root'));
    expect(busy).toContain('3 of 11 gates');
    expect(busy).toContain('219 of 394 tests');
    const idle = shown(find(messagesOf(run, { ...view, unservedRoles: new Set(['ssot']) }), 'root'));
    expect(idle).toContain('No worker serves the role `ssot`');
  });

  it('says whose consent is missing', () => {
    const run = new RunTale('r-1').passBefore('promote').askApproval().state;
    expect(shown(find(messagesOf(run, view), 'root'))).toContain(`SG_1: 1 more of <@${approver.id}>`);
  });

  it('calls a blocked run blocked and gives its reason', () => {
    const reason = { code: 'wrong-machine', text: 'expected machine mac-ssot, got contabo' };
    const run = new RunTale('r-1')
      .queue('precheck')
      .finish('precheck', { status: 'blocked', reason, facts: {} })
      .tell({
        type: 'gate.skipped',
        data: { gate: 'survey', reason: { code: 'after-blocked', text: 'Not run, since G0 is blocked' } },
      })
      .end({ verdict: 'BLOCKED', outcome: 'B', reason }).state;
    const messages = messagesOf(run, view);
    expect(shown(find(messages, 'root'))).toContain('⛔ BLOCKED');
    expect(shown(find(messages, 'root'))).toContain('expected machine mac-ssot, got contabo');
    expect(shown(find(messages, 'gate-survey'))).toContain('not run');
    expect(shown(find(messages, 'gate-survey'))).toContain('since G0 is blocked');
    expect(shown(find(messages, 'gate-precheck'))).toContain(
      'a precondition does not hold, nothing was tried',
    );
  });
});

describe('the report of a gate', () => {
  it('shows counts, digests, durations and proofs, and brings its evidence as a file', () => {
    const run = new RunTale('r-1').passBefore('promote').state;
    const test = find(messagesOf(run, view), 'gate-test');
    expect(shown(test)).toContain('Tests `full`: 125/125 passed');
    expect(shown(test)).toContain('Proofs: 8/8 hold');
    expect(shown(test)).toContain('took 41 s');
    expect(shown(test)).toContain('*1 of 1 check holds*, each with what it saw in the file “G3 checks”');
    expect(shown(test)).not.toContain('what test must find');
    expect(test.files).toMatchObject([
      { name: 'G3-test-checks.txt', title: 'G3 checks: 1 of 1 hold' },
      { name: 'G3-test-1-output-of-test.txt', title: 'G3 output of test', digest: sha256('e0') },
    ]);
  });

  it('puts what does not hold first and says what was expected', () => {
    const run = new RunTale('r-1').queue('survey').finish('survey', {
      status: 'fail',
      reason: { code: 'digest', text: 'one file differs' },
      checks: [
        { id: 'a', title: 'fine', status: 'pass', actual: 'ok', evidence: [] },
        { id: 'b', title: 'digests', status: 'fail', expected: '9 equal', actual: '8 equal', evidence: [] },
      ],
    }).state;
    const text = shown(find(messagesOf(run, view), 'gate-survey'));
    expect(text.indexOf('expected `9 equal`, got `8 equal`')).toBeGreaterThan(0);
    expect(text.indexOf('expected `9 equal`, got `8 equal`')).toBeLessThan(text.indexOf('*Found*'));
    expect(text).toContain('1 of 2 checks hold');
    expect(text).not.toContain('fine');
    const all = find(messagesOf(run, view), 'gate-survey').files?.[0]?.text;
    expect(all).toContain('pass: fine (a)\n  seen: ok\n');
    expect(all).toContain('fail: digests (b)\n  expected: 9 equal\n  seen: 8 equal\n');
  });

  it('gives a reason once when it is one of the checks', () => {
    const run = new RunTale('r-1').queue('survey').finish('survey', {
      status: 'fail',
      reason: { code: 'digests', text: 'digests: expected 9 equal, got 8 equal' },
      checks: [
        {
          id: 'digests',
          title: 'digests',
          status: 'fail',
          expected: '9 equal',
          actual: '8 equal',
          evidence: [],
        },
      ],
    }).state;
    const text = shown(find(messagesOf(run, view), 'gate-survey'));
    expect(text).toContain('expected `9 equal`, got `8 equal`');
    expect(text).not.toContain('> digests');
  });

  it('lists the changes that matter by paths beside the live one, and counts the rest', () => {
    const live = '/opt/incomex/dot/iu-cutter-v0.6';
    const change = (kind: Mutation['kind'], target: string, detail: string) => ({
      kind,
      machine: 'contabo',
      target,
      detail,
      at: '2026-05-21T05:31:00.000Z',
      simulated: false,
    });
    const run = new RunTale('r-1').queue('promote').finish('promote', {
      mutations: [
        change('host.lock', '/opt/incomex/dot/.interlock/iu-cutter-v0.6.lock', 'held while the gate runs'),
        change('host.journal', '/opt/incomex/dot/.interlock', 'make directory /opt/incomex/dot/.interlock'),
        change('host.exchange', live, `exchange ${live} and ${live}.staged-r-1`),
        change('host.rename', `${live}.pre-r-1`, `rename ${live}.staged-r-1 to ${live}.pre-r-1`),
      ],
    }).state;
    const text = shown(find(messagesOf(run, view), 'gate-promote'));
    expect(text).toContain('• `host.exchange` on `contabo`: iu-cutter-v0.6 and iu-cutter-v0.6.staged-r-1\\n');
    expect(text).toContain(
      '• `host.rename` on `contabo`: iu-cutter-v0.6.staged-r-1 to iu-cutter-v0.6.pre-r-1\\n',
    );
    expect(text).toContain('• 2 changes beside the live tree (lock, journal)');
  });

  it('folds all of a rehearsal, for it touches copies only', () => {
    const copy = '/opt/incomex/dot/iu-cutter-v0.6.rehearsal-live-r-1';
    const mutations = (['host.remove', 'host.copy', 'host.exchange', 'host.rename'] as const).map((kind) => ({
      kind,
      machine: 'contabo',
      target: copy,
      detail: `do it to ${copy}`,
      at: '2026-05-21T05:31:00.000Z',
      simulated: false,
    }));
    const changes = { digest: sha256('c4'), bytes: 9, title: 'changes made', mediaType: 'text/plain' };
    const run = new RunTale('r-1')
      .queue('rollback-readiness')
      .finish('rollback-readiness', { mutations, evidence: [changes] }).state;
    const text = shown(find(messagesOf(run, view), 'gate-rollback-readiness'));
    expect(text).toContain(
      '4 changes beside the live tree (scratch); the commands are in the file “changes made”',
    );
    expect(text).not.toContain('rehearsal-live');
  });

  it('names simulated changes as what would be', () => {
    const mutation = {
      kind: 'host.exchange',
      machine: 'contabo',
      target: examplePlan().target?.livePath ?? '',
      detail: '',
      at: '2026-05-21T05:31:00.000Z',
      simulated: true,
    } as const;
    const run = new RunTale('r-1', examplePlan(), 'deploy', 'DRYRUN')
      .queue('promote')
      .finish('promote', { mutations: [mutation] }).state;
    expect(shown(find(messagesOf(run, view), 'gate-promote'))).toContain('_would_ `host.exchange`');
  });

  it('survives facts that are not there', () => {
    for (const { kind } of examplePlan().gates) {
      const run = new RunTale('r-1').queue(kind).finish(kind, { facts: {}, checks: [], evidence: [] }).state;
      expect(messagesOf(run, view).map(({ key }) => key)).toContain(`gate-${kind}`);
    }
  });
});
