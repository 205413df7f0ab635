import { describe, expect, it } from 'vitest';
import { type Act, acts, authorize, type Scene } from '../../src/approval/authorize.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { passedRun, RunTale } from '../fixtures/slack-runs.ts';

const operator = { kind: 'operator', id: 'operator:root', name: 'root@control' } as const;
/** A policy that names the operator for everything, should somebody try. */
const everything = ['operator:root', 'root', 'U0ROOT'];
const policy: Scene['policy'] = {
  ...approvalSchema.parse({
    channels: ['C0DEPLOYS'],
    requesters: ['U0A'],
    groups: { SG_1: { members: ['U0B'] } },
  }),
  requesters: everything,
  groups: { SG_1: { members: everything, quorum: 1 } },
  permissions: {
    abort: everything,
    rollback: everything,
    publish: everything,
    rule: everything,
    overrideFreeze: everything,
    unlock: everything,
    disable: everything,
    enable: everything,
  },
};
const runs = {
  none: null,
  open: new RunTale('r-1').queue('precheck').state,
  waiting: new RunTale('r-1').passBefore('promote').askApproval().state,
  granted: new RunTale('r-1').passBefore('promote').askApproval().vote().grant().state,
  finished: passedRun('r-1'),
};
const permitted: readonly Act[] = ['abort', 'publish', 'unlock', 'tidy', 'tidy-dry-run', 'disable', 'enable'];
const never = acts.filter((act) => !permitted.includes(act));

describe('an operator on the command line', () => {
  it.each(never)('can never %s, whatever the policy names and the run is at', (act) => {
    for (const run of Object.values(runs))
      for (const place of [null, { channel: 'C0DEPLOYS', isShared: false }]) {
        const scene = {
          policy,
          of: 'plan',
          place,
          run,
          now: 0,
          secondFactor: 'valid',
          overridesFreeze: true,
        } as const;
        expect(authorize(operator, act, scene)).toMatchObject({
          allowed: false,
          refusal: { code: 'not-in-slack' },
        });
      }
  });

  it('may stop and mend, as far as the run is such', () => {
    const allowedOn = (act: Act) =>
      Object.entries(runs)
        .filter(
          ([, run]) => authorize(operator, act, { policy, of: 'plan', place: null, run, now: 0 }).allowed,
        )
        .map(([name]) => name);
    expect(Object.fromEntries(permitted.map((act) => [act, allowedOn(act)]))).toEqual({
      abort: ['open', 'waiting', 'granted'],
      unlock: ['open', 'waiting', 'granted'],
      publish: ['finished'],
      tidy: Object.keys(runs),
      'tidy-dry-run': Object.keys(runs),
      disable: Object.keys(runs),
      enable: Object.keys(runs),
    });
  });
});
