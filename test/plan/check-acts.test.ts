// A forbidden action is refused where what it rests on would read the same if it were done.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { actNames, acts } from '../../src/plan/acts.ts';
import { explainPlan } from '../../src/plan/explain/explain-plan.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { planSchema } from '../../src/plan/schema.ts';
import { asYaml, type Loose, richDeploy } from '../fixtures/rich-plan.ts';

const unchanged = { unchanged: true };
const probes: Record<string, Loose> = {
  counts: { kind: 'row-counts', database: 'production', tables: ['a'] },
  contents: { kind: 'table-contents', database: 'production' },
  named: { kind: 'table-contents', database: 'production', tables: ['a'] },
  sampled: { kind: 'table-contents', database: 'production', sample: { a: 1 } },
  writes: { kind: 'table-writes', database: 'production' },
  form: { kind: 'schema-fingerprint', database: 'production' },
  head: { kind: 'git-head', host: 'web', path: '/opt/old' },
  tree: { kind: 'tree-digest', host: 'web', path: '/opt/old' },
  file: { kind: 'file-digest', host: 'web', path: '/opt/old/a' },
  flag: {
    kind: 'constant',
    host: 'web',
    path: '/opt/old',
    file: 'a',
    pattern: 'ON = (.*)',
    expect: { equals: 'no' },
  },
  loose: {
    kind: 'constant',
    host: 'web',
    path: '/opt/old',
    file: 'a',
    pattern: 'ON = (.*)',
    expect: { matches: '.' },
  },
  changing: { kind: 'services', host: 'web', expect: { before: 'a', after: 'b' } },
  services: { kind: 'services', host: 'web' },
  nginx: { kind: 'services', host: 'web', units: ['nginx.service'] },
  containers: { kind: 'containers', host: 'web' },
  cron: { kind: 'crontab', host: 'web' },
  ports: { kind: 'listening-ports', host: 'web' },
  port: { kind: 'listening-ports', host: 'web', ports: [80] },
  site: { kind: 'http', url: 'https://a.example/' },
  words: { kind: 'http', url: 'https://a.example/', pattern: 'ok' },
};

function planWith(act: string | undefined, evidence: readonly Loose[]): Loose {
  const plan = richDeploy();
  for (const [id, fields] of Object.entries(probes))
    plan.probes.push({ id, title: id, expect: { ...unchanged }, ...fields });
  plan.forbiddenActions = [{ id: 'a', title: 'do it', ...(act && { act }), evidence }];
  return plan;
}
function faultsOf(act: string | undefined, evidence: readonly Loose[]): string[] {
  const parsed = parsePlan('plan.yaml', asYaml(planWith(act, evidence)));
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}
const probe = (id: string) => ({ probe: id });

