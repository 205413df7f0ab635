// One thing of a good plan is spoilt, and exactly that is said: every fault on its own, and all of them at once.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkReferences } from '../../src/plan/check-references.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { asYaml, type Loose, richAuthoring, richDeploy, richRollback } from '../fixtures/rich-plan.ts';

type Edit = (plan: Loose) => unknown;
type Case = readonly [title: string, edit: Edit, path: string, words: string];

const faultsOf = (plan: Loose) => {
  const parsed = parsePlan('plan.yaml', asYaml(plan));
  return parsed.ok ? [] : parsed.faults;
};
const gate = (plan: Loose, name: string) =>
  plan.gates.find((each: Loose) => (each.name ?? each.kind) === name);
const at = (plan: Loose, name: string) => plan.gates.indexOf(gate(plan, name));
const without = (plan: Loose, name: string) => plan.gates.splice(at(plan, name), 1);
const move = (plan: Loose, name: string, to: number) => plan.gates.splice(to, 0, ...without(plan, name));
const claim = (plan: Loose, ...evidence: Loose[]) => {
  plan.passCriteria[0].evidence = evidence;
};

const places: Case[] = [
  ['a target on no host', (p) => (p.target.host = 'mail'), 'target/host', '(web, api)'],
  [
    'a named target on no host',
    (p) => (p.targets.api.host = 'constructor'),
    'targets/api/host',
    '"constructor"',
  ],
  [
    'two targets that meet',
    (p) => Object.assign(p.targets.api, { host: 'web', livePath: '/opt/web/api' }),
    'targets/api/livePath',
    'apart from /opt/web of target',
  ],
  [
    'a target where what is laid beside another would be',
    (p) => Object.assign(p.targets.api, { host: 'web', livePath: '/opt/web.fence' }),
    'targets/api/livePath',
    'apart from /opt/web of target',
  ],
  [
    'two names for one server',
    (p) => {
      p.hosts.api.address = p.hosts.web.address;
      p.targets.api.livePath = '/opt/web';
    },
    'targets/api/livePath',
    'apart from',
  ],
  [
    'a target called "target" beside the unnamed one',
    (p) => (p.targets.target = { host: 'api', livePath: '/opt/more' }),
    'targets/target',
    'rename it',
  ],
  ['a database behind no host', (p) => (p.databases.production.via = 'x'), 'databases/production/via', '"x"'],
  ['two machines', (p) => (p.machine = 'laptop'), 'machine', 'leave `machine` out'],
  ['files that are not as many as ratified', (p) => (p.changeSet.added = 2), 'changeSet/files', 'expected 3'],
  [
    'a ratified list that is one of its files',
    (p) => (p.changeSet.ratifiedList = 'a.ts'),
    'changeSet/files/a.ts',
    'the ratified list itself',
  ],
  ...(
    [
      ['.git/hooks/post-merge', 'leads into a .git directory'],
      ['docs/.GIT/config', 'leads into a .git directory'],
      ['vendor/x/.git/config', 'leads into a .git directory'],
      ['A.ts', 'differs from a.ts in case or Unicode form only'],
    ] as const
  ).map(
    ([path, why]): Case => [
      `a file at ${path}`,
      (p) => {
        p.changeSet.files[path] = p.changeSet.files['a.ts'];
        p.changeSet.added = 2;
      },
      `changeSet/files/${path}`,
      why,
    ],
  ),
  [
    'a removal of what leads into a .git',
    (p) => (p.changeSet.removed = { '.git/config': p.changeSet.files['a.ts'] }),
    'changeSet/removed/.git/config',
    'leads into a .git directory',
  ],
  [
    'a file that is removed and written',
    (p) => (p.changeSet.removed = { 'a.ts': p.changeSet.files['a.ts'] }),
    'changeSet/removed/a.ts',
    'in the way of a.ts',
  ],
  [
    'a file that is removed to make room for a folder',
    (p) => {
      p.changeSet.removed = { docs: p.changeSet.files['a.ts'] };
      p.changeSet.files['docs/x.md'] = p.changeSet.files['a.ts'];
      p.changeSet.added = 2;
    },
    'changeSet/removed/docs',
    'in the way of docs/x.md',
  ],
  [
    'a folder that is removed to make room for a file',
    (p) => (p.changeSet.removed = { 'a.ts/x': p.changeSet.files['a.ts'] }),
    'changeSet/removed/a.ts/x',
    'in the way of a.ts',
  ],
  [
    'a mode of no file of the change set',
    (p) => (p.changeSet.modes = { 'bin/run': '755' }),
    'changeSet/modes/bin/run',
    'expected a path of `files`',
  ],
  [
    'a host whose criterion cannot be named',
    (p) => (p.hosts.a_b = { ...p.hosts.api }),
    'hosts/a_b',
    'ssh-NAME',
  ],
  [
    'a suite whose criterion cannot be named',
    (p) => (p.tests['a.b'] = structuredClone(p.tests.full)),
    'tests/a.b',
    'suite-NAME',
  ],
  ['a probe whose criterion cannot be named', (p) => (p.probes[2].id = 'a_b'), 'probes/2/id', 'probe-ID'],
  ['two probes of one id', (p) => (p.probes[2].id = 'v0-4'), 'probes/2/id', 'again'],
];

