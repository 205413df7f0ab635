// What an approval request, and the messages after it, may not say wrongly: each row is a state and the words that are true of it.
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/run/state.ts';
import { consentSubject } from '../../src/slack/view/consent-subject.ts';
import { nothingKnown } from '../../src/slack/view/desired-message.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { sha256 } from '../fixtures/run-facts.ts';
import { examplePlan, RunTale, shown } from '../fixtures/slack-runs.ts';

const buttonsOf = (run: RunState, key: string) =>
  messagesOf(run, nothingKnown)
    .find((each) => each.key === key)
    ?.blocks.flatMap((block) => (block.type === 'actions' ? block.elements : []));

const asked = (mode: 'LIVE' | 'DRYRUN' = 'LIVE') =>
  new RunTale('r-1', examplePlan(), 'deploy', mode).passBefore('promote').askApproval();
const drift = { name: 'live tree', before: 'as it was', after: 'as it is' };
const voided = () =>
  asked().tell({
    type: 'approval.voided',
    data: { digest: sha256('d1'), reason: { code: 'drift', text: 'It drifted.' }, drift: [drift] },
  });
/** The second request has a digest of its own. */
const askedAnew = () => {
  const first = voided();
  return first.tell({
    type: 'approval.requested',
    data: { digest: sha256('d2'), subject: {}, expiresAt: '2026-05-21T10:30:00.000Z' },
  });
};
const back = (facts: object, run = new RunTale('r-1', examplePlan(), 'rollback')) =>
  run
    .queue('rollback-readiness')
    .finish('rollback-readiness', { facts: facts as never })
    .askApproval();

const drifted = { code: 'drift', text: 'It drifted.' };

describe('a request', () => {
  it.each<[string, RunState, string, string, string]>([
    [
      'of a live run says that it goes live',
      asked().state,
      'approval',
      'With the last consent this goes live',
      'A dry run',
    ],
    [
      'of a dry run says that nothing does',
      asked('DRYRUN').state,
      'approval',
      'A dry run: nothing goes live',
      'With the last consent',
    ],
    [
      'that is granted can be withdrawn',
      asked().vote().grant().state,
      'approval',
      'It can be',
      'Final since',
    ],
    [
      'that was used is final',
      asked()
        .vote()
        .grant()
        .tell({ type: 'point-of-no-return', data: { gate: 'promote', digest: sha256('d1') } }).state,
      'approval',
      'Final since 05:',
      'can be withdrawn',
    ],
    ['that is void says why', voided().state, 'approval', '*Void* at', 'React to'],
    [
      'made anew says what has changed since, in its order',
      askedAnew().state,
      'approval-2',
      '*live tree*: as it was → as it is',
      sha256('d1'),
    ],
    [
      'for a way back by which nothing is exchanged says so',
      back({ anchor: { path: '/srv/app', digest: sha256('0a') }, position: 'before', ofRun: 'r-0', why: 'w' })
        .state,
      'approval',
      'Nothing is exchanged: w',
      'Goes live again:',
    ],
    [
      'for a removal on every target says that what is live is taken out',
      {
        ...back({ anchor: null, position: 'done', ofRun: 'r-0', why: 'w' }).state,
        anchors: [{ digest: null } as RunState['anchors'][number]],
      },
      'approval',
      'what is live is taken out',
      'the anchor goes live again',
    ],
    [
      'for a way back to nothing says that what is live is taken out',
      back({ anchor: null, position: 'done', ofRun: 'r-0', why: 'w' }).state,
      'approval',
      'Is absent again',
      'Goes live again:',
    ],
  ])('%s', (_, run, key, says, never) => {
    const text = shown(run, key);
    expect(text).toContain(says);
    expect(text).not.toContain(never);
  });

  it('that was made anew has buttons for its own digest, and the void one has none', () => {
    const run = askedAnew().state;
    const value = JSON.stringify({ run: 'r-1', digest: sha256('d2') });
    expect(buttonsOf(run, 'approval')).toEqual([]);
    expect(buttonsOf(run, 'approval-2')).toMatchObject([{ value }, { value }, { value }]);
  });

  it('says of each target where its own backup lies, and how to go back to it', () => {
    const { state } = asked();
    const { target } = state.plan;
    const stage = state.gates.find(({ gate }) => gate.kind === 'stage');
    if (!target || !stage || !state.approval) throw new Error('expected a target, a stage and a request');
    const names = ['left', 'right'];
    const facts = (name: string) => ({
      ...{ livePath: `/srv/${name}`, backupPath: `/srv/${name}.pre-x`, exchangeWay: 'mv' },
      rollbackCommands: [`mv /srv/${name}`],
    });
    const gates = names.map((name) => ({
      ...stage,
      gate: { ...stage.gate, name: `stage-${name}`, target: name },
    }));
    const targets = Object.fromEntries(names.map((name) => [name, { ...target, livePath: `/srv/${name}` }]));
    const shownGates = names.map((name) => ({
      gate: `stage-${name}`,
      status: 'pass',
      facts: facts(name),
      checks: [],
    }));
    const subject = { gates: shownGates } as never;
    const { target: _, ...plan } = state.plan;
    const { wayBack, what } = consentSubject(
      { ...state, gates, plan: { ...plan, targets } as RunState['plan'] },
      { ...state.approval, subject },
    );
    const [left, right] = [wayBack.slice(0, 4).join('\n'), wayBack.slice(4).join('\n')];
    expect([left.includes('left.pre-x'), left.includes('right')]).toEqual([true, false]);
    expect([right.includes('right.pre-x'), right.includes('left')]).toEqual([true, false]);
    expect(what.filter((line) => line.startsWith('Backup'))).toEqual([
      expect.stringContaining('left.pre-x'),
      expect.stringContaining('right.pre-x'),
    ]);
  });

  it('that does not fit keeps its buttons, says that it is cut, and has all of it in a file', () => {
    const title = 'what may change '.repeat(60);
    const plan = examplePlan();
    const [probe] = plan.probes;
    if (!probe) throw new Error('expected a probe');
    const groups = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`SG_${at} ${title}`, { members: ['U0A'], quorum: 1 }]),
    );
    const long = { ...asked().state, plan: { ...plan, approval: { ...plan.approval, groups } } };
    const request = messagesOf(long, nothingKnown).find(({ key }) => key === 'approval');
    expect(buttonsOf(long, 'approval')).toHaveLength(3);
    expect(JSON.stringify(request?.blocks)).toContain('Shortened to fit; the whole is in the file');
    expect(request?.files).toMatchObject([{ name: 'approval-whole.txt' }]);
    expect(request?.files?.[0]?.text).toContain('SG_59 what may change');
  });

  it('says of its gates what was shown when it was asked, whatever has become of them', () => {
    const tale = asked();
    const before = shown(tale.state, 'approval');
    expect(before).toContain('*G5 stage* on the host: pass');
    tale
      .queue('stage', 2)
      .tell({ type: 'gate.abandoned', data: { gate: 'stage', attempt: 2, reason: drifted } });
    expect(shown(tale.state, 'approval')).toBe(before);
  });
});
