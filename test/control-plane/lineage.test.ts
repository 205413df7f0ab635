// Gaps and rulings along a lineage, on real parts: world, SSH, embedded ledger and queue, worker, control plane.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Document, parseDocument } from 'yaml';
import { loadPublicKey, publicKeyPem } from '../../src/attestation/keys.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { keptRulings } from '../../src/control-plane/keep-rulings.ts';
import type { GapRow } from '../../src/gaps/schema.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { gapTable, historyTable } from '../../src/report/final/describe-gaps.ts';
import type { RulingWish } from '../../src/run/judge-ruling.ts';
import { gateState, type RunState } from '../../src/run/state.ts';
import { messagesOf } from '../../src/slack/view/messages.ts';
import { approver, channel, type LoopbackRun, openLoopbackRun, requester } from '../fixtures/loopback-run.ts';
import { shortenSuites } from '../fixtures/plan-file.ts';

const reviewer = { id: 'U0REVIEWER', name: 'rex', channel };
let opened: LoopbackRun;

const gate = (id: string, kind: string, more: object = {}) => ({
  id,
  kind,
  title: `${kind} of the line`,
  ...more,
});
const precheck = gate('G0', 'precheck');
const report = gate('G9', 'report');
const fake = { id: 'GAP-1', title: 'The suite ran on a fake only', scope: 'the second run' };
const vague = { id: 'GAP-2', title: 'Something about backups', scope: 'a later run' };
const sharp = { ...vague, title: 'No backup was ever restored' };
const ruled = { id: 'GAP-3', title: 'Nobody has ruled on it', scope: 'a ruling' };

const plans: Record<string, object> = {
  'line-one': { gates: [precheck, report], gaps: [fake, vague, ruled] },
  'line-two': {
    gates: [precheck, gate('G1', 'survey'), gate('G2', 'reconcile'), gate('G3', 'test'), report],
    gaps: [{ ...fake, closes: [{ check: 'test/suite-full' }, { check: 'test/proofs' }] }, sharp],
    requires: { rulings: [{ plan: 'line-one' }] },
  },
  'line-three': {
    gates: [
      precheck,
      gate('G1', 'decide', {
        with: {
          question: 'Does it go on?',
          decision: 'go on without a backup',
          reason: 'nothing is changed',
          when: [{ check: 'precheck/clean' }],
        },
      }),
      gate('G2', 'gap-review', { with: { mustBeClosed: ['GAP-1', 'GAP-3'], partialWhileOpen: ['GAP-2'] } }),
      report,
    ],
    gaps: [{ ...sharp, status: 'closed' }],
    requires: { gaps: ['GAP-1', 'GAP-3'] },
  },
  'line-four': {
    gates: [
      precheck,
      gate('G1', 'decide', {
        with: {
          question: 'Is it promoted?',
          decision: 'do not promote',
          reason: 'the window is over',
          by: 'people',
        },
      }),
      gate('G2', 'gap-review', { with: { mustBeClosed: ['GAP-1', 'GAP-2', 'GAP-3'] } }),
      report,
    ],
    gaps: [{ id: 'GAP-4', title: 'The window was missed', scope: 'the next window' }],
    requires: { gaps: ['GAP-2'], rulings: [{ plan: 'line-three', decision: 'accepted' }] },
  },
  'line-five': { gates: [precheck, report], gaps: [], requires: { gaps: ['GAP-4', 'GAP-5'] } },
};

beforeAll(async () => {
  opened = await openLoopbackRun({
    prepare: async ({ planFile }) => {
      await shortenSuites(planFile);
      const text = await readFile(planFile, 'utf8');
      for (const [name, fields] of Object.entries(plans)) {
        const plan = parseDocument(text);
        const set = (path: string[], value: unknown) => setIn(plan, path, value);
        for (const section of ['target', 'artifact', 'commit', 'databases', 'hosts']) plan.delete(section);
        set(['name'], name);
        set(['lineage'], 'line');
        set(['reports', 'path'], `line/${name}`);
        for (const none of ['probes', 'passCriteria', 'forbiddenActions']) set([none], []);
        set(['outcomes', 'partial'], 'B — WITH A KNOWN GAP');
        set(['approval', 'permissions'], { rule: [reviewer.id] });
        for (const [field, value] of Object.entries(fields)) set([field], value);
        await writeFile(join(dirname(planFile), `${name}.yaml`), plan.toString({ lineWidth: 0 }));
      }
    },
  });
});
afterAll(() => opened?.close());