const probes: Case[] = [
  ['a probe on no host', (p) => (p.probes[1].host = 'x'), 'probes/1/host', '(web, api)'],
  ['a probe through no host', (p) => (p.probes[2].via = 'x'), 'probes/2/via', '(web, api)'],
  ['a probe of no database', (p) => (p.probes[3].database = 'x'), 'probes/3/database', '(production)'],
  ['a pattern that does not compile', (p) => (p.probes[1].pattern = '(a'), 'probes/1/pattern', 'regular'],
  ['a constant without a group', (p) => (p.probes[1].pattern = 'a'), 'probes/1/pattern', 'one group'],
  [
    'an expectation that does not compile',
    (p) => (p.probes[1].expect.matches = '['),
    'probes/1/expect',
    'regular',
  ],
];

const changes: Case[] = [
  [
    'a change from a value to the same',
    (p) => (p.probes[1].expect = { before: 'a', after: 'a' }),
    'probes/1/expect',
    'use `equals`',
  ],
  [
    'a change to a pattern that does not compile',
    (p) => (p.probes[1].expect = { before: 'a', after: { matches: '(' } }),
    'probes/1/expect',
    'regular',
  ],
];

const gates: Case[] = [
  [
    'a kind that comes twice without a name',
    (p) => delete gate(p, 'artifact-api').name,
    'gates/11/kind',
    'expected a `name`',
  ],
  ['a name that comes twice', (p) => (gate(p, 'seam').name = 'types'), 'gates/6/name', 'gates/5 has it'],
  [
    'a name that is another kind',
    (p) => {
      gate(p, 'prove-api').name = 'verify';
      claim(p);
    },
    'gates/17/name',
    'another kind',
  ],
  [
    'a name that a run gives by itself',
    (p) => {
      gate(p, 'prove-api').name = 'drift-api';
      claim(p);
    },
    'gates/17/name',
    'another kind',
  ],
  [
    'a need of no gate',
    (p) => (gate(p, 'seam').needs = ['tipes']),
    'gates/6/needs/0',
    '(precheck, host-survey,',
  ],
  ['a need of itself', (p) => (gate(p, 'seam').needs = ['seam']), 'gates/6/needs/0', '"seam"'],
  [
    'a need of a later gate',
    (p) => (gate(p, 'seam').needs = ['prove']),
    'gates/6/needs/0',
    'before this one',
  ],
  [
    'a target of a kind that has none',
    (p) => (gate(p, 'survey').target = 'api'),
    'gates/2/target',
    'take it out',
  ],
  [
    'an artifact of a kind that has none',
    (p) => (gate(p, 'rollback-readiness').artifact = 'api'),
    'gates/19/artifact',
    'take it out',
  ],
  [
    'a target that does not exist',
    (p) => Object.assign(gate(p, 'rollback-readiness'), { target: 'mail' }),
    'gates/19/target',
    'one of `targets`',
  ],
  [
    'a gate that hides that it changes something',
    (p) => (gate(p, 'stage').mutates = false),
    'gates/12/mutates',
    'expected true',
  ],
  [
    'a gate that says it changes what it only reads',
    (p) => (gate(p, 'survey').mutates = true),
    'gates/2/mutates',
    'only reads',
  ],
  [
    'a supplementary gate that changes something',
    (p) => (gate(p, 'rollback-readiness').supplementary = true),
    'gates/19/supplementary',
    'changes something',
  ],
  [
    'a supplementary report',
    (p) => (gate(p, 'report').supplementary = true),
    'gates/20/supplementary',
    'ends every run',
  ],
  [
    'a placeholder that nothing fills',
    (p) => (p.reports.path = 'a/{date}/{run}'),
    'reports/path',
    'got "{date}"',
  ],
  [
    'a gap that no criterion could show',
    (p) => (p.gaps[0].opens = [{ check: 'test/nothing' }]),
    'gaps/0/opens/0',
    'nothing',
  ],
  [
    'a precondition that changes something',
    (p) => (gate(p, 'artifact').otherwise = 'blocked'),
    'gates/10/otherwise',
    'does not only read',
  ],
  [
    'a precondition after something on a host was changed',
    (p) => (gate(p, 'prove').otherwise = 'blocked'),
    'gates/16/otherwise',
    'before anything on a host is changed, got one after gates/12 (stage)',
  ],
  [
    'a tolerated criterion that there is not',
    (p) => (gate(p, 'test').tolerates[0].check = 'suite-x'),
    'gates/4/tolerates/0/check',
    'suite-targeted',
  ],
  ...['removed', 'changes', 'modes', 'paths', 'shippable'].map(
    (check): Case => [
      `a tolerated ${check} of the survey, on which rests what ships`,
      (p) => {
        p.changeSet.removed = { old: p.changeSet.files['a.ts'] };
        p.changeSet.modes = { 'b.ts': '755' };
        gate(p, 'survey').tolerates = [{ check, gap: 'F-1' }];
      },
      `gates/${at(richDeploy(), 'survey')}/tolerates/0/check`,
      'on which rests what is approved',
    ],
  ),
  [
    'a tolerated part of no gap',
    (p) => (gate(p, 'test').tolerates[0].gap = 'F-9'),
    'gates/4/tolerates/0/gap',
    '(F-1)',
  ],
  [
    'a gate that changes something under a tolerance',
    (p) => (gate(p, 'stage').tolerates = [{ check: 'space', gap: 'F-1' }]),
    'gates/12/tolerates/0',
    'take it out',
  ],
];

