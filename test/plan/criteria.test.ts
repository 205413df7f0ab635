// The table of criteria against the jobs that decide them, and against a proof that is judged.
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DatabaseProofFacts } from '../../src/database-proof/facts.ts';
import { judgeDatabaseProof } from '../../src/database-proof/judge-proof.ts';
import { criteria } from '../../src/plan/criteria.ts';
import { criteriaOf } from '../../src/plan/criteria-of.ts';
import { outlineOf } from '../../src/plan/outline.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { databaseProofSchema } from '../../src/plan/schema-database-proof.ts';
import { type GateKind, gateKinds } from '../../src/plan/schema-gates.ts';
import { checkSchema } from '../../src/run/gate-result.ts';
import { asYaml, type Loose, richAuthoring, richDeploy } from '../fixtures/rich-plan.ts';

/** What jobs of a kind share with others. */
const sharedBy: { readonly [K in GateKind]?: readonly string[] } = {
  test: ['src/gate/run-suite.ts'],
  stage: ['src/gate/run-suite.ts'],
  prove: ['src/gate/prove-live.ts', 'src/gate/run-suite.ts', 'src/gate/decide-probes.ts'],
  verify: ['src/gate/prove-live.ts', 'src/gate/run-suite.ts', 'src/gate/decide-probes.ts'],
  probes: ['src/gate/decide-probes.ts'],
  precheck: ['src/gaps/requirements.ts', 'src/gate/check-shippable.ts', 'src/gate/check-unlocked.ts'],
  report: ['src/control-plane/report-tools.ts'],
  'rollback-readiness': ['src/gate/way-back.ts'],
};

/** Ids that the sources of a kind decide, with `<>` for what is filled in. */
function decidedIn(kind: GateKind): string[] {
  const files = [`jobs/${kind}.ts`, ...(sharedBy[kind] ?? [])].filter(existsSync);
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const calls =
    /\b(?:record\.check|decideNames|mustBe|checkManifest)\(\s*(?:(?:record|context),\s*)?(['`])((?:(?!\1).)+)\1/g;
  // What a lineage must have settled is judged apart from its job.
  const judged = /\bid: (`)((?:(?!`).)+)`/g;
  return [...text.matchAll(calls), ...text.matchAll(judged)].map(([, , id = '']) =>
    id.replaceAll(/\$\{[^}]*\}/g, '<>'),
  );
}

/** `suite-full` is one of `suite-<>`. */
const isFamily = (family: string, id: string) =>
  family === id || (family.endsWith('<>') && id.startsWith(family.slice(0, -2)));

describe('the table of criteria', () => {
  // Judged from facts: the test below. On the host, stage runs one of the shared suites, and no proofs.
  const elsewhere = new Set<GateKind>(['database-proof']);

  it.each(gateKinds.filter((kind) => !elsewhere.has(kind)))(
    'has what %s decides, and nothing else',
    (kind) => {
      const decided = decidedIn(kind);
      const listed = criteria[kind].map(({ id }) => id.replaceAll(/<[^>]*>/g, '<>'));
      expect(decided).not.toEqual([]);
      expect(listed.filter((id) => !decided.some((each) => isFamily(each, id)))).toEqual([]);
      const beyond = decided.filter((id) => !listed.some((each) => isFamily(each, id) || isFamily(id, each)));
      expect(beyond).toEqual(kind === 'stage' ? ['proofs'] : []);
    },
  );

  it('has each id once a kind, and only ids that a result may carry', () => {
    for (const kind of gateKinds) {
      const ids = criteria[kind].map(({ id }) => id);
      expect(new Set(ids).size, kind).toBe(ids.length);
      for (const id of ids)
        expect(checkSchema.shape.id.safeParse(id.replaceAll(/<[^>]*>/g, 'x')).success, id).toBe(true);
    }
  });

  it('knows the criteria of a proof on a database by name, as its judge makes them', () => {
    const steps = [
      { title: 'a', sql: 'select 1', expect: { error: '42501' } },
      {
        title: 'b',
        sql: 'select 1',
        expect: { rowCount: 1, value: null, change: { 'p.t': 1 }, counts: { t: 1 } },
      },
      { title: 'c', sql: 'select 1', expect: { rows: [[1]] } },
    ];
    const proof = { id: 'p', title: 'p', database: 'd', watch: [{ table: 'p.t' }, { table: 't' }], steps };
    for (const readOnly of [true, false]) {
      const facts = { ...nothingSeen, tables: [table('p.t'), table('t')] };
      const judged = judgeDatabaseProof(databaseProofSchema.parse({ ...proof, readOnly }), facts);
      const plan = outlineOf({
        gates: [{ id: 'G', kind: 'database-proof', with: { proofs: [{ ...proof, readOnly }] } }],
      });
      const [gate] = plan?.gates ?? [];
      expect(plan && gate && criteriaOf(plan, gate)).toEqual(judged.map(({ id }) => id));
    }
  });

  it('leaves out what the plan does not ask for', () => {
    const of = (plan: Loose, name: string) => {
      const parsed = outlineOf(plan);
      const gate = parsed?.gates.find((each) => (each?.name ?? each?.kind) === name);
      return parsed && gate ? criteriaOf(parsed, gate) : null;
    };
    const plan = richDeploy();
    expect(parsePlan('plan.yaml', asYaml(plan)).ok).toBe(true);
    expect(of(plan, 'types')).toEqual(['exit-code', 'output']);
    expect(of(plan, 'precheck')).toEqual([
      ...['machine', 'branch', 'baseline', 'clean', 'unlocked', 'shippable', 'ssh-web', 'ssh-api'],
      ...['knowledge-base', 'requires-F-0', 'ruling-earlier', 'execution'],
      ...['probe-units', 'probe-v0-4', 'probe-page', 'probe-rows'],
    ]);
    expect(of({ ...plan, source: undefined }, 'precheck')).not.toContain('clean');
    expect(of({ ...plan, proofs: undefined }, 'prove')).not.toContain('proofs');
    expect(of(plan, 'decide')).toEqual(['when-1', 'when-2', 'decision']);
    expect(of(richAuthoring(), 'decide')).toEqual(['consent', 'decision']);
    const requires = { gaps: ['GAP_7.b'], rulings: [{ plan: 'o8b' }] };
    expect(of({ ...plan, requires }, 'precheck')).toEqual(
      expect.arrayContaining(['requires-GAP-7-b', 'ruling-o8b']),
    );
  });
});

const table = (name: string) => ({ table: name, before: 0, inside: 0, after: 0, contents: null, ours: 0 });
const nothingSeen: DatabaseProofFacts = {
  id: 'p',
  title: 'p',
  database: 'd',
  readOnly: true,
  server: '',
  login: '',
  superuser: false,
  functions: [],
  extensions: [],
  triggers: [],
  steps: [],
  deferred: null,
  transaction: { ended: 'lost', stopped: 'lost', xid: null, status: null },
  tables: [],
  leaked: null,
  sequences: [],
  unreadableSequences: [],
  session: null,
  preparedTransactions: null,
  afterwards: null,
};
