import { describe, expect, it } from 'vitest';
import type { DesiredMessage } from '../../src/slack/view/desired-message.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { factsOfGate, sha256 } from '../fixtures/run-facts.ts';
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
      '/opt/incomex/dot/iu-cutter-v0.6',
      '2026-05-21 09:30:00 UTC',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).toContain('SG_1*: 1 of Alex Approver');
    expect(text).toContain('*G5 stage* on the host: pass, 1 of 1 check holds');
  });

  it('names what is removed, and what ships in another mode than one would think, but not without end', () => {
    const file = { sha256: 'a'.repeat(64), bytes: 1 };
    const files = [
      { ...file, path: 'bin/run', change: 'added', mode: '100755' },
      { ...file, path: 'bin/plain', change: 'added', mode: '100644', stagedMode: '100755' },
      { ...file, path: 'bin/old', change: 'modified', mode: '100755', stagedMode: '100644' },
      ...Array.from({ length: 12 }, (_, at) => ({ ...file, path: `gone/${at}`, change: 'removed' })),
    ];
    const tale = new RunTale('r-1')
      .passBefore('promote')
      .finish('survey', { facts: { files, changeSetDigest: sha256('ab') } })
      .askApproval();
    const text = shown(find(messagesOf(tale.state, view), 'approval'));
    for (const part of [
      'Change set: 1 modified, 2 added, 12 removed',
      'Mode: `bin/run` is new and executable (755)',
      'Mode: `bin/plain` ships as 644, as the plan says; it was staged as 755',
      'Mode: `bin/old` ships as 755, as in the baseline; it was staged as 644',
      'Removes `gone/9`',
      'and 2 files more, named in the report of the survey',
    ])
      expect(text).toContain(part);
    expect(text).not.toContain('gone/10');
  });

  it('shows what is expected to change by it, and nothing where nothing is', () => {
    const { probes } = examplePlan();
    const changing = probes.map((probe) =>
      probe.id === 'execution-enabled' ? { ...probe, expect: { before: 'false', after: 'true' } } : probe,
    );
    const tale = new RunTale('r-1', examplePlan({ probes: changing })).passBefore('promote').askApproval();
    const text = shown(find(messagesOf(tale.state, view), 'approval'));
    expect(text).toContain("Expected to change: the payload's execution_enabled constant, `false → true`");
    expect(shown(find(messagesOf(asked().state, view), 'approval'))).not.toContain('Expected to change');
  });

  it('says the way back in words, and where its commands are', () => {
    const text = shown(find(messagesOf(asked().state, view), 'approval'));
    for (const part of [
      '1. exchange `iu-cutter-v0.6` and `iu-cutter-v0.6.pre-o8b-20260521T053334Z` in one atomic step (`mv`)',
      '2. keep what was live aside as `iu-cutter-v0.6.bad-r-1`',
      '2 commands, exactly as they would be typed, in the file “rollback commands” of this thread',
      '`/rollback r-1` runs them',
    ]) {
      expect(text).toContain(part);
    }
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
        { action_id: 'interlock-withdraw' },
      ],
    });
  });

  it('loses its buttons and names decider, digest and time once granted', () => {
    const approval = find(messagesOf(asked().vote().grant().state, view), 'approval');
    expect(approval.blocks.some(({ type }) => type === 'actions')).toBe(false);
    expect(shown(approval)).toContain('Approved by Alex Approver (SG_1, 05:40:00 UTC)');
    expect(shown(approval)).toContain(sha256('d1'));
  });

  it('lets a consent be withdrawn by button as long as a freeze holds the granted approval up', () => {
    const held = { ...view, held: 'the end of the freeze “year end” at 2027-01-02' };
    const { blocks } = find(messagesOf(asked().vote().grant().state, held), 'approval');
    expect(blocks.filter(({ type }) => type === 'actions')).toMatchObject([
      { elements: [{ action_id: 'interlock-withdraw' }] },
    ]);
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
      groups: [],
      refusal: { code: 'guest', text: 'a guest' },
    }).state;
    expect(shown(find(messagesOf(run, view), 'approval'))).toContain('1 vote refused');
  });
});