describe('plan check', () => {
  it.each([
    ['write-database', ['contents']],
    ['write-database', ['writes']],
    ['write-tables', ['named']],
    ['write-sample', ['sampled']],
    ['change-row-counts', ['counts']],
    ['change-schema', ['form']],
    ['change-tree', ['tree']],
    ['change-file', ['file']],
    ['change-value', ['flag']],
    ['move-head', ['head']],
    ['restart-service', ['services', 'cron']],
    ['restart-named-service', ['nginx']],
    ['restart-container', ['containers']],
    ['change-cron', ['cron']],
    ['open-port', ['ports']],
    ['open-named-port', ['port']],
    ['change-answer', ['site']],
  ])('takes %s by %j', (act, ids) => {
    expect(faultsOf(act, ids.map(probe))).toEqual([]);
  });

  it.each([
    ['write-database', ['counts'], 'update a row in place, delete a row and insert another'],
    ['write-database', ['counts'], 'change-row-counts'],
    ['write-database', ['named'], 'named reads a part only'],
    ['write-database', ['sampled'], 'write-sample'],
    ['write-tables', ['sampled'], 'reads a part only'],
    ['write-tables', ['form'], 'insert a row'],
    ['change-tree', ['head'], 'change a file that was changed already, is untracked, or is ignored'],
    ['change-tree', ['file', 'head'], 'tree-digest'],
    ['change-schema', ['contents'], 'replace a function'],
    ['restart-service', ['nginx'], 'restart-named-service'],
    ['restart-service', ['cron', 'containers'], 'a probe of kind services'],
    ['restart-service', ['changing'], 'changing expects neither'],
    ['change-value', ['loose'], 'loose expects neither'],
    ['restart-container', ['services'], 'make a container anew'],
    ['open-port', ['port'], 'open-named-port'],
    ['change-answer', ['words'], 'reads a part only'],
  ])('refuses %s by %j, and says why and what would do', (act, ids, words) => {
    const faults = faultsOf(act, ids.map(probe));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^forbiddenActions\/0\/evidence: expected evidence that can show/);
    expect(faults[0]).toContain(words);
  });

  it('takes the journal, a construction, a criterion or a proof for what each shows alone', () => {
    const construction = { construction: 'read-only transactions' };
    for (const evidence of [{ journal: 'host' }, { journal: 'service.restart' }, construction]) {
      expect(faultsOf('by-interlock', [evidence])).toEqual([]);
      expect(faultsOf('restart-service', [evidence])[0]).toContain('it can be by-interlock');
      expect(faultsOf('break-criterion', [evidence])).toHaveLength(1);
    }
    for (const evidence of [{ proof: 'P-1' }, { check: 'test/secrets' }]) {
      expect(faultsOf('break-criterion', [evidence])).toEqual([]);
      expect(faultsOf('write-database', [evidence])[0]).toContain('it can be break-criterion');
    }
    expect(faultsOf('write-database', [probe('counts'), construction])).toHaveLength(1);
    expect(faultsOf('write-database', [probe('contents'), construction])).toEqual([]);
  });

  it('takes a criterion that repeats a probe for that probe, where it compares with what was before', () => {
    expect(faultsOf('restart-service', [{ check: 'prove/probe-services' }])).toEqual([]);
    expect(faultsOf('write-database', [{ check: 'prove/probe-counts' }])).toHaveLength(1);
    expect(faultsOf('restart-service', [{ check: 'precheck/probe-services' }])).toHaveLength(1);
  });

  it('asks for the act where there is evidence, with those that fit, and not where there is none', () => {
    expect(faultsOf(undefined, [probe('counts')])).toEqual([
      'forbiddenActions/0: expected `act`, what exactly was not done, got none; by what it rests on it can be change-row-counts',
    ]);
    expect(faultsOf(undefined, [probe('services'), probe('cron')])[0]).toContain(
      'restart-service, restart-named-service, change-cron',
    );
    expect(faultsOf(undefined, [])).toEqual([]);
    expect(faultsOf('restart', [probe('services')])[0]).toContain('did you mean');
  });

  it('leaves a plan of a recorded run readable, which has no act', () => {
    expect(planSchema.safeParse(planWith(undefined, [probe('counts')])).success).toBe(true);
  });

  it('has words for every act', () => {
    expect(Object.keys(acts).sort()).toEqual([...actNames].sort());
  });
});

describe('plan explain', () => {
  const textOf = (plan: Loose) => explainPlan(planSchema.parse(plan)).join('\n');

  it('says what is looked for, and where', () => {
    expect(textOf(planWith('write-sample', [probe('sampled')]))).toContain(
      'Looked for is: to add, change or remove rows in the part of the tables that is read (every table of production, of a 1 % of its pages); what began and was over again between the two readings is not seen',
    );
    expect(textOf(planWith('restart-named-service', [probe('nginx')]))).toContain('(nginx.service on web)');
  });

  it('says which probes are expected to change', () => {
    expect(textOf(planWith('by-interlock', [{ journal: 'host' }]))).toContain('- changing: a → b');
  });
});

it('the templates and examples are clean', () => {
  for (const directory of ['examples/plans', 'src/plan/templates'])
    for (const file of readdirSync(directory)) {
      const parsed = parsePlan(file, readFileSync(`${directory}/${file}`, 'utf8'));
      expect(parsed.ok ? [] : parsed.faults, file).toEqual([]);
    }
});
