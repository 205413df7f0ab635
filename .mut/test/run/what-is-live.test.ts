// What a run says is live equals what is live, whatever goes wrong on the way. `npm run chaos` plays more courses than the suite
// does; SEED repeats one.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeDeployment } from '../../src/attestation/describe-deployment.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { standingsOf } from '../../src/run/standing.ts';
import type { RunState } from '../../src/run/state.ts';
import { whatIsLive } from '../../src/slack/view/what-is-live.ts';
import { Course, type CoursePlan } from '../fixtures/live-course/course.ts';
import { faultKinds } from '../fixtures/live-course/faulty-host.ts';
import { type Ground, makeWorld, openGround, type World } from '../fixtures/live-course/world.ts';

const numRuns = Number(process.env['SEQUENCES'] ?? 12);
const seed = Number(process.env['SEED'] ?? 20260521);

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const fault = fc.record({ at: fc.integer({ min: 0, max: 70 }), kind: fc.constantFrom(...faultKinds) });
const courses: fc.Arbitrary<CoursePlan> = fc.record({
  faults: fc.array(fault, { minLength: 1, maxLength: 5 }),
  proved: fc.boolean(),
  abortAt: fc.option(fc.integer({ min: 0, max: 8 }), { freq: 4 }),
  restartAt: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 2 }),
  rollBack: fc.boolean(),
  givesUp: fc.option(fc.constant(true), { nil: false, freq: 3 }),
});

const nothing = { documents: [], ledgerHead: `sha256:${'0'.repeat(64)}`, statements: [] };

/** Every word that the run says of its live path, against the disk. */
async function compare(world: World, run: RunState): Promise<void> {
  const is = await world.live();
  const { seen, delivered, restored, verdict } = describeDeployment(run, nothing);
  if (run.looksGivenUp.length > 0 && seen?.paths.some(({ live }) => live === 'not-known')) {
    // Somebody ended it without an answer: then nothing is claimed.
    expect(verdict).toBe('INCONCLUSIVE');
    expect([delivered, restored]).toEqual([[], []]);
    expect(whatIsLive(run).join('\n')).toContain('is not known since');
    return;
  }
  const [standing] = standingsOf(run);
  const before = run.operation === 'rollback' ? ['anchor', 'candidate'] : ['anchor'];
  const fits = {
    unchanged: before,
    candidate: ['candidate'],
    restored: ['anchor'],
    unknown: ['nobody may say so'],
  };
  expect(fits[standing?.live ?? 'unknown']).toContain(is);
  expect(seen?.paths.map(({ live }) => live)).toEqual([is]);
  if (run.operation === 'deploy') expect(delivered.length > 0).toBe(is === 'candidate');
  if (restored.length > 0) expect(is).toBe('anchor');
  expect(run.finished?.verdict).toBe(verdict);
  if (verdict === 'PASS') expect(is).toBe(run.operation === 'rollback' ? 'anchor' : 'candidate');
  if (verdict === 'FAILED') expect(is).toBe('anchor');
  if (verdict === 'BLOCKED' && run.operation === 'deploy') expect(is).toBe('anchor');
  const thread = whatIsLive(run).join('\n');
  if (is === 'candidate')
    expect(thread).not.toMatch(/Nothing went live|is the anchor again|went live and was rolled back/);
  else expect(thread).not.toContain('is the approved candidate');
  const report = renderDocuments(run).at(-1)?.markdown ?? '';
  if (is === 'candidate' && run.operation === 'deploy')
    expect(report).not.toContain('was not changed by this run');
}

describe('of any course of lost data, lost connections, late commands and dead workers', () => {
  it(`${numRuns} end with what is on the host in thread, report and bundle`, async () => {
    let index = 0;
    await fc.assert(
      fc.asyncProperty(courses, async (plan) => {
        index += 1;
        const world = await makeWorld(ground, `w${index}`);
        const course = new Course(ground, world, plan);
        await course.play((run) => compare(world, run));
      }),
      { numRuns, seed, endOnFailure: process.env['SEED'] !== undefined },
    );
  }, 1_800_000);
});