const order: Case[] = [
  [
    'promote without stage',
    (p) => without(p, 'stage'),
    'gates/13/kind',
    'expected a stage gate before promote',
  ],
  [
    'promote of one artifact, staged of another',
    (p) => delete gate(p, 'promote-api').artifact && delete gate(p, 'prove-api').artifact,
    'gates/15/kind',
    'on the same target api',
  ],
  [
    'survey without precheck before it',
    (p) => move(p, 'survey', 0),
    'gates/0/kind',
    'expected a precheck gate before survey',
  ],
  [
    'a required gate after a supplementary one of what it needs',
    (p) => {
      gate(p, 'precheck').supplementary = true;
      for (const each of p.gates) delete each.needs;
    },
    'gates/2/kind',
    'that stops the run',
  ],
  [
    'a required gate that needs a supplementary one by name',
    (p) => {
      p.gates.splice(3, 0, { ...p.gates.at(-1), kind: 'probes', name: 'look', supplementary: true });
      gate(p, 'test').needs = ['look'];
    },
    'gates/5/needs/0',
    'which is supplementary',
  ],
  [
    'a promote that comes twice',
    (p) => p.gates.splice(15, 0, { id: 'G5', kind: 'promote', name: 'again', title: 'again' }),
    'gates/15/kind',
    'once for each target',
  ],
  [
    'stage after the first promote',
    (p) => move(p, 'promote', 13),
    'gates/14/kind',
    'before the first promote',
  ],
  [
    'a kind that every run has by itself',
    (p) => p.gates.splice(14, 0, { id: 'G5', kind: 'drift', title: 'd' }),
    'gates/14/kind',
    'between its approval and its promote',
  ],
  [
    'verify',
    (p) => p.gates.splice(18, 0, { id: 'G5', kind: 'verify', title: 'v' }),
    'gates/18/kind',
    '/verify',
  ],
  [
    'rollback in a deploy',
    (p) => p.gates.splice(20, 0, { id: 'G5', kind: 'rollback', title: 'r' }),
    'gates/20/kind',
    'operation: rollback',
  ],
  ['no report', (p) => without(p, 'report'), 'gates/19', 'expected the last gate to be report'],
  [
    'a second report',
    (p) =>
      p.gates.splice(1, 0, { id: 'G1', kind: 'report', name: 'early', title: 'r' }) && delete p.gates[21].x,
    'gates/1/kind',
    'expected report once',
  ],
  ['no `full` suite', (p) => delete p.tests.full && claim(p), 'tests', 'named "full"'],
  [
    'no change set',
    (p) => delete p.changeSet && claim(p),
    'gates/2/kind',
    '`changeSet`, which survey, reconcile, test, artifact',
  ],
  ['no commit', (p) => delete p.commit, 'gates/10/kind', '`commit`'],
];

