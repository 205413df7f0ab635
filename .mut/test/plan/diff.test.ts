// What changed between two plans, as a reviewer needs to hear it.
import { describe, expect, it } from 'vitest';
import { diffPlans } from '../../src/plan/diff/diff-plans.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { type Plan, planSchema } from '../../src/plan/schema.ts';
import { asYaml, type Loose, richDeploy } from '../fixtures/rich-plan.ts';

const parse = (loose: Loose): Plan => planSchema.parse(loose);
const good = richDeploy();
/** Without the digests, which are another matter. */
const diff = (edit: (plan: Loose) => unknown) => {
  const plan = richDeploy();
  edit(plan);
  const lines = diffPlans(parse(good), parse(plan));
  expect(lines.at(-1)).toMatch(/^digest: sha256:\w+ → sha256:\w+$/);
  return lines.slice(0, -1);
};
const gate = (plan: Loose, name: string) =>
  plan.gates.find((each: Loose) => (each.name ?? each.kind) === name);

describe('the difference between two plans', () => {
  it.each<[string, (plan: Loose) => unknown, string[]]>([
    ['an approver more', (p) => p.approval.groups.SG_1.members.push('U1NEW'), ['approvers of SG_1: + U1NEW']],
    ['an approver less', (p) => p.approval.groups.SG_1.members.pop(), ['approvers of SG_1: − U0BOB']],
    [
      'a lower quorum',
      (p) => Object.assign(p.approval.groups.SG_1, { quorum: 2 }),
      ['quorum of SG_1: 1 → 2; more people must consent'],
    ],
    [
      'a group less',
      (p) => delete p.approval.groups.SG_2,
      ['approvers: group SG_2 removed, whose consent is needed no more'],
    ],
    ['a requester more', (p) => p.approval.requesters.push('U1NEW'), ['requesters: + U1NEW']],
    [
      'a second factor',
      (p) => Object.assign(p.approval, { secondFactor: 'totp' }),
      ['second factor: none → totp; each consent needs a code'],
    ],
    [
      'another baseline',
      (p) => Object.assign(p.source, { baseline: 'b'.repeat(40) }),
      [
        'baseline moved: aaaaaaaaaaaa → bbbbbbbbbbbb; the change set is laid over another commit, and the branch must be there',
      ],
    ],
    [
      'other content of a file',
      (p) => Object.assign(p.changeSet.files, { 'a.ts': 'c'.repeat(64) }),
      ['change set: a.ts has other content (aaaaaaaaaaaa → cccccccccccc)'],
    ],
    [
      'a file more',
      (p) => Object.assign(p.changeSet.files, { 'c.ts': 'c'.repeat(64) }),
      ['change set: + c.ts (cccccccccccc)'],
    ],
    [
      'a removal more',
      (p) =>
        Object.assign(p.changeSet, { removed: { 'old.ts': 'c'.repeat(64), 'sql/x.sql': 'd'.repeat(64) } }),
      ['change set: removes old.ts, sql/x.sql'],
    ],
    [
      'a new file that is executable',
      (p) => Object.assign(p.changeSet, { modes: { 'b.ts': '755' } }),
      ['change set: modes of new files: (none) → {"b.ts":"755"}'],
    ],
    [
      'another host key',
      (p) => Object.assign(p.hosts.web, { hostKey: 'ssh-ed25519 BBBB' }),
      ['host web: another host key is pinned'],
    ],
    [
      'another live path',
      (p) => Object.assign(p.target, { livePath: '/opt/other' }),
      ['live path: /opt/web → /opt/other; another directory is exchanged'],
    ],
    [
      'fewer tests',
      (p) => Object.assign(p.tests.full.expect, { passed: 19 }),
      ['suite full: 20 → 19 tests must pass'],
    ],
    ['a probe less', (p) => p.probes.splice(2, 1), ['probe page removed: what it read is observed no more']],
    [
      'a dry run',
      (p) => Object.assign(p, { mode: 'DRYRUN' }),
      [
        'NO LONGER: something goes live',
        'NO LONGER: the branch of the source repository is moved',
        'NO LONGER: something is changed',
        'mode: LIVE → DRYRUN; nothing is changed any more, only said',
      ],
    ],
    [
      'a tolerated criterion more',
      (p) => gate(p, 'test').tolerates.push({ check: 'proofs', gap: 'F-1' }),
      ['gate test: a failing proofs is tolerated as part of gap F-1'],
    ],
    [
      'a gate that only looks',
      (p) => p.gates.splice(1, 0, { id: 'G1', kind: 'gap-review', name: 'early', title: 'gaps' }),
      ['gate G1 early (gap-review) added: gaps; it only looks'],
    ],
    [
      'gates in another order',
      (p) => p.gates.splice(2, 0, ...p.gates.splice(1, 1)),
      [expect.stringMatching(/^gates come in another order: precheck, survey, host-survey,/)],
    ],
    [
      'a command with its words in another order',
      (p) => Object.assign(p.tests.full, { command: ['tests', 'run'] }),
      ['tests/full/command: ["run-tests"] → ["tests","run"]'],
    ],
  ])('says of %s what it means', (_, edit, lines) => {
    expect(diff(edit)).toEqual(lines);
  });

  it('says first what a run does no longer, when promote is gone', () => {
    const lines = diff((p) => {
      p.gates = p.gates.filter(
        ({ kind }: Loose) => !['promote', 'prove', 'rollback-readiness'].includes(kind),
      );
    });
    expect(lines[0]).toBe('NO LONGER: something goes live');
    expect(lines).toContain('gate G5 promote removed: nothing goes live');
    expect(lines).toContain('gate G5 promote-api (promote) removed: nothing goes live on api');
  });

  it('is nothing for comments, layout and defaults that are written out', () => {
    const text = `# reviewed\n${asYaml({ ...good, onFailureAfterPromote: 'rollback' })}`;
    const parsed = parsePlan('plan.yaml', text);
    expect(parsed.ok && diffPlans(parse(good), parsed.plan)).toEqual([]);
  });

  it('of entries in another order, where it means nothing, is their digest alone', () => {
    expect(diff((p) => p.approval.groups.SG_1.members.reverse())).toEqual([
      'only the order of entries differs, where it means nothing',
    ]);
  });

  it('reads the other way round as the opposite', () => {
    const plan = richDeploy();
    plan.approval.groups.SG_1.members.push('U1NEW');
    expect(diffPlans(parse(plan), parse(good))[0]).toBe('approvers of SG_1: − U1NEW');
  });
});

describe('the difference between two change sets that remove', () => {
  const removing = (removed: Loose, modes: Loose = {}) => {
    const plan = richDeploy();
    Object.assign(plan.changeSet, { removed, modes });
    return parse(plan);
  };
  const lines = (a: Plan, b: Plan) => diffPlans(a, b).slice(0, -1);

  it('names what is removed no more, instead, or with other content', () => {
    const [one, other] = ['c'.repeat(64), 'd'.repeat(64)];
    expect(lines(removing({ x: one, y: one }), removing({ y: other, z: one }))).toEqual([
      'change set: removes x no more',
      'change set: removes y with other content (cccccccccccc → dddddddddddd)',
      'change set: removes z',
    ]);
    expect(lines(removing({}, { 'b.ts': '755' }), removing({}, { 'b.ts': '644' }))).toEqual([
      'change set: mode of b.ts: 755 → 644',
    ]);
  });
});
