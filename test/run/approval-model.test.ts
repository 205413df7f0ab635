// Random courses of votes, losses, delays, crashes and changes of the world, held against the test's own rules of what may go
// live: Slack's truth and the world as they are, not what Interlock believes of them.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { courses } from '../fixtures/approval-model/actions.ts';
import { Course, describeCourse } from '../fixtures/approval-model/course.ts';

/** SEQUENCES and SEED repeat what failed, or search longer. */
const numRuns = Number(process.env['SEQUENCES'] ?? 10_000);
const seed = process.env['SEED'];
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
      { numRuns, ...(seed === undefined ? {} : { seed: Number(seed) }) },
    );
    // Courses that end nowhere would show nothing.
    if (numRuns >= 10_000)
      for (const times of Object.values(met)) expect(times, JSON.stringify(met)).toBeGreaterThan(40);
  }, 60_000);
});
