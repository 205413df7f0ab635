import { describe, expect, it } from 'vitest';
import type { DesiredMessage } from '../../src/slack/view/desired-message.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { sha256 } from '../fixtures/run-facts.ts';
import { approver, examplePlan, passedRun, RunTale, requester } from '../fixtures/slack-runs.ts';

const view = {
  names: new Map([[approver.id, approver.name]]),
  unservedRoles: new Set<string>(),
  progress: null,
};

function find(messages: readonly DesiredMessage[], key: string): DesiredMessage {
  const found = messages.find((each) => each.key === key);
  if (!found)
    throw new Error(`expected a message ${key}, got ${messages.map((each) => each.key).join(', ')}`);
  return found;
}

const shown = (message: DesiredMessage) => JSON.stringify(message.blocks);

describe('the approval message', () => {
  const asked = () => new RunTale('r-1').passBefore('promote').askApproval();

  it('shows all that is consented to, in full', () => {
    const text = shown(find(messagesOf(asked().state, view), 'approval'));
    for (const part of [
      sha256('d1'),
      'db'.repeat(32),
      '2d'.repeat(32),
      sha256('ab'),
      'contabo',
      'pre-o8b-20260521T053334Z',
      'mv --exchange -T',
      '2026-05-21 09:30:00 UTC',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('SG_1*: 1 of Alex Approver');
  });

  it('shows the same subject after later gates have finished', () => {
    const subjectOf = (run: ReturnType<typeof passedRun>) =>
      find(messagesOf(run, view), 'approval').blocks.filter((block) =>
        /What it stands for|Gates so far|The way back/.test(JSON.stringify(block)),
      );
    expect(subjectOf(passedRun('r-1'))).toEqual(subjectOf(asked().state));
  });

  it('has buttons that name run and digest while votes count', () => {
    const last = find(messagesOf(asked().state, view), 'approval').blocks.at(-1);
    expect(last).toMatchObject({
      type: 'actions',
      elements: [
        { action_id: 'interlock-approve', value: JSON.stringify({ run: 'r-1', digest: sha256('d1') }) },
        { action_id: 'interlock-reject' },
      ],
    });
  });

  it('loses its buttons and names decider, digest and time once granted', () => {
    const approval = find(messagesOf(asked().vote().grant().state, view), 'approval');
    expect(approval.blocks.some(({ type }) => type === 'actions')).toBe(false);
    expect(shown(approval)).toContain('Approved by Alex Approver (SG_1, 05:40:00 UTC)');
    expect(shown(approval)).toContain(sha256('d1'));
  });

  it.each([
    [
      'rejected',
      (tale: RunTale) =>
        tale.tell({ type: 'approval.rejected', data: { digest: sha256('d1'), by: approver } }),
      'Rejected by Alex Approver',
    ],
    [
      'expired',
      (tale: RunTale) => tale.tell({ type: 'approval.expired', data: { digest: sha256('d1') } }),
      'No quorum by',
    ],
    [
      'aborted',
      (tale: RunTale) =>
        tale.tell({ type: 'run.aborted', data: { by: requester, reason: 'too late today' } }),
      'Dana Requester aborted the run: too late today',
    ],
  ])('says so when it is %s, without buttons', (_, tell, words) => {
    const approval = find(messagesOf(tell(asked()).state, view), 'approval');
    expect(approval.blocks.some(({ type }) => type === 'actions')).toBe(false);
    expect(shown(approval)).toContain(words);
  });

  it('counts refused votes', () => {
    const run = asked().vote({
      counted: false,
      group: null,
      refusal: { code: 'guest', text: 'a guest' },
    }).state;
    expect(shown(find(messagesOf(run, view), 'approval'))).toContain('1 vote refused');
  });
});

describe('the final message', () => {
  it('says what is live, how to verify it, what is open and what comes next', () => {
    const final = find(messagesOf(passedRun('r-1'), view), 'final');
    const text = shown(final);
    for (const part of [
      '✅ PASS',
      'is the approved candidate',
      'Backup of what was live',
      sha256('ed'),
      'SHA256:k3yk3yk3y',
      'interlock verify evidence.jsonl',
      'Published: 2 documents in /srv/kb',
      'F-1',
      'GAP-8',
      'the reviewers of iu-cutter',
      'Ratify the milestone',
    ]) {
      expect(text).toContain(part);
    }
    expect(final.files?.map(({ name }) => name)).toEqual(['01-precheck.md', '09-final.md', 'evidence.jsonl']);
  });

  it('says that nothing went live, and that the commit stayed, when promote did not run', () => {
    const run = new RunTale('r-1')
      .passBefore('promote')
      .askApproval()
      .tell({ type: 'approval.rejected', data: { digest: sha256('d1'), by: approver } })
      .tell({
        type: 'gate.skipped',
        data: { gate: 'promote', reason: { code: 'rejected', text: 'rejected' } },
      })
      .end({ verdict: 'BLOCKED', outcome: 'B', reason: { code: 'rejected', text: 'rejected' } }).state;
    const text = shown(find(messagesOf(run, view), 'final'));
    expect(text).toContain('Nothing went live');
    expect(text).toContain('of the source repository');
    expect(text).toContain('Nothing was signed');
  });

  it('says that it was rolled back when it was', () => {
    const tale = new RunTale('r-1')
      .passBefore('prove')
      .queue('prove')
      .finish('prove', { status: 'fail', reason: { code: 'proof', text: 'PROOF-2 does not hold' } });
    tale.tell({
      type: 'rollback.begun',
      data: { trigger: 'automatic', reason: { code: 'proof', text: 'PROOF-2' } },
    });
    tale
      .queue('rollback')
      .finish('rollback')
      .end({ verdict: 'FAILED', outcome: 'C', reason: { code: 'proof', text: 'PROOF-2 does not hold' } });
    expect(shown(find(messagesOf(tale.state, view), 'final'))).toContain('It went live and was rolled back');
  });

  it('does not claim that nothing happened when promote left no readable result', () => {
    const run = new RunTale('r-1')
      .passBefore('promote')
      .queue('promote')
      .finish('promote', {
        status: 'inconclusive',
        reason: { code: 'no-result', text: 'no result' },
        facts: {},
      })
      .end({ verdict: 'INCONCLUSIVE', outcome: 'D', reason: { code: 'no-result', text: 'no result' } }).state;
    const text = shown(find(messagesOf(run, view), 'final'));
    expect(text).not.toContain('Nothing went live');
    expect(text).toContain('before anything else');
  });

  it('of a dry run says that nothing was changed', () => {
    const run = new RunTale('r-1', examplePlan(), 'deploy', 'DRYRUN')
      .passBefore('report')
      .end({ verdict: 'DRYRUN' }).state;
    const text = shown(find(messagesOf(run, view), 'final'));
    expect(text).toContain('🧪 DRYRUN');
    expect(text).toContain('was not changed');
  });

  it('of a verification says that it changed nothing', () => {
    const run = new RunTale('r-1', examplePlan(), 'verify')
      .queue('verify')
      .finish('verify')
      .queue('report')
      .finish('report')
      .end().state;
    expect(shown(find(messagesOf(run, view), 'final'))).toContain('This run changed nothing');
    expect(shown(find(messagesOf(run, view), 'root'))).toContain('o8b-retry-before');
  });

  it('of a rollback says what is live again, after an approval that names the anchor', () => {
    const tale = new RunTale('r-1', examplePlan(), 'rollback')
      .queue('rollback-readiness')
      .finish('rollback-readiness')
      .askApproval();
    const approval = shown(find(messagesOf(tale.state, view), 'approval'));
    expect(approval).toContain('Goes live again: `/opt/incomex/dot/iu-cutter-v0.6.pre-o8b-20260521T053334Z`');
    expect(approval).toContain('the anchor goes live again');
    tale.vote().grant().queue('rollback').finish('rollback').end();
    expect(shown(find(messagesOf(tale.state, view), 'final'))).toContain('is the anchor again');
  });
});