const parameters: Case[] = [
  ['a survey of no host', (p) => (gate(p, 'host-survey').with.host = 'x'), 'gates/1/with/host', '(web, api)'],
  [
    'a system that does not compile',
    (p) => (gate(p, 'host-survey').with.system = '('),
    'gates/1/with/system',
    'regular',
  ],
  [
    'a program that must be there and not',
    (p) => (gate(p, 'host-survey').with.tools.absent = ['tar']),
    'gates/1/with/tools/absent/0',
    'both',
  ],
  [
    'a path that is writable and not',
    (p) => (gate(p, 'host-survey').with.notWritable = ['/opt']),
    'gates/1/with/notWritable/0',
    'both',
  ],
  [
    'a service that runs and not',
    (p) => (gate(p, 'host-survey').with.services.notRunning = ['ssh']),
    'gates/1/with/services/notRunning/0',
    'both',
  ],
  ['a command on no host', (p) => (gate(p, 'types').with.on = 'x'), 'gates/5/with/on', '(web, api)'],
  [
    'an output that does not compile',
    (p) => (gate(p, 'types').with.expect.stdout = '('),
    'gates/5/with/expect/stdout',
    'regular',
  ],
  [
    'an output of two forms',
    (p) => (gate(p, 'seam').with.expect.tests = { format: 'tap', passed: 1 }),
    'gates/6/with/expect/tests',
    'two gates',
  ],
  [
    'a proof on no database',
    (p) => (gate(p, 'database-proof').with.proofs[0].database = 'x'),
    'gates/7/with/proofs/0/database',
    '(production)',
  ],
  [
    'two proofs of one id',
    (p) => {
      gate(p, 'database-proof').with.proofs[1].id = 'one';
      claim(p);
    },
    'gates/7/with/proofs/1/id',
    'again',
  ],
  [
    'a gap that must be closed and may be open',
    (p) => (gate(p, 'gap-review').with.partialWhileOpen = ['F-0']),
    'gates/8/with/partialWhileOpen/0',
    'both',
  ],
];

const rules: Case[] = [
  [
    'a rule that rests on nothing',
    (p) => Object.assign(gate(p, 'decide').with, { when: [] }),
    'gates/9/with/when',
    'let people decide',
  ],
  [
    'a live path with a name that Interlock may give to what it lays beside another',
    (p) => Object.assign(p.targets.api, { host: 'web', livePath: '/opt/web.pre-1' }),
    'targets/api/livePath',
    'lays beside it',
  ],
];