function setIn(plan: Document, path: string[], value: unknown): void {
  plan.setIn(path, typeof value === 'string' ? value : plan.createNode(value));
}

async function finish(runId: string): Promise<RunState> {
  const run = await opened.until(runId, ({ finished }) => finished !== null);
  await opened.coordinator.advance(runId);
  return run;
}
const runOf = async (plan: string) => finish(await opened.request('deploy', plan));

const wish: RulingWish = {
  decision: 'accepted',
  text: 'as it should be',
  conditions: [],
  gaps: [],
  nextPlan: null,
  via: 'command',
};
async function rule(runId: string, change: Partial<RulingWish>): Promise<RunState> {
  expect(await opened.control.rule(runId, reviewer, { ...wish, ...change })).toEqual({
    ok: true,
    value: null,
  });
  await opened.coordinator.advance(runId);
  const run = await opened.control.run(runId);
  if (!run) throw new Error(`expected run ${runId}`);
  return run;
}

const directory = (runId: string) => join(opened.directory, 'runs', runId);
const kept = (runId: string, name: string) => readFile(join(directory(runId), name), 'utf8');
const finalName = async (runId: string) =>
  (await readdir(join(directory(runId), 'reports'))).find((name) => name.endsWith('-final.md')) ?? '';
const finalOf = async (runId: string) => kept(runId, join('reports', await finalName(runId)));
const register = async (): Promise<readonly GapRow[]> => (await opened.control.gaps('line'))[0]?.gaps ?? [];
const statuses = (rows: readonly { id: string; status: string }[]) =>
  Object.fromEntries(rows.map(({ id, status }) => [id, status]));

async function verify(runId: string, change: object = {}) {
  const rulings = await keptRulings(join(opened.directory, 'runs'), runId);
  return verifyBundle({
    bundleText: await kept(runId, 'evidence.intoto.jsonl'),
    publicKeys: [loadPublicKey(publicKeyPem(opened.keys.signing))],
    ledger: { text: await kept(runId, 'ledger.jsonl'), verify: verifyLines },
    reportDir: join(directory(runId), 'reports'),
    rulings: await Promise.all(rulings.map(({ statement }) => kept(runId, statement.name))),
    ...change,
  });
}

