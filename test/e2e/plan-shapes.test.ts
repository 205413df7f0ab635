// Plans of other shapes, from the examples, as a user runs them: each is data alone, and goes through the same engine.
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { BASELINE_COMMIT } from '../../examples/world/facts.ts';
import { headOf } from '../../src/artifact/git.ts';
import { writePlan } from '../../src/demo/write-plan.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import type { RunState } from '../../src/run/state.ts';
import {
  before,
  expectHostUntouched,
  expectUntouched,
  lookAtHost,
  promoted,
} from '../fixtures/demo-endings.ts';
import { approver, channel, type LoopbackRun, openLoopbackRun, requester } from '../fixtures/loopback-run.ts';
import { shortenSuites } from '../fixtures/plan-file.ts';
import { type DemoRun, runDemo } from '../fixtures/run-demo.ts';
import { play } from '../fixtures/small-plans.ts';
import { fileDigests, treeContents } from '../fixtures/tree-contents.ts';

const run = promisify(execFile);
/** Each demo takes both of a small machine's cores for a while. */
const limit = pLimit(2);
const demos: Promise<DemoRun>[] = [];
afterAll(async () => {
  for (const demo of await Promise.allSettled(demos))
    if (demo.status === 'fulfilled') await demo.value.remove();
});

interface Shape {
  readonly outcome: string;
  /** Job by job, in the order of the run. */
  readonly jobs: readonly string[];
  readonly reports: number;
}

function thePlan(plan: string, shape: Shape, more: (demo: DemoRun) => Promise<void>): void {
  it(`${plan} ends PASS, with ${shape.reports} reports`, { timeout: 280_000 }, async ({ signal }) => {
    const playing = limit(() => runDemo('pass', signal, plan));
    demos.push(playing);
    const demo = await playing;
    const { summary, directory, report, messages, exitCode, told } = demo;
    expect([exitCode, summary.verdict, summary.outcome], told).toEqual([0, 'PASS', shape.outcome]);
    const jobs = summary.gates.flatMap((gate) => gate.jobs);
    expect(jobs.map(({ job, status }) => `${job}: ${status}`)).toEqual(
      shape.jobs.map((job) => `${job}: pass`),
    );
    const documents = (await readdir(join(directory, 'reports'))).toSorted();
    expect(documents).toHaveLength(shape.reports);
    expect(documents.at(-1)).toMatch(
      new RegExp(`(^|-)${String(shape.reports).padStart(2, '0')}-final\\.md$`),
    );
    expect(report).toContain(shape.outcome);
    const last = messages.findLast(({ blocks }) => blocks?.[0]?.block_id === `il:${summary.runId}:final`);
    expect(JSON.stringify(last)).toContain('PASS');
    await verify(demo);
    await expectUntouched(demo);
    expect(demo.left).toEqual([]);
    await more(demo);
  });
}

/** Offline, as anybody would. */
async function verify({ directory, summary }: DemoRun): Promise<void> {
  const options = [
    '--key',
    join(directory, 'interlock.pub.pem'),
    '--ledger',
    join(directory, 'ledger.jsonl'),
  ];
  await run(process.execPath, ['src/cli.ts', 'verify', summary.bundle, ...options]);
}

describe.concurrent('interlock demo --auto --plan', () => {
  thePlan(
    'o9-verify-live',
    {
      outcome: 'A — O9_LIVE_VERIFIED',
      jobs: [
        ...['precheck', 'host-survey', 'behaviour', 'suite', 'refusal', 'writes', 'reads'],
        ...['probes', 'gap-review', 'report'],
      ],
      reports: 10,
    },
    async (demo) => {
      const { names } = await lookAtHost(demo);
      expect(names).toEqual(['iu-cutter', 'iu-cutter-v0.6']);
      expect(demo.report).toContain('A unit can be written under the production schema');
    },
  );
});