const people: Case[] = [
  [
    'a gate that changes something, and nobody to consent',
    (p) => (p.approval.groups = {}),
    'approval/groups',
    'gates/10 (artifact) changes something',
  ],
  [
    'a quorum larger than its group',
    (p) => (p.approval.groups.SG_2.quorum = 2),
    'approval/groups/SG_2/quorum',
    'at most 1',
  ],
  [
    'quorums that need one person twice',
    (p) => (p.approval.groups.SG_1.members = ['U0BOB']),
    'approval/groups/SG_2/quorum',
    'one group',
  ],
  [
    'a quorum that needs the requester',
    (p) => (p.approval.requesters = ['U0BOB']),
    'approval/groups/SG_2/members',
    'besides the requester',
  ],
  ['two questions to people', (p) => (gate(p, 'decide').with.by = 'people'), 'gates/9/with/by', 'promote'],
];

const claims: Case[] = [
  [
    'a claim on no gate',
    (p) => claim(p, { check: 'surveyor/files' }),
    'passCriteria/0/evidence/0',
    '"surveyor"',
  ],
  [
    'a claim on no criterion',
    (p) => claim(p, { check: 'survey/file' }),
    'passCriteria/0/evidence/0',
    '(files, digests, ratified-list,',
  ],
  [
    'a claim on a criterion that this plan has not',
    (p) => claim(p, { check: 'types/tests' }),
    'passCriteria/0/evidence/0',
    '(exit-code, output)',
  ],
  [
    'a claim on the report',
    (p) => claim(p, { check: 'report/bundle' }),
    'passCriteria/0/evidence/0',
    '"report"',
  ],
  ['a claim on no probe', (p) => claim(p, { probe: 'x' }), 'passCriteria/0/evidence/0', '(units,'],
  [
    'two claims of one id',
    (p) => p.passCriteria.push({ id: 'all', title: 'again' }),
    'passCriteria/1/id',
    'again',
  ],
  [
    'a forbidden action on no probe',
    (p) => (p.forbiddenActions[0].evidence = [{ probe: 'x' }]),
    'forbiddenActions/0/evidence/0',
    '(units,',
  ],
  [
    'a rule that rests on a later gate',
    (p) => (gate(p, 'decide').with.when = [{ check: 'artifact/tree' }]),
    'gates/9/with/when/0',
    'ended by then',
  ],
  [
    'a rule that rests on a later reading',
    (p) => (gate(p, 'decide').with.when = [{ probe: 'units' }]),
    'gates/9/with/when/0',
    'second time',
  ],
];

const lineage: Case[] = [
  ['two gaps of one id', (p) => p.gaps.push({ ...p.gaps[0] }), 'gaps/1/id', 'again'],
  ['a gap that is required twice', (p) => p.requires.gaps.push('F-0'), 'requires/gaps/1', 'once'],
  [
    'a gap that must be closed and is open',
    (p) => p.requires.gaps.push('F-1'),
    'requires/gaps/1',
    'list as open',
  ],
  [
    'a ruling that is required twice',
    (p) => p.requires.rulings.push({ plan: 'earlier' }),
    'requires/rulings/1/plan',
    'once',
  ],
  [
    'a ruling on the plan itself',
    (p) => (p.requires.rulings[0].plan = 'rich-deploy'),
    'requires/rulings/0/plan',
    'another plan',
  ],
  [
    'an ending that nobody could tell from a pass',
    (p) => (p.outcomes.failed = 'A'),
    'outcomes/failed',
    'tell the two apart',
  ],
  ['an ending without a name', (p) => delete p.outcomes.partial, 'outcomes', '`partial`'],
];

