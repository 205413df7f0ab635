import * as fc from 'fast-check';
import { accounts, courses, triggers } from './test/fixtures/model/actions.ts';
import { Course } from './test/fixtures/model/course.ts';
import { fates } from './test/fixtures/model/fates.ts';
import { kinds } from './test/fixtures/model/plan.ts';
const options = fc.record({ kind: fc.constantFrom(...kinds, 'deploy' as const, 'deploy' as const), skew: fc.constantFrom(0, 0, -120_000, 120_000), accounts, fates, triggers });
let n = 0; let first = '';
const r = await fc.check(fc.asyncProperty(fc.scheduler(), options, courses, async (scheduler, how, steps) => {
  const c = new Course(scheduler, how); n++; await c.run(steps);
  if (c.faults.length) { first = c.faults[0]!.slice(0, 160); throw new Error(first); }
}), { numRuns: Number(process.argv[2] ?? 2000), seed: Number(process.env.SEED ?? 20261125), endOnFailure: true });
console.log(r.failed ? `SEEN after ${n}: ${first || String((r as any).errorInstance).slice(0,160)}` : `NOT SEEN in ${n}`);
process.exit(0);