describe('the final message', () => {
  it('says what is live, delivered and held, what was left alone, on whose word, and what is open', () => {
    const final = find(messagesOf(passedRun('r-1'), view), 'final');
    const text = shown(final);
    for (const part of [
      '✅ PASS',
      'is the approved candidate',
      '9 files: 7 modified, 2 added',
      `Commit \`${'c0ffee'.repeat(7).slice(0, 40)}\` on \`main\``,
      `187,156 bytes, sha256 \`${'db'.repeat(32)}\``,
      'targeted 35/35, full 125/125 before the commit; full 125/125 staged; full 125/125 live',
      'Proofs: 8/8 before the commit; 8/8 live',
      'Pass criteria: 3 of 15 hold, 12 not evidenced',
      'Not touched, by probes and journal',
      'rows of the nine production tables: as before, `information_unit 158`',
      'Forbidden actions: 2 of 10 not done, 8 not evidenced',
      `Approved by *Alex Approver* (SG_1) at 2026-05-21 05:40:00 UTC, for \`${sha256('d1')}\``,
      'Requested by Dana Requester',
      'Backup of what was live',
      sha256('ed'),
      'SHA256:k3yk3yk3y',
      'Published: 2 documents in /srv/kb',
      'F-1',
      'GAP-8',
      'the reviewers of iu-cutter',
      'Ratify the milestone',
    ]) {
      expect(text).toContain(part);
    }
    expect(text).not.toContain('*Gates');
    expect(text).not.toContain(':warning:');
  });

  it('says which consent came with a second factor', () => {
    const tale = new RunTale('r-1').passBefore('promote').askApproval().vote({ factor: 'totp' }).grant();
    expect(shown(find(messagesOf(tale.end().state, view), 'final'))).toContain(
      'Approved by *Alex Approver* (SG_1, with a second factor) at',
    );
  });

  it('brings all that a verifier needs, and the command for it, but sends him elsewhere for the key', () => {
    const final = find(messagesOf(passedRun('r-1'), view), 'final');
    expect(shown(final)).toContain(
      'Download `evidence.intoto.jsonl`, `interlock.pub.pem` and `ledger.jsonl` from this thread',
    );
    expect(shown(final)).toContain(
      'npm run -s interlock -- verify evidence.intoto.jsonl --key interlock.pub.pem --ledger ledger.jsonl',
    );
    expect(shown(final)).toContain('compare it with the fingerprint that the operator published');
    expect(final.files?.map(({ name, digest }) => [name, digest])).toEqual([
      ['evidence.intoto.jsonl', sha256('eb')],
      ['interlock.pub.pem', sha256('ec')],
      ['ledger.jsonl', sha256('ef')],
      ['evidence.intoto.jsonl.sig', sha256('ea')],
      ['allowed_signers', sha256('ee')],
      ['01-precheck.md', sha256('e1')],
      ['09-final.md', sha256('e9')],
    ]);
  });

  it('names its documents by number and gate, without the title of the plan', () => {
    const facts = factsOfGate('report');
    const title = `${examplePlan().title} — 01 G0 right machine and world as expected`;
    const run = new RunTale('r-1')
      .passBefore('report')
      .queue('report')
      .finish('report', {
        facts: {
          ...facts,
          documents: [{ name: '01-precheck.md', title, digest: sha256('e1'), revision: 1 }],
        },
      })
      .end().state;
    expect(find(messagesOf(run, view), 'final').files?.at(-1)?.title).toBe(
      '01 · G0 right machine and world as expected',
    );
  });

  it('says what a probe saw that changed, and claims nothing untouched then', () => {
    const prove = factsOfGate('prove');
    const probe = {
      id: 'table-contents',
      title: 'rows of the nine production tables',
      before: 'information_unit 158',
      after: 'information_unit 159',
      status: 'fail',
      reason: 'information_unit 158 → 159',
    };
    const run = new RunTale('r-1')
      .passBefore('prove')
      .queue('prove')
      .finish('prove', {
        status: 'fail',
        reason: { code: 'probe', text: 'rows' },
        facts: { ...prove, probes: [probe] },
      })
      .end({ verdict: 'FAILED', outcome: 'C', reason: { code: 'probe', text: 'rows' } }).state;
    const text = shown(find(messagesOf(run, view), 'final'));
    expect(text).toContain(':x: rows of the nine production tables: information_unit 158 → 159');
    expect(text).toContain('*After a run that passes*: Ratify the milestone');
    expect(text).not.toContain('Not touched');
    expect(text).toContain(':x: Mutate the production database: contradicted (probe table-contents)');
  });

  it('says where the changes of the journal lie, and does not when one lies elsewhere', () => {
    const live = '/opt/incomex/dot/iu-cutter-v0.6';
    const change = (target: string) =>
      ({
        kind: 'host.rename',
        machine: 'contabo',
        target,
        detail: '',
        at: '2026-05-21T05:31:00.000Z',
        simulated: false,
      }) as const;
    const saying = (targets: readonly string[]) =>
      shown(
        find(
          messagesOf(
            new RunTale('r-1')
              .passBefore('promote')
              .queue('promote')
              .finish('promote', { mutations: targets.map(change) })
              .end().state,
            view,
          ),
          'final',
        ),
      );
    expect(saying([live, `${live}.pre-r-1`])).toContain('Journal: 2 changes, each to `iu-cutter-v0.6`');
    expect(saying([live, '/opt/incomex/dot/iu-cutter'])).not.toContain('Journal: ');
    expect(saying([live, `${live}.x/../iu-cutter`])).not.toContain('Journal: ');
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
    expect(text).not.toContain('*Delivered*');
    expect(text).toContain(':heavy_minus_sign: *G5 promote*: not run');
    expect(text).toContain('*Probes and journal*\\n• 1 probe read at the start and not again');
    expect(text).toContain('Rejected by Alex Approver');
  });

  it('names the gate that stopped it with its reason once, and those left out for it on one line', () => {
    const reason = { code: 'digests', text: 'digests: expected 9 equal, got 8 equal' };
    const tale = new RunTale('r-1')
      .passBefore('survey')
      .queue('survey')
      .finish('survey', { status: 'fail', reason });
    for (const gate of ['reconcile', 'test', 'artifact', 'stage', 'promote'] as const)
      tale.tell({
        type: 'gate.skipped',
        data: { gate, reason: { code: 'after-fail', text: `Not run, since G1 is fail: ${reason.text}` } },
      });
    const text = shown(
      find(messagesOf(tale.end({ verdict: 'FAILED', outcome: 'C', reason }).state, view), 'final'),
    );
    expect(text).toContain(':x: *G1* change-set survey: fail\\n');
    expect(text).toContain(
      ':heavy_minus_sign: *G2*, *G3*, *G4*, *G5 stage*, *G5 promote*: Not run, since G1 is fail\\n',
    );
    expect(text.split(reason.text)).toHaveLength(2);
    expect(text).toContain('*Not touched, by the journal*');
    expect(text).toContain('Mend what stopped this run first.\\n• Start it anew: `/deploy o8b-retry`');
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
    const text = shown(find(messagesOf(tale.state, view), 'final'));
    expect(text).toContain('It went live and was rolled back');
    expect(text).toContain('Proofs: 8/8 before the commit; 8/8 live before the rollback');
    expect(text).not.toContain('*Delivered*');
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
    expect(text).toContain('was not looked at');
  });

  it('of a dry run says that nothing was changed', () => {
    const run = new RunTale('r-1', examplePlan(), 'deploy', 'DRYRUN')
      .passBefore('report')
      .end({ verdict: 'DRYRUN' }).state;
    const text = shown(find(messagesOf(run, view), 'final'));
    expect(text).toContain('🧪 DRYRUN');
    expect(text).toContain('A dry run simulates every change');
  });

  it('of a verification says that it changed nothing', () => {
    const run = new RunTale('r-1', examplePlan(), 'verify')
      .queue('verify')
      .finish('verify')
      .queue('report')
      .finish('report')
      .end().state;
    const text = shown(find(messagesOf(run, view), 'final'));
    expect(text).toContain('This run changed nothing');
    expect(text).toContain('*Held*\\nTests: full 125/125 live\\nProofs: 8/8 live');
    expect(text).not.toContain('Pass criteria');
    expect(shown(find(messagesOf(run, view), 'root'))).toContain('o8b-retry-before');
  });

  it('does not show the signed report of another run as its own', () => {
    const run = new RunTale('r-1', examplePlan(), 'verify').queue('verify').finish('verify').end().state;
    const final = find(messagesOf(run, view), 'final');
    expect(shown(final)).toContain('Nothing was signed');
    expect(final.files).toBeUndefined();
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
