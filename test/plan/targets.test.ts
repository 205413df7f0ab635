import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { parsePlan } from '../../src/plan/parse.ts';

const base = z
  .looseObject({ gates: z.array(z.looseObject({ kind: z.string() })) })
  .parse(parse(await readFile('examples/plans/o8b-retry.yaml', 'utf8')));
const of = (kind: string) => base.gates.find((gate) => gate.kind === kind) ?? { kind };
const named = (kind: string, more: object = {}) => ({
  ...of(kind),
  name: `${kind}-docs`,
  target: 'docs',
  ...more,
});
const two = {
  targets: { docs: { host: 'contabo', livePath: '/opt/incomex/dot/docs', first: true } },
  artifacts: { docs: { name: 'docs-{commit}' } },
};
const before = ['precheck', 'survey', 'reconcile', 'test', 'artifact'].map(of);
const after = ['prove', 'rollback-readiness', 'report'].map(of);

/** Faults of the reference plan with these fields replaced, each as its path and its words. */
function faults(replaced: object): string[] {
  const parsed = parsePlan(
    'plan.yaml',
    stringify({ ...base, ...replaced }, { aliasDuplicateObjects: false }),
  );
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}

describe('a plan with several targets', () => {
  const gates = [...before, of('stage'), named('stage'), of('promote'), named('promote'), ...after];

  it('is taken when each gate has a name of its own', () => {
    expect(faults({ ...two, gates })).toEqual([]);
  });

  it.each<[string, object, string]>([
    [
      'a kind twice without names',
      { gates: [...before, of('stage'), of('stage'), of('promote'), ...after] },
      'expected each kind once, got stage again',
    ],
    [
      'a target that is not there',
      { gates: [...before, of('stage'), named('stage', { target: 'other' }), of('promote'), ...after] },
      'expected one of the targets of this plan (docs), got "other"',
    ],
    [
      'a host that is not there',
      { gates, targets: { docs: { host: 'other', livePath: '/opt/docs' } } },
      'targets/docs/host: expected a host of this plan (contabo)',
    ],
    [
      'a stage after the first promote',
      { gates: [...before, of('stage'), of('promote'), named('stage'), named('promote'), ...after] },
      'expected every stage gate before the first promote',
    ],
    [
      'another artifact than was staged',
      {
        gates: [
          ...before,
          of('stage'),
          named('stage', { artifact: 'docs' }),
          of('promote'),
          named('promote'),
          ...after,
        ],
      },
      'expected the artifact that was staged for docs (docs), got artifact',
    ],
    [
      'a promote of what was not staged',
      { gates: [...before, of('stage'), of('promote'), named('promote'), ...after] },
      'expected a stage gate of docs before its promote',
    ],
    [
      'a live path twice',
      { gates: [...gates.slice(0, -3), named('promote', { name: 'again' }), ...after] },
      'expected one promote a live path, got another of docs',
    ],
    [
      'a name that is ours',
      { gates: [...gates.slice(0, -3), { ...of('prove'), name: 'rollback-docs' }, ...after] },
      'expected no gate named rollback-docs',
    ],
    [
      'one live path inside another',
      { gates, targets: { docs: { host: 'contabo', livePath: '/opt/incomex/dot/iu-cutter-v0.6/docs' } } },
      'expected a path apart from /opt/incomex/dot/iu-cutter-v0.6',
    ],
    [
      'a live path where ours would lie',
      { gates, targets: { docs: { host: 'contabo', livePath: '/opt/incomex/dot/iu-cutter-v0.6.fence' } } },
      'expected a path apart from',
    ],
  ])('is refused for %s', (_name, replaced, says) => {
    expect(faults({ ...two, ...replaced })).toEqual(expect.arrayContaining([expect.stringContaining(says)]));
  });
});

describe('a plan that is a rollback', () => {
  const back = { id: 'B2', kind: 'rollback', title: 'back' };
  const claims = { passCriteria: [], forbiddenActions: [] };

  it('needs no staging of its own', () => {
    const gates = [of('precheck'), of('rollback-readiness'), back, of('report')];
    expect(faults({ ...claims, operation: 'rollback', gates })).toEqual([]);
  });

  it.each<[string, object[], string]>([
    [
      'promotes',
      [of('precheck'), of('rollback-readiness'), of('promote'), back, of('report')],
      'expected a kind of a rollback',
    ],
    [
      'is not rehearsed',
      [of('precheck'), back, of('report')],
      'expected a rollback-readiness gate of the same target',
    ],
    [
      'takes nothing back',
      [of('precheck'), of('report')],
      'expected a rollback gate in a plan that is a rollback',
    ],
  ])('is refused when it %s', (_name, gates, says) => {
    expect(faults({ ...claims, operation: 'rollback', gates })).toEqual(
      expect.arrayContaining([expect.stringContaining(says)]),
    );
  });

  it('is the only one that may list a rollback gate', () => {
    expect(faults({ gates: [...base.gates.slice(0, -1), back, of('report')] })).toEqual(
      expect.arrayContaining([expect.stringContaining('it is started by /rollback')]),
    );
  });
});
