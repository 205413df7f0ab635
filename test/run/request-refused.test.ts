// What somebody typed, and the plan and run that are meant.
import { describe, expect, it } from 'vitest';
import { PlanError } from '../../src/plan/faults.ts';
import { resolveRequest } from '../../src/run/resolve-request.ts';
import { foldRun } from '../../src/run/state.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { eventsAtEnd, eventsAtSigning } from '../fixtures/run-events.ts';

const plan = referencePlan();
const back = { ...plan, name: 'back', operation: 'rollback' as const };
const run = foldRun('r1', eventsAtEnd(eventsAtSigning()));

async function ask(operation: 'deploy' | 'verify' | 'rollback', subject: string) {
  const limits: number[] = [];
  const answer = await resolveRequest(
    { operation, subject },
    {
      findPlan: async (name) => {
        const found = [plan, back].find((each) => each.name === name);
        if (!found) throw new PlanError('not-found', `no plan ${name}`);
        return found;
      },
      state: async (id) => (id === 'r1' ? run : null),
      recent: async (limit) => {
        limits.push(limit);
        return [run];
      },
      redact: (text) => text,
    },
  );
  return { answer, limits };
}

describe('a request', () => {
  it.each([
    ['deploy', 'back', 'not-a-deploy', '/rollback back'],
    ['deploy', 'r1', 'not-a-plan', plan.name],
    ['rollback', plan.name, 'not-a-rollback', '/runs'],
    ['rollback', 'nobody', 'unknown-run', '/runs'],
  ] as const)('%s of %s is refused as %s, with what to type', async (operation, subject, code, next) => {
    expect((await ask(operation, subject)).answer).toMatchObject({
      ...{ ok: false, refusal: { code, text: expect.stringContaining(next) } },
    });
  });

  it.each(['verify', 'rollback'] as const)(
    '%s of a plan means the newest run that is live, of the last 200',
    async (operation) => {
      const { answer, limits } = await ask(operation, operation === 'verify' ? plan.name : 'back');
      expect(answer).toMatchObject({ ok: true, value: { run: { runId: 'r1' } } });
      expect(limits).toEqual([200]);
    },
  );
});
