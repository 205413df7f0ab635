import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { changeSetTree } from '../../examples/world/build-staging.ts';
import { BASELINE_COMMIT, PROMOTED_COUNTS } from '../../examples/world/facts.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { planDigest } from '../../src/plan/digest.ts';
import { planJsonSchema } from '../../src/plan/json-schema.ts';
import { findPlan, loadPlan } from '../../src/plan/load.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { planSchema } from '../../src/plan/schema.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';

const example = 'examples/plans/o8b-retry.yaml';
const run = promisify(execFile);
let directory: string;
let text: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-plan-'));
  text = await readFile(example, 'utf8');
});
afterAll(() => rm(directory, { recursive: true, force: true }));

function faultsIn(edited: string) {
  const parsed = parsePlan('plan.yaml', edited);
  return parsed.ok ? [] : parsed.faults;
}

/** Replaces text that must be there, so that a test cannot pass by editing nothing. */
function edit(...pairs: readonly (readonly [string, string])[]): string {
  return pairs.reduce((edited, [from, to]) => {
    expect(edited).toContain(from);
    return edited.replace(from, to);
  }, text);
}

describe('interlock plan check', () => {
  it('finds the example plan clean', async () => {
    const { stdout } = await run(process.execPath, ['src/cli.ts', 'plan', 'check', example]);
    expect(stdout).toContain('clean');
  });

  it('reports five faults as five errors, each with its line and path, and exits with 1', async () => {
    const file = join(directory, 'five.yaml');
    const broken = edit(
      ['mode: LIVE', 'mode: MAYBE'],
      ['port: 22', 'port: 70000'],
      ['modified: 7', 'modified: 8'],
      ['kind: survey,', 'kind: surveyor,'],
      ['keepBackups: 5', 'keepBackups: 5\n  colour: blue'],
    );
    await writeFile(file, broken);
    const failure: unknown = await run(process.execPath, ['src/cli.ts', 'plan', 'check', file]).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ code: 1 });
    const errors = String((failure as { stderr: string }).stderr)
      .trim()
      .split('\n');
    expect(errors.pop()).toBe('5 faults');
    for (const [place, word] of [
      ['mode', 'MAYBE'],
      ['hosts/contabo/port', '70000'],
      ['changeSet/files', 'got 9'],
      ['gates/1/kind', 'surveyor'],
      ['target/colour', 'no such field'],
    ]) {
      expect(errors.filter((line) => line.includes(` ${place}: `) && line.includes(word ?? ''))).toHaveLength(
        1,
      );
    }
    const lineOf = (needle: string) => broken.split('\n').findIndex((line) => line.includes(needle)) + 1;
    expect(errors.find((line) => line.includes('70000'))).toContain(`:${lineOf('port: 70000')} `);
  });
});

describe('a plan', () => {
  it.each([
    [
      'promote without stage',
      [['  - { id: G5, kind: stage, role: ssot, title: stage on the host }\n', '']],
      'gates/5/kind',
    ],
    [
      'a report that is not last',
      [['  - { id: G8, kind: report, title: report and attestation }\n', '']],
      'gates/8',
    ],
    ['an unknown host', [['  host: contabo\n  livePath', '  host: nowhere\n  livePath']], 'target/host'],
    ['a quorum that nobody can reach', [['quorum: 1', 'quorum: 2']], 'approval/groups/SG_1/quorum'],
    ['a pattern that is no regular expression', [['(true|false)', '(true|false']], 'probes/2/pattern'],
    [
      'a claim that rests on a probe that does not exist',
      [['{ probe: v0.4-head }]', '{ probe: v0.5-head }]']],
      'passCriteria/9/evidence/1',
    ],
    ['a relative path that climbs', [['docs/live.md', '../live.md']], 'changeSet/files/../live.md'],
  ] as const)('is refused for %s', (_, edits, path) => {
    expect(faultsIn(edit(...edits)).map((fault) => fault.path)).toContain(path);
  });

  it('is refused for a pattern that only a backtracking engine knows, by place, and stays readable once recorded', async () => {
    const faults = faultsIn(edit(['(true|false)', '(?=true|false)(.+)']));
    expect(faults).toEqual([
      expect.objectContaining({
        path: 'probes/2/pattern',
        line: expect.any(Number),
        message: expect.stringMatching(/no look-around.*write it without that/),
      }),
    ]);
    // A ledger of an older version holds plans that were checked by its rules.
    const plan = await loadPlan(example);
    const older = {
      ...plan,
      probes: plan.probes.map((probe) => ('pattern' in probe ? { ...probe, pattern: '(?=x)(x)' } : probe)),
    };
    expect(planSchema.parse(older).probes).toEqual(older.probes);
  });

  it('is refused for what is no YAML, with the line', () => {
    expect(faultsIn('name: [unclosed\n')).toEqual([
      expect.objectContaining({ line: expect.any(Number), message: expect.stringContaining('YAML') }),
    ]);
  });

  it('has a digest that layout does not change and any value does', async () => {
    const plan = await loadPlan(example);
    const commented = parsePlan('plan.yaml', `# another comment\n${text}`);
    expect(commented.ok && planDigest(commented.plan)).toBe(planDigest(plan));
    expect(planDigest({ ...plan, title: `${plan.title}.` })).not.toBe(planDigest(plan));
  });

  it('of an earlier version keeps the digest that its runs have pinned, whatever fields plans have gained since', () => {
    expect(planDigest(referencePlan())).toBe(
      'sha256:8880225a8883175e550c14a0eaacea0e2883d52eda436d25d9b426d8bd660164',
    );
  });

  it('is found by name, and not found with the names that there are', async () => {
    expect((await findPlan(['examples/plans'], 'o8b-retry')).name).toBe('o8b-retry');
    await expect(findPlan(['examples/plans'], 'o8b')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('o8b-retry'),
    });
  });

  it('of the example says what the payload really is', async () => {
    const plan = await loadPlan(example);
    const changeSet = await changeSetTree('pass');
    expect(plan.source?.baseline).toBe(BASELINE_COMMIT);
    expect(plan.changeSet?.files).toEqual(
      Object.fromEntries([...changeSet].map(([path, content]) => [path, sha256Hex(content)])),
    );
    expect([
      plan.tests['full']?.expect.passed,
      plan.tests['targeted']?.expect.passed,
      plan.proofs?.expect,
    ]).toEqual([PROMOTED_COUNTS.full, PROMOTED_COUNTS.targeted, PROMOTED_COUNTS.proofs]);
  });

  it('has a JSON Schema that editors can use', () => {
    expect(planJsonSchema()).toMatchObject({ type: 'object', properties: { hosts: { type: 'object' } } });
  });
});
