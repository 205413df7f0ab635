// Random courses of votes, losses, delays, crashes and changes of the world over the real coordinator, control, gatekeeper,
// sweeper, listeners and switch, held against the test's own rules: Slack's truth and the host as they are, not what Interlock
// believes of them. fast-check's scheduler decides which await goes on.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accounts, courses, triggers } from '../fixtures/model/actions.ts';
import { Course, describeCourse } from '../fixtures/model/course.ts';
import { fates } from '../fixtures/model/fates.ts';
import { kinds } from '../fixtures/model/plan.ts';

/** The same courses every time; SEED and SEQUENCES search elsewhere, or longer. */
const numRuns = Number(process.env['SEQUENCES'] ?? 2_000);
const seed = Number(process.env['SEED'] ?? 20_261_125);

const options = fc.record({
  kind: fc.constantFrom(...kinds, 'deploy' as const, 'deploy' as const),
  skew: fc.constantFrom(0, 0, -120_000, 120_000),
  accounts,
  fates,
  triggers,
});

/** What courses must come to, or they would show nothing. */
const everywhere = [
  ...['PASS', 'PARTIAL', 'FAILED', 'BLOCKED', 'INCONCLUSIVE', 'run.aborted', 'lock.broken', 'rollback.begun'],
  ...['approval.voided', 'approval.lapsed', 'approval.rejected', 'approval.expired', 'gate.abandoned'],
  ...['point-of-no-return', 'withdraw', 'freeze.overridden', 'look.given-up'],
];

describe('a run of whatever course', () => {
  it(
    `keeps to what was approved, and ends (${numRuns} courses, seed ${seed})`,
    async () => {
      const met = new Set<string>();
      await fc.assert(
        fc.asyncProperty(fc.scheduler(), options, courses, async (scheduler, how, steps) => {
          const course = new Course(scheduler, how);
          await course.run(steps);
          if (course.faults.length > 0)
            throw new Error(`${course.faults.join('; ')}\n${describeCourse(course)}`);
          for (const each of course.met) met.add(each);
        }),
        { numRuns, seed },
      );
      if (numRuns >= 2_000) expect(everywhere.filter((each) => !met.has(each))).toEqual([]);
    },
    Math.max(180_000, numRuns * 200),
  );
});
