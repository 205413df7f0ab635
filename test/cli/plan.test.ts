// `interlock plan new | explain | diff`, as people run them.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument, visit } from 'yaml';
import { addPlan } from '../../src/cli/plan.ts';
import { fillTemplate, templateNames } from '../../src/cli/templates.ts';
import { explainPlan } from '../../src/plan/explain/explain-plan.ts';
import { faultsOf } from '../../src/plan/load.ts';
import { parsePlan } from '../../src/plan/parse.ts';

const run = promisify(execFile);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-plan-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}
const plan = (...words: string[]): Promise<Ran> =>
  run(process.execPath, ['src/cli.ts', 'plan', ...words]).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    (error: Ran) => error,
  );

describe('a template', () => {
  it('is there for every kind of run, and the command names all of them', async () => {
    expect(await templateNames()).toEqual(['authoring', 'deploy', 'first-deploy', 'rollback', 'verify']);
    const program = new Command();
    addPlan(program);
    const help = program.commands[0]?.commands.find((each) => each.name() === 'new')?.helpInformation();
    for (const name of await templateNames()) expect(help).toContain(name);
  });

  it.each(['authoring', 'deploy', 'first-deploy', 'rollback', 'verify'])(
    '%s is clean as it is, can be explained, and says of each placeholder what to fill in',
    async (name) => {
      const text = await fillTemplate(name);
      const parsed = parsePlan(name, text);
      if (!parsed.ok) throw new Error(parsed.faults.map(({ message }) => message).join('\n'));
      expect(explainPlan(parsed.plan).length).toBeGreaterThan(30);
      const lines = text.split('\n');
      for (const [number, line] of placeholders(text))
        expect(isSpokenOf(lines, number), `${name}:${number} ${line}`).toBe(true);
      expect(lines.filter((line) => /# Yours/.test(line)).length).toBeGreaterThan(8);
      expect(lines.filter((line) => line.length > 150)).toEqual([]);
    },
  );

  it('takes the name of the plan wherever its own stands', async () => {
    for (const name of await templateNames()) {
      const filled = await fillTemplate(name, 'shop-v2');
      expect(filled).toContain('name: shop-v2');
      expect(filled).toContain('idPrefix: SHOP-V2');
      expect(filled.toLowerCase()).not.toContain(`my-${name}`);
    }
  });

  it('of a way back is one, and that of a first deploy knows that nothing is live', async () => {
    const of = async (name: string) => {
      const parsed = parsePlan(name, await fillTemplate(name));
      return parsed.ok ? parsed.plan : null;
    };
    const back = await of('rollback');
    expect(back?.operation).toBe('rollback');
    expect(back?.gates.map(({ kind }) => kind)).toEqual([
      'precheck',
      'rollback-readiness',
      'rollback',
      'report',
    ]);
    expect((await of('first-deploy'))?.target?.first).toBe(true);
  });

  it('has nothing in its commented lines that would not be clean', async () => {
    const text = (await fillTemplate('deploy')).replaceAll(
      /^( *)# (proofs:|freezes:| {2}command| {2}expect| {2}- \{)/gm,
      '$1$2',
    );
    const parsed = parsePlan('deploy', text);
    expect(parsed.ok ? [] : parsed.faults).toEqual([]);
    expect(parsed.ok && parsed.plan.approval.freezes).toHaveLength(1);
    expect(parsed.ok && parsed.plan.proofs?.expect).toBe(8);
  });
});

/** Values that nobody could run with, by line. */
function placeholders(text: string): [number: number, line: string][] {
  const found = new Set<number>();
  visit(parseDocument(text), {
    Scalar(_, { value, range }) {
      if (
        typeof value === 'string' &&
        /^(U0|C0|0{40}|203\.0\.113\.|\/srv\/|\/opt\/|build-1|ssh-ed25519 )/.test(value)
      )
        found.add(text.slice(0, range?.[0] ?? 0).split('\n').length);
    },
  });
  return [...found].map((number) => [number, text.split('\n')[number - 1] ?? '']);
}

/** Whether a "Yours" stands above, in the same part of the plan. */
function isSpokenOf(lines: readonly string[], number: number): boolean {
  const before = lines.slice(0, number);
  const start = before.findLastIndex((line) => line.trim() === '');
  return before.slice(start + 1).some((line) => line.includes('# Yours'));
}

describe('interlock plan new', () => {
  it('writes a plan of the given name that checks clean, and never over another', async () => {
    const file = join(directory, 'api.yaml');
    const made = await plan('new', '--template', 'deploy', '--name', 'deploy-api', '--out', file);
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining('Yours') });
    const text = await readFile(file, 'utf8');
    expect(text).toContain('name: deploy-api');
    expect(text).toContain('/deploy deploy-api');
    expect(await faultsOf(file)).toEqual([]);
    const again = await plan('new', '--template', 'verify', '--out', file);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('expected no file') });
    expect(await readFile(file, 'utf8')).toBe(text);
  });

  it('refuses a template that there is not, with the names of those there are, and a name that is none', async () => {
    await expect(fillTemplate('canary')).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('authoring, deploy, first-deploy, rollback, verify'),
    });
    await expect(fillTemplate('../../secret')).rejects.toMatchObject({ code: 'not-found' });
    await expect(fillTemplate('deploy', 'my plan')).rejects.toMatchObject({
      code: 'invalid',
      faults: expect.arrayContaining([expect.objectContaining({ path: 'name' })]),
    });
  });
});

describe('interlock plan explain and diff', () => {
  it('explain a plan on standard output', async () => {
    const { code, stdout } = await plan('explain', 'examples/plans/o8b-retry.yaml');
    expect(code).toBe(0);
    expect(stdout).toContain('WHAT IT MAY CHANGE');
  });

  it('say by their exit code whether two plans are the same', async () => {
    const [one, other] = ['examples/plans/o8b-retry.yaml', 'examples/plans/o8c-postgres-proof.yaml'];
    const [same, different, lost] = await Promise.all([
      plan('diff', one, one),
      plan('diff', one, other),
      plan('diff', one, join(directory, 'nowhere.yaml')),
    ]);
    expect(same).toMatchObject({ code: 0, stdout: expect.stringContaining('the same plan') });
    expect(different).toMatchObject({ code: 1, stdout: expect.stringContaining('baseline moved') });
    expect(lost).toMatchObject({ code: 2, stderr: expect.stringContaining('nowhere.yaml') });
  });
});