const wayBack: Case[] = [
  ['no rollback gate', (p) => without(p, 'rollback'), 'operation', 'expected a rollback gate'],
  [
    'rollback without a rehearsal',
    (p) => without(p, 'rollback-readiness') && delete p.passCriteria,
    'gates/1/kind',
    'rollback-readiness gate before rollback',
  ],
  [
    'readiness before precheck',
    (p) => move(p, 'rollback-readiness', 0),
    'gates/0/kind',
    'precheck gate before',
  ],
  [
    'a gate that goes forward',
    (p) => {
      p.gates.splice(3, 0, { id: 'R', kind: 'stage', title: 's', artifact: 'a' });
      p.artifacts = { a: { name: 'a' } };
    },
    'gates/3/kind',
    'brings back',
  ],
  ['a probe that is never read again', (p) => without(p, 'probes'), 'probes/0/expect', '`unchanged`'],
  [
    'a claim on a probe that is never read again',
    (p) => {
      without(p, 'probes');
      p.probes[0].expect = { equals: 1 };
      claim(p, { probe: 'units' });
    },
    'passCriteria/0/evidence/0',
    'second time',
  ],
  [
    'a probe that nobody reads',
    (p) => {
      p.gates = p.gates.slice(4);
      p.gates.unshift({ id: 'R0', kind: 'gap-review', title: 'g' });
      p.operation = 'deploy';
      delete p.passCriteria;
      p.outcomes.partial = 'B';
    },
    'probes/0',
    'first reading',
  ],
  [
    'a claim on a proof that nobody runs',
    (p) => claim(p, { proof: 'P-1' }),
    'passCriteria/0/evidence/0',
    'runs proofs',
  ],
];

const authoring: Case[] = [
  [
    'people who are asked and not named',
    (p) => delete p.approval.groups,
    'approval/groups',
    'gates/1 (decide) asks people',
  ],
  [
    'a supplementary question to people',
    (p) => (gate(p, 'decide').supplementary = true),
    'gates/1/supplementary',
    'asks people',
  ],
  [
    'two decisions of people',
    (p) => p.gates.splice(2, 0, structuredClone({ ...gate(p, 'decide'), name: 'more' })),
    'gates/2/with/by',
    'one question',
  ],
  ['no gate', (p) => (p.gates = []), 'gates', 'at least 1'],
];

describe('a plan that uses everything', () => {
  it.each([
    ['a deploy', richDeploy],
    ['an authoring run', richAuthoring],
    ['a way back', richRollback],
  ])('of %s has no fault', (_, plan) => {
    expect(faultsOf(plan())).toEqual([]);
  });
});

describe.each([
  ['places', richDeploy, places],
  ['probes', richDeploy, probes],
  ['changes', richDeploy, changes],
  ['gates', richDeploy, gates],
  ['the order of gates', richDeploy, order],
  ['parameters', richDeploy, parameters],
  ['rules and paths', richDeploy, rules],
  ['people', richDeploy, people],
  ['claims', richDeploy, claims],
  ['the lineage', richDeploy, lineage],
  ['a way back', richRollback, wayBack],
  ['an authoring run', richAuthoring, authoring],
] as const)('of %s, the check refuses', (_, good, cases) => {
  it.each(cases)('%s', (_title, edit, path, words) => {
    const plan = good();
    edit(plan);
    const faults = faultsOf(plan);
    expect(faults.map((fault) => fault.path)).toEqual([path]);
    expect(faults[0]?.message).toContain(words);
    expect(faults[0]?.message).toMatch(/^expected .+, got /s);
    expect(faults[0]?.line).toBeGreaterThan(0);
  });
});

