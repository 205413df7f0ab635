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
import { theftKinds } from '../fixtures/live-course/queue.ts';
import { type Ground, makeWorld, openGround, type World } from '../fixtures/live-course/world.ts';

const numRuns = Number(process.env['SEQUENCES'] ?? 12);
const seed = Number(process.env['SEED'] ?? 20260521);

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground.close());

const fault = fc.record({ at: fc.integer({ min: 0, max: 70 }), kind: fc.constantFrom(...faultKinds) });
const theft = fc.record({
  job: fc.integer({ min: 0, max: 8 }),
  kind: fc.constantFrom(...theftKinds),
  turns: fc.option(fc.integer({ min: 1, max: 25 }), { freq: 2 }),
});
const courses: fc.Arbitrary<CoursePlan & { readonly isTwo: boolean }> = fc.record({
  isTwo: fc.boolean(),
  faults: fc.array(fault, { minLength: 1, maxLength: 5 }),
  thefts: fc.array(theft, { maxLength: 2 }),
  proved: fc.boolean(),
  abortAt: fc.option(fc.integer({ min: 0, max: 8 }), { freq: 4 }),
  restartAt: fc.array(fc.integer({ min: 0, max: 12 }), { maxLength: 2 }),
  rollBack: fc.boolean(),
  givesUp: fc.option(fc.constant(true), { nil: false, freq: 3 }),
});

const nothing = { documents: [], ledgerHead: `sha256:${'0'.repeat(64)}`, statements: [] };

/** Every word that the run says of its live paths, against the disk. */
async function compare({ targets }: World, run: RunState): Promise<void> {
  const { seen, delivered, restored, verdict: signed } = describeDeployment(run, nothing);
  const verdict = run.finished?.verdict;
  // A report whose job was forged is none: then nothing is signed.
  const isSigned = run.gates.some(({ gate, status }) => gate.kind === 'report' && status === 'pass');
  if (isSigned) expect(verdict).toBe(signed);
  else expect(verdict).not.toBe('PASS');
  const standings = standingsOf(run);
  const thread = whatIsLive(run).join('\n');
  const report = renderDocuments(run).at(-1)?.markdown ?? '';
  const disk = await Promise.all(
    targets.map(async ({ live, ...target }) => ({ ...target, is: await live() })),
  );
  const isSeen = (name: string | null) => seen?.paths.find(({ target }) => target === name)?.live;
  // Somebody ended it without an answer: then nothing is claimed of that path.
  const known = disk.filter(({ name }) => isSeen(name) !== 'not-known');
  if (known.length < disk.length) {
    expect(run.looksGivenUp).not.toEqual([]);
    expect(verdict).toBe('INCONCLUSIVE');
    expect(thread).toContain('is not known since');
  }
  const before = run.operation === 'rollback' ? ['anchor', 'candidate'] : ['anchor'];
  const fits = {
    unchanged: before,
    candidate: ['candidate'],
    restored: ['anchor'],
    unknown: ['nobody may say so'],
  };
  for (const { name, is } of known) {
    const standing = standings.find((each) => each.name === name);
    // A path that no gate has touched has none: it is as it was.
    expect(fits[standing?.live ?? 'unchanged']).toContain(is);
    if (isSeen(name) !== undefined) expect(isSeen(name)).toBe(is);
    else expect(before).toContain(is);
  }
  const all = known.map(({ is }) => is);
  const count = (what: string) => all.filter((is) => is === what).length;
  if (run.operation === 'deploy') expect(delivered).toHaveLength(count('candidate'));
  expect(restored.length).toBeLessThanOrEqual(count('anchor'));
  if (verdict === 'PASS')
    expect(new Set(all)).toEqual(new Set([run.operation === 'rollback' ? 'anchor' : 'candidate']));
  if (verdict === 'FAILED') expect(count('anchor')).toBe(disk.length);
  if (verdict === 'BLOCKED' && run.operation === 'deploy') expect(count('anchor')).toBe(disk.length);
  for (const { livePath, is } of known) {
    const lines = thread
      .split('\n')
      .filter((line) => line.includes(`\`${livePath}\``))
      .join('\n');
    if (is === 'candidate')
      expect(lines).not.toMatch(/Nothing went live|is the anchor again|went live and was rolled back/);
    else expect(lines).not.toContain('is the approved candidate');
  }
  if (count('candidate') === targets.length && run.operation === 'deploy')
    expect(report).not.toMatch(/was not changed by this run|no gate that changes it was begun/);
}

describe('of any course of lost data, lost connections, late commands and dead workers', () => {
  it(
    `${numRuns} end with what is on the host in thread, report and bundle`,
    async () => {
      let index = 0;
      await fc.assert(
        fc.asyncProperty(courses, async (plan) => {
          index += 1;
          if (index % 25 === 0) console.log(`course ${index} of ${numRuns}`);
          const world = await makeWorld(ground, `w${index}`, plan.isTwo);
          const course = new Course(ground, world, plan);
          await course.play((run) => compare(world, run));
        }),
        { numRuns, seed, endOnFailure: process.env['SEED'] !== undefined },
      );
      // Ten times what one takes: a machine may be slow, and many courses are asked for by hand.
    },
    Math.max(180_000, numRuns * 12_000),
  );
});