describe('a lineage of four runs', () => {
  let first: RunState;
  let second: RunState;
  let third: RunState;
  let fourth: RunState;

  beforeAll(async () => {
    first = await runOf('line-one');
    first = await rule(first.runId, {
      decision: 'accepted-with-conditions',
      text: 'enough to go on',
      conditions: ['run the suite for real'],
      gaps: [{ id: 'GAP-3', status: 'closed', why: 'this is the ruling' }],
      nextPlan: 'line-two',
    });
    second = await runOf('line-two');
    third = await runOf('line-three');
    third = await rule(third.runId, {
      gaps: [{ id: 'GAP-2', status: 'closed', why: 'a restore was watched' }],
      nextPlan: 'line-four',
    });
    const runId = await opened.request('deploy', 'line-four');
    await opened.until(runId, ({ approval }) => approval !== null);
    await opened.approve(runId);
    fourth = await finish(runId);
  });

  it('carries, sharpens and closes gaps with a ruling between them; the matrix in the last report equals the ledger’s', async () => {
    expect([first, second, third, fourth].map(({ finished }) => finished?.verdict)).toEqual([
      'PASS',
      'PASS',
      'PARTIAL',
      'PASS',
    ]);
    expect([second, third, fourth].map(({ gaps }) => statuses(gaps))).toEqual([
      { 'GAP-1': 'open', 'GAP-2': 'open', 'GAP-3': 'closed' },
      { 'GAP-1': 'closed', 'GAP-2': 'sharpened', 'GAP-3': 'closed' },
      { 'GAP-1': 'closed', 'GAP-2': 'closed', 'GAP-3': 'closed' },
    ]);
    const rows = await register();
    expect(statuses(rows)).toEqual({
      'GAP-1': 'closed',
      'GAP-2': 'closed',
      'GAP-3': 'closed',
      'GAP-4': 'open',
    });
    expect(rows.map(({ history }) => history.map(({ run, to, by }) => [run, to, by]))).toEqual([
      [
        [first.runId, 'open', 'disclosure'],
        [second.runId, 'closed', 'evidence'],
      ],
      [
        [first.runId, 'open', 'disclosure'],
        [second.runId, 'sharpened', 'disclosure'],
        [third.runId, 'closed', 'ruling'],
      ],
      [
        [first.runId, 'open', 'disclosure'],
        [first.runId, 'closed', 'ruling'],
      ],
      [[fourth.runId, 'open', 'disclosure']],
    ]);
    const text = await finalOf(fourth.runId);
    expect(text).toContain(gapTable(rows));
    expect(text).toContain(historyTable(rows));
  });

  it('has a matrix in every report, with what the run did and what its plan merely declared', async () => {
    for (const { runId } of [first, second, third, fourth])
      expect(await finalOf(runId)).toContain('| Gap | What is missing | Status |');
    expect(await finalOf(second.runId)).toContain('`GAP-1` open → closed: check test/suite-full');
    expect(await finalOf(third.runId)).toContain(
      '`GAP-2` declared closed, without evidence: stays sharpened',
    );
    const shown = JSON.stringify(messagesOf(second).at(-1)?.blocks);
    expect(shown).toContain('*GAP-2* open → sharpened: No backup was ever restored');
    expect(shown).toContain('*GAP-1* open → closed');
  });

  it('verifies run by run, with rulings, from each run’s own ledger alone', async () => {
    for (const { runId } of [first, second, third, fourth])
      expect(await verify(runId), runId).toMatchObject({ ok: true });
    const result = await verify(first.runId);
    expect(result.ok && result.claims.join('\n')).toContain(
      'ruling 1: accepted-with-conditions by U0REVIEWER',
    );
    expect(result.ok && result.claims.join('\n')).toContain('and none after it');
  });

  it('ends in a report whose second revision has the ruling and whose first stays what was signed', async () => {
    const name = await finalName(first.runId);
    const text = await finalOf(first.runId);
    expect(text).toContain('revision: 2');
    expect(text).toContain('Ruling 1: **accepted-with-conditions**');
    expect(text).toContain('- run the suite for real');
    const [ruling] = await keptRulings(join(opened.directory, 'runs'), first.runId);
    expect(ruling).toMatchObject({ document: { name, revision: 2 }, publication: { published: true } });
    expect(await opened.control.publish(first.runId, { ...requester, channel })).toMatchObject({
      ok: true,
      value: { published: true, detail: expect.stringContaining('nothing was changed') },
    });
  });

  it('decided by a rule and by people, and says on what and by whom', () => {
    expect(gateState(third, 'decide').result).toMatchObject({
      status: 'pass',
      facts: {
        decision: 'go on without a backup',
        by: 'rule',
        restsOn: [expect.stringContaining('precheck/clean')],
      },
    });
    expect(gateState(third, 'gap-review')).toMatchObject({
      status: 'partial',
      reason: { code: 'open-gap-2' },
    });
    expect(gateState(third, 'gap-review').reason?.text).toContain('(known gap GAP-2)');
    expect(gateState(fourth, 'decide').result).toMatchObject({
      status: 'pass',
      facts: { by: 'people', restsOn: [expect.stringContaining(`${approver.name} (`)] },
    });
    const asked = JSON.stringify(messagesOf(fourth).find(({ key }) => key === 'approval')?.blocks);
    for (const words of ['Is it promoted?', 'do not promote', 'the window is over'])
      expect(asked).toContain(words);
  });

  it('refuses a signed ruling on another run, on another bundle, or ahead of its ledger', async () => {
    const [ruling] = await keptRulings(join(opened.directory, 'runs'), first.runId);
    const foreign = [await kept(first.runId, ruling?.statement.name ?? '')];
    expect(await verify(third.runId, { rulings: foreign })).toMatchObject({
      ok: false,
      code: 'ruling-mismatch',
    });
    const whole = await kept(first.runId, 'ledger.jsonl');
    const before = `${whole.trimEnd().split('\n').slice(0, -1).join('\n')}\n`;
    expect(
      await verify(first.runId, { rulings: foreign, ledger: { text: before, verify: verifyLines } }),
    ).toMatchObject({ ok: false, code: 'ruling-mismatch' });
  });
});