describe('the check', () => {
  it('says all faults of a plan at once, in the order of its lines, each with its line', () => {
    const plan = richDeploy();
    const spoilt = [places[0], probes[0], gates[5], parameters[0], people[1], claims[1], lineage[0]];
    for (const each of spoilt) each?.[1](plan);
    const faults = faultsOf(plan);
    expect(faults.map(({ path }) => path).sort()).toEqual(spoilt.map((each) => each?.[2]).sort());
    expect(faults.map(({ line }) => line)).toEqual(faults.map(({ line }) => line).sort((a, b) => a - b));
    const lines = asYaml(plan).split('\n');
    const host = faults.find(({ path }) => path === 'target/host');
    expect(lines[(host?.line ?? 0) - 1]).toContain('host: mail');
  });

  it('refuses an alias, with its line: what is reviewed must stand where it counts', () => {
    const parsed = parsePlan('plan.yaml', 'title: &t a\nname: *t\n');
    expect(parsed).toMatchObject({
      ok: false,
      faults: [{ line: 2, message: expect.stringContaining('*t') }],
    });
  });

  const good = [richDeploy, richAuthoring, richRollback];
  /** Every place in a plan, so that any of them can be hit. */
  const placesIn = (value: unknown, path: (string | number)[] = []): (string | number)[][] =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).flatMap(([key, each]) => {
          const here = [...path, Array.isArray(value) ? Number(key) : key];
          return [here, ...placesIn(each, here)];
        })
      : [];
  const set = (plan: Loose, path: readonly (string | number)[], value: unknown) => {
    const parent = path.slice(0, -1).reduce((each, key) => each?.[key], plan);
    if (typeof parent !== 'object' || parent === null) return;
    if (value === undefined) delete parent[path.at(-1) ?? ''];
    else parent[path.at(-1) ?? ''] = value;
  };
  const junk = fc.oneof(
    fc.constantFrom(undefined, null, '', '__proto__', 'constructor', 0, -1, true, [], {}, [null], {
      by: 'people',
    }),
    fc.constantFrom('precheck', 'promote', 'report', 'rollback', 'api', 'U0BOB', '(', 'survey/files'),
    fc.jsonValue({ maxDepth: 3 }),
  );

  it('never crashes, whatever is done to a plan, and says what is wrong or that nothing is', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...good),
        fc.array(fc.tuple(fc.nat(), junk), { minLength: 1, maxLength: 6 }),
        (make, edits) => {
          const plan = make();
          for (const [number, value] of edits) {
            const all = placesIn(plan);
            set(plan, all[number % all.length] ?? [], structuredClone(value));
          }
          for (const { message } of checkReferences(JSON.parse(JSON.stringify(plan))))
            expect(message).toMatch(/^expected .+, got /s);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('gives a file that is spoilt anywhere a plan or faults, and never both or neither', () => {
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.nat(), junk, (make, number, value) => {
        const plan = make();
        const all = placesIn(plan);
        set(plan, all[number % all.length] ?? [], structuredClone(value));
        const parsed = parsePlan('plan.yaml', asYaml(JSON.parse(JSON.stringify(plan))));
        expect(parsed.ok || parsed.faults.length > 0).toBe(true);
        for (const { message, line } of parsed.ok ? [] : parsed.faults) {
          expect(message).toMatch(/^expected /);
          expect(line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 40 },
    );
  });

  it('never crashes on what is no plan at all', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        for (const { path, message } of checkReferences(value))
          expect({ path, message }).toEqual({
            path: expect.any(Array),
            message: expect.stringMatching(/\S/),
          });
      }),
      { numRuns: 300 },
    );
  });
});

describe('the journal that a claim names', () => {
  const faultsOf = (field: 'passCriteria' | 'forbiddenActions', journal: string) =>
    checkReferences({
      gates: [],
      [field]: [{ id: 'a', title: 'a', act: 'by-interlock', evidence: [{ journal }] }],
    })
      .filter(({ path }) => path[0] === field)
      .map(({ message }) => message);

  it.each(['host', 'repository', 'host.remove', 'repository.fast-forward'])('may be %s', (journal) => {
    expect([...faultsOf('passCriteria', journal), ...faultsOf('forbiddenActions', journal)]).toEqual([]);
  });

  it('may be of no family that there is only where the plan forbids it', () => {
    expect(faultsOf('forbiddenActions', 'service.restart')).toEqual([]);
    expect(faultsOf('passCriteria', 'service.restart')).toEqual([
      expect.stringContaining('there are repository, host, repository.commit'),
    ]);
  });

  it('is refused for a slip of the pen, with what was meant', () => {
    expect(faultsOf('forbiddenActions', 'host.remov')).toEqual([
      expect.stringContaining('did you mean host.remove?'),
    ]);
    expect(faultsOf('forbiddenActions', 'repo')).toEqual([
      expect.stringContaining('did you mean repository?'),
    ]);
  });
});
