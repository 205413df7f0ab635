// A plan in words: nothing that matters to whoever must say yes is left out, and nothing is promised that is not so.
import { describe, expect, it } from 'vitest';
import { mayLeadToPartial } from '../../src/plan/check-lineage.ts';
import { explainPlan } from '../../src/plan/explain/explain-plan.ts';
import { listPlanFiles, loadPlan } from '../../src/plan/load.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import type { Plan } from '../../src/plan/schema.ts';
import { asYaml, type Loose, richAuthoring, richDeploy, richRollback } from '../fixtures/rich-plan.ts';

function planOf(loose: Loose): Plan {
  const parsed = parsePlan('plan.yaml', asYaml(loose));
  if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('\n'));
  return parsed.plan;
}
const textOf = (loose: Loose) => explainPlan(planOf(loose)).join('\n');
/** The lines of one section, without its title. */
function section(text: string, title: string): string {
  const [, rest = ''] = text.split(`\n${title}\n`);
  return rest.split(/\n\n/)[0] ?? '';
}
const example = (name: string) => loadPlan(`examples/plans/${name}.yaml`);

describe('a plan in words', () => {
  it('of every example names each gate, path, host, person, database and ending', async () => {
    for (const file of await listPlanFiles(['examples/plans'])) {
      const plan = await loadPlan(file);
      const text = explainPlan(plan).join('\n');
      const { gates, approval, hosts, target, databases, outcomes, source, reports, probes } = plan;
      const words = [
        ...gates.flatMap(({ id, title, kind }) => [`${id} ${title}`, kind]),
        ...Object.values(hosts).map(({ user, address }) => `${user}@${address}`),
        ...Object.values(approval.groups).flatMap(({ members }) => members),
        ...approval.requesters,
        ...approval.channels,
        ...Object.keys(databases),
        ...Object.values(databases).map(({ secret }) => secret),
        // An ending that no gate of the plan leads to is not promised.
        ...Object.entries(outcomes).flatMap(([name, word]) =>
          name === 'partial' && !gates.some(mayLeadToPartial) ? [] : [word],
        ),
        ...(target ? [target.livePath] : []),
        ...(source ? [source.repository, source.branch, source.machine] : []),
        ...probes.map(({ title }) => title),
        ...Object.values(plan.tests).map(({ expect: { passed } }) => String(passed)),
        reports.path,
        plan.next.routeTo,
      ];
      for (const word of words) expect(text, `${file}: ${word}`).toContain(word);
      expect(text).not.toMatch(/undefined|\[object/);
    }
  });

  it('names what a change set removes, and what is new and executable', () => {
    const plan = richDeploy();
    Object.assign(plan.changeSet, { removed: { 'old/gone.ts': 'c'.repeat(64) }, modes: { 'b.ts': '755' } });
    expect(textOf(plan)).toContain(
      'Removes: old/gone.ts, which must be in the baseline with the sha256 of the plan.',
    );
    expect(textOf(plan)).toContain('New and executable: b.ts.');
    expect(textOf(richDeploy())).not.toMatch(/Removes|executable/);
  });

  it('says what is changed before anybody is asked, and what only with consent', () => {
    const changes = section(textOf(richDeploy()), 'WHAT IT MAY CHANGE');
    const [before = '', after = ''] = changes.split('With the consent of people:');
    expect(before).toContain('the branch main of the repository /srv/repo on build: forward by one commit');
    expect(before).toContain('/opt/web.staged-RUN on web (deploy@203.0.113.10)');
    expect(before).toContain('/opt/api.staged-RUN on api (deploy@203.0.113.11)');
    expect(before).not.toContain('exchanged with the staged tree');
    expect(after).toContain('/opt/web on web (deploy@203.0.113.10): exchanged with the staged tree');
    expect(after).toContain('/opt/api on api (deploy@203.0.113.11): exchanged with the staged tree');
    expect(after).toContain('By itself, when a gate fails once the candidate is live:');
    expect(after).toContain('kept as /opt/api.bad-RUN');
  });

  it('counts a second artifact as no second change, and names the old trees that are removed', () => {
    const plan = richDeploy();
    plan.target.keepBackupDays = 30;
    const changes = section(textOf(plan), 'WHAT IT MAY CHANGE');
    expect(changes.match(/forward by one commit/g)).toHaveLength(1);
    expect(changes).toContain(
      'beyond the newest 5 backups or older than 30 days: removed, once the way back is known to work',
    );
    expect(section(textOf(richRollback()), 'WHAT IT MAY CHANGE')).not.toContain('old trees');
  });

  it('tells gaps that the run closes from those that it carries on', () => {
    const plan = richDeploy();
    plan.gaps.push({ id: 'F-2', title: 'second', scope: 'now', closes: [{ check: 'seam/proofs' }] });
    const held = section(textOf(plan), 'WHAT IT IS HELD TO');
    expect(held).toContain('- F-2: second. Rests on: seam/proofs holds');
    expect(held).toContain('- F-1: known. Meant for: later');
  });

  it('stops for the question exactly before what needs consent, and once', () => {
    const lines = explainPlan(planOf(richDeploy()));
    const asking = lines.filter((line) => line.includes('stops and asks people'));
    expect(asking).toHaveLength(1);
    expect(lines[lines.indexOf(asking[0] ?? '') + 1]).toContain('G5 promote (promote; CHANGES SOMETHING)');
    expect(textOf({ ...richDeploy(), mode: 'DRYRUN' })).not.toContain('stops and asks people');
    expect(textOf(richAuthoring())).toContain('Without their consent the decision does not hold');
  });

  it('names quorum, groups, second factor, freezes and expiry', () => {
    const plan = richDeploy();
    plan.approval = {
      ...plan.approval,
      groups: { SG_1: { members: ['U0ALICE', 'S0GROUP'], quorum: 2 } },
      secondFactor: 'totp',
      expiresAfterMinutes: 90,
      freezes: [
        { title: 'weekend', timeZone: 'Europe/Berlin', weekly: { from: 'fri 16:00', to: 'mon 06:00' } },
        { title: 'year', timeZone: 'UTC', from: '2026-12-24T12:00', to: '2027-01-02T06:00' },
      ],
      permissions: { overrideFreeze: ['U0BOSS'] },
    };
    const people = section(textOf(plan), 'WHO STARTS IT, AND WHOM IT ASKS');
    for (const words of [
      'SG_1: 2 people of U0ALICE and the user group S0GROUP, as the group is when somebody votes',
      'a code of their authenticator app',
      'within 1 hour and 30 minutes',
      'weekend: every week from fri 16:00 to mon 06:00, Europe/Berlin',
      'year: from 2026-12-24T12:00 to 2027-01-02T06:00, UTC',
      'overridden by U0BOSS',
    ])
      expect(people).toContain(words);
  });

  it('says of a plan that only looks that it changes nothing and asks nobody, and what it runs on somebody’s word', async () => {
    const text = explainPlan(await example('o9-verify-live')).join('\n');
    expect(section(text, 'WHAT IT MAY CHANGE')).toContain('Nothing.');
    expect(text).toContain('It asks nobody');
    expect(section(text, 'WHICH PROGRAMS IT RUNS')).toContain('node src/proofs/main.ts --json');
    expect(section(text, 'WHAT IT NEVER TOUCHES, BY CONSTRUCTION')).toContain(
      'what a proof writes is rolled back, always, and never committed',
    );
  });

  it('lists every program that it starts, with where it runs', () => {
    const programs = section(textOf(richDeploy()), 'WHICH PROGRAMS IT RUNS').split('\n');
    expect(programs.slice(1)).toEqual([
      '  - run-tests (suite targeted), on the worker’s machine',
      '  - run-tests (suite full), on the worker’s machine and on web (deploy@203.0.113.10) and api (deploy@203.0.113.11)',
      '  - prove (proofs), on the worker’s machine and on web (deploy@203.0.113.10) and api (deploy@203.0.113.11)',
      '  - tsc (G3 types), on web (deploy@203.0.113.10)',
      '  - prove (G3 seam), on the worker’s machine',
    ]);
  });

  it('says what follows a failure: the way back by itself, or a human', () => {
    const failure = (loose: Loose) => section(textOf(loose), 'WHEN SOMETHING FAILS');
    expect(failure(richDeploy())).toContain('brought back at once, without asking');
    expect(failure({ ...richDeploy(), onFailureAfterPromote: 'hold' })).toContain(
      'leaves the candidate live, and asks a human',
    );
    expect(failure(richAuthoring())).not.toContain('candidate');
  });

  it('of a way back says how it is started, and that it rehearses before it asks', () => {
    const text = textOf(richRollback());
    expect(text).toContain('/rollback rich-rollback');
    const [before = ''] = section(text, 'WHAT IT MAY CHANGE').split('With the consent of people:');
    expect(before).toContain('/opt/web.rehearsal-');
    expect(text).toContain('Any source repository: the plan names none.');
  });

  it('names what is kept beside the live tree wherever a gate writes there', () => {
    const after = section(textOf(richDeploy()), 'WHAT IT MAY CHANGE').split('With the consent of people:')[1];
    expect(after).toContain('journal, lock and fence in /opt/.interlock on web (deploy@203.0.113.10)');
    const back = section(textOf(richRollback()), 'WHAT IT MAY CHANGE');
    expect(back.match(/journal, lock and fence in \/opt\/\.interlock/g)).toHaveLength(2);
  });

  it('promises of hosts only what its own hand does, where the plan runs programs there', async () => {
    const own = 'by Interlock’s own hand; the programs above are their author’s word';
    expect(section(textOf(richDeploy()), 'WHAT IT NEVER TOUCHES, BY CONSTRUCTION')).toContain(own);
    expect(explainPlan(await example('o9-verify-live')).join('\n')).toContain(own);
    expect(section(textOf(richRollback()), 'WHAT IT NEVER TOUCHES, BY CONSTRUCTION')).not.toContain(own);
  });

  it('of a plan that asks nobody lists no ending that it cannot come to', async () => {
    const text = explainPlan(await example('o9-verify-live')).join('\n');
    expect(section(text, 'HOW IT ENDS')).toContain('- blocked, a precondition did not hold: ');
    expect(text).not.toContain('nobody consented');
    expect(section(textOf(richDeploy()), 'HOW IT ENDS')).toContain('or nobody consented');
  });

  it('says of a journal that holds no change of a kind that there is not, that there is none', () => {
    expect(section(textOf(richDeploy()), 'WHAT IT IS HELD TO')).toContain(
      'no change of kind service.restart (no such change exists in Interlock)',
    );
  });

  it('counts one test as one', () => {
    const plan = richDeploy();
    plan.tests.full.expect.passed = 1;
    expect(textOf(plan)).toContain('exactly 1 test must pass');
  });
});
