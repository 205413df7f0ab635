// Random courses of votes, losses, delays, crashes and changes of the world, held against the test's own rules of what may go
// live: Slack's truth and the world as they are, not what Interlock believes of them.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunState } from '../../src/run/state.ts';
import { courses } from '../fixtures/approval-model/actions.ts';
import { Course, describeCourse } from '../fixtures/approval-model/course.ts';
import { RealPlane } from '../fixtures/approval-model/real-plane.ts';

/** The same courses every time; SEED and SEQUENCES search elsewhere, or longer. */
const numRuns = Number(process.env['SEQUENCES'] ?? 10_000);
const numReal = 60;
const seed = Number(process.env['SEED'] ?? 20_261_125);
const how = fc.record({ skew: fc.constantFrom(0, 0, -120_000, 120_000), eager: fc.boolean() });

describe('of any course of votes, losses, crashes and changes', () => {
  it(`${numRuns} pass the point of no return exactly when a quorum stands for the world as it is`, () => {
    const met = { early: 0, late: 0, voided: 0, withdrawn: 0, lapsed: 0 };
    fc.assert(
      fc.property(how, courses(true, 50), (options, actions) => {
        const course = new Course(options);
        for (const action of actions) course.play(action);
        if (course.passed) met.early += 1;
        else course.comeToRest();
        const { passed, faults, types } = course.judge();
        if (faults.length > 0) throw new Error(`${faults.join('; ')}\n${describeCourse(course)}`);
        met.late += passed ? 1 : 0;
        met.voided += passed && types.includes('approval.voided') ? 1 : 0;
        met.withdrawn += passed && types.includes('withdraw') ? 1 : 0;
        met.lapsed += passed && types.includes('approval.lapsed') ? 1 : 0;
      }),
      { numRuns, seed },
    );
    // Courses that end nowhere would show nothing.
    if (numRuns >= 10_000)
      for (const times of Object.values(met)) expect(times, JSON.stringify(met)).toBeGreaterThan(40);
  }, 300_000);

  it(`${numReal} come to the same after every action on the real coordinator, control and sweeper`, async () => {
    await fc.assert(
      fc.asyncProperty(how, courses(false, 25), async ({ skew }, actions) => {
        const course = new Course({ skew, eager: true });
        const real = new RealPlane(skew);
        await real.begin();
        for (const action of actions) {
          course.play(action);
          await real.play(action);
          // Which of two that the real ones do at once comes first is nobody's promise; what they come to is.
          expect(standOf(real.run())).toEqual(standOf(course.plane.run()));
        }
        expect(await real.rests()).toBe(true);
      }),
      { numRuns: numReal, seed },
    );
  }, 300_000);
});

function standOf({ approval, voided, aborted, lockBroken, freezeOverrides, pointOfNoReturn }: RunState) {
  const isOpen = approval?.status === 'waiting' || approval?.status === 'granted';
  const consents = approval?.approvals
    .map(({ approver, groups, via }) => [approver.id, groups, via])
    .toSorted();
  const refused = approval?.refused.map((each) => JSON.stringify(each)).toSorted();
  return {
    requests: voided.map(({ digest }) => digest),
    digest: approval?.digest,
    status: approval?.status,
    ...(isOpen && { consents, refused }),
    rejectedBy: approval?.rejectedBy,
    aborted,
    lockBroken: lockBroken !== null,
    overridden: freezeOverrides.length,
    isFinal: pointOfNoReturn !== null,
  };
}