describe('a plan that requires a gap closed', () => {
  it('is blocked at G0, with what is missing and the next move', async () => {
    const blocked = await runOf('line-five');
    expect(blocked.finished).toMatchObject({ verdict: 'BLOCKED', reason: { code: 'requires-gap-4' } });
    const checks = gateState(blocked, 'precheck').result?.checks ?? [];
    expect(
      checks.filter(({ id }) => id.startsWith('requires')).map(({ status, actual }) => [status, actual]),
    ).toEqual([
      ['blocked', expect.stringContaining('open (The window was missed). Close it by a run')],
      ['blocked', expect.stringContaining('no finished run of the lineage line has disclosed it')],
    ]);
  });
});

describe('a ruling', () => {
  const judge = (runId: string, change: Partial<RulingWish>, by = reviewer) =>
    opened.control.rule(runId, by, { ...wish, ...change });
  let runId = '';
  beforeAll(async () => {
    runId = (await runOf('line-one')).runId;
  });

  it.each<[string, Partial<RulingWish>, string]>([
    ['without words', { text: ' ' }, 'no-text'],
    ['with conditions of which there is none', { decision: 'accepted-with-conditions' }, 'no-conditions'],
    [
      'on a gap that the lineage has not',
      { gaps: [{ id: 'GAP-9', status: 'closed', why: 'x' }] },
      'unknown-gap',
    ],
    [
      'that rejects and closes',
      { decision: 'rejected', gaps: [{ id: 'GAP-4', status: 'closed', why: 'x' }] },
      'rejection-closes-nothing',
    ],
    ['that names no plan', { nextPlan: '../x' }, 'plan-name'],
  ])('%s is refused', async (_, change, code) => {
    expect(await judge(runId, change)).toMatchObject({ ok: false, refusal: { code } });
  });

  it('by somebody whom the plan does not name is refused, and so is one by the requester', async () => {
    for (const by of [
      { ...requester, channel },
      { ...approver, channel },
    ])
      expect(await judge(runId, {}, by)).toMatchObject({ ok: false, refusal: { code: 'not-permitted' } });
    expect((await opened.control.run(runId))?.rulings).toEqual([]);
  });

  it('on a run that goes on is refused', async () => {
    const open = await opened.request('deploy', 'line-four');
    expect(await judge(open, {})).toMatchObject({ ok: false, refusal: { code: 'not-finished' } });
    await opened.control.abort(open, { ...requester, channel }, 'enough');
    await finish(open);
  });

  it('is replaced by a later one, which takes back what the earlier one did to gaps; both stay on record', async () => {
    const gaps = [{ id: 'GAP-4', status: 'closed' as const, why: 'a mistake' }];
    await rule(runId, { gaps });
    // The same again, as Slack delivers it twice, is the same ruling.
    expect((await rule(runId, { gaps })).rulings).toHaveLength(1);
    expect(statuses(await register())['GAP-4']).toBe('closed');
    const run = await rule(runId, { decision: 'rejected', text: 'it was not' });
    expect(run.rulings.map(({ decision }) => decision)).toEqual(['accepted', 'rejected']);
    expect(statuses(await register())['GAP-4']).toBe('open');
    const result = await verify(runId);
    expect(result.ok && result.claims.join('\n')).toMatch(
      /ruling 1: accepted[^\n]+and 1 later, which replace it/,
    );
    expect(await finalOf(runId)).toContain('**Earlier rulings, which that one replaces.**');
  });

  it('in words is not replaced by a nod', async () => {
    expect(await judge(runId, { via: 'reaction', text: '' })).toMatchObject({
      refusal: { code: 'already-ruled' },
    });
  });
});