// With short suites and without Slack.
it('o8a-authoring ends PASS without a promotion, with 8 reports', async () => {
  await using opened = await openWith('o8a-authoring');
  const run = await play(opened, opened.deploy({ plan: 'o8a-authoring' }));
  expect(run.finished, JSON.stringify(run.finished)).toMatchObject({
    verdict: 'PASS',
    outcome: 'A — O8A_AUTHORED_AND_NOT_PROMOTED',
  });
  expect(endsOf(run)).toEqual(
    [
      ...['precheck', 'survey', 'reconcile', 'test', 'host-survey', 'probes'],
      ...['decide', 'gap-review', 'report'],
    ].map((kind) => `${kind}: pass`),
  );
  const documents = renderDocuments(run);
  expect(documents).toHaveLength(8);
  expect(documents.at(-1)?.markdown).toContain('do not promote');
  expect(run.approval).toBeNull();
  await expectHostUntouched(opened);
  expect(await headOf(opened.world.ssot.directory)).toBe(BASELINE_COMMIT);
});

it('o10-first-deploy makes a tree live where nothing was, with 11 reports', async () => {
  await using opened = await openWith('o10-first-deploy');
  const run = await play(opened, opened.deploy({ plan: 'o10-first-deploy' }));
  expect(run.finished, JSON.stringify(run.finished)).toMatchObject({
    verdict: 'PASS',
    outcome: 'A — O10_CANARY_LIVE',
  });
  expect(endsOf(run)).toEqual(
    [
      ...['precheck', 'host-survey', 'survey', 'reconcile', 'test', 'artifact', 'stage', 'drift'],
      ...['promote', 'prove', 'command-proof', 'rollback-readiness', 'report'],
    ].map((kind) => `${kind}: pass`),
  );
  const { names, live, parent } = await lookAtHost(opened);
  expect(names).toEqual(['.interlock', 'iu-cutter', 'iu-cutter-v0.6', 'iu-cutter-v0.6-canary']);
  expect(live).toEqual(before);
  expect(fileDigests(await treeContents(join(parent, 'iu-cutter-v0.6-canary')))).toEqual(promoted);
  const documents = renderDocuments(run);
  expect(documents).toHaveLength(11);
  expect(documents.at(-1)?.markdown).toContain('absent: nothing was live before');
});

it('o8b-rollback takes back what o8b-retry has made live, with 6 reports', async () => {
  await using opened = await openWith('o8b-rollback');
  const first = await play(opened, opened.deploy());
  expect(first.finished?.verdict).toBe('PASS');
  const back = await play(opened, opened.request('rollback', 'o8b-rollback'));
  expect(back.finished, JSON.stringify(back.finished)).toMatchObject({
    verdict: 'PASS',
    outcome: 'A — O8B_TAKEN_BACK',
  });
  expect(endsOf(back)).toEqual(
    ['precheck', 'host-survey', 'rollback-readiness', 'drift', 'rollback', 'probes', 'report'].map(
      (kind) => `${kind}: pass`,
    ),
  );
  expect(renderDocuments(back)).toHaveLength(6);
  const { live, parent } = opened.world.host;
  expect(fileDigests(await treeContents(live))).toEqual(before);
  const [aside, ...more] = (await readdir(parent)).filter((name) => name.startsWith('iu-cutter-v0.6.'));
  expect(more).toEqual([]);
  expect(fileDigests(await treeContents(join(parent, aside ?? '')))).toEqual(promoted);
});

function endsOf(run: RunState): string[] {
  return run.gates.map(({ gate, status }) => `${gate.kind}: ${status}`);
}

async function openWith(plan: string): Promise<LoopbackRun & AsyncDisposable> {
  const opened = await openLoopbackRun({ prepare: ({ planFile }) => shortenSuites(planFile) });
  const plans = join(opened.directory, 'plans');
  const { hosts } = z
    .object({
      hosts: z.object({
        contabo: z.object({ address: z.string(), port: z.int(), user: z.string(), hostKey: z.string() }),
      }),
    })
    .parse(parse(await readFile(join(plans, 'o8b-retry.yaml'), 'utf8')));
  const { address: host, ...login } = hosts.contabo;
  await writePlan(`examples/plans/${plan}.yaml`, join(plans, `${plan}.yaml`), {
    world: opened.world,
    ssh: { host, ...login },
    channel,
    requester: requester.id,
    approver: approver.id,
  });
  await shortenSuites(join(plans, `${plan}.yaml`));
  return { ...opened, [Symbol.asyncDispose]: () => opened.close() };
}
