// What `plan check` says of a slip of the pen: what was expected, what came, and the next move, once for each mistake.
import { describe, expect, it } from 'vitest';
import { faultsOf as faultsOfFile } from '../../src/plan/load.ts';
import { parsePlan } from '../../src/plan/parse.ts';
import { asYaml, type Loose, richDeploy } from '../fixtures/rich-plan.ts';

/** The faults of a good plan with one thing spoilt. */
function faultsOf(spoil: (plan: Loose) => unknown): string[] {
  const plan = richDeploy();
  spoil(plan);
  const parsed = parsePlan('plan.yaml', asYaml(plan));
  return parsed.ok ? [] : parsed.faults.map(({ path, message }) => `${path}: ${message}`);
}

describe('a fault of form', () => {
  it('lists the kinds of gates, and the one that was meant', () => {
    const [fault] = faultsOf((plan) => (plan.gates[1].kind = 'surveyor'));
    expect(fault).toMatch(
      /^gates\/1\/kind: expected one of precheck, survey, .*, got "surveyor"; did you mean survey\?$/,
    );
  });

  it('lists the expectations of a probe where two are said, and names the one that is wrong', () => {
    expect(faultsOf((plan) => (plan.probes[0].expect = { unchanged: true, equals: 1 }))).toContain(
      'probes/0/expect: expected exactly one of unchanged, equals, matches, before and after, got {"unchanged":true,"equals":1}',
    );
    expect(faultsOf((plan) => (plan.probes[0].expect = { unchanged: false }))).toContain(
      'probes/0/expect/unchanged: expected true, got false',
    );
  });

  it('names the fields that there are, and the one that was meant', () => {
    expect(faultsOf((plan) => (plan.target.keepBackup = 5))).toEqual([
      'target/keepBackup: expected no such field here; did you mean keepBackups? known here: host, livePath, first, keepBackups, keepBackupDays',
    ]);
    expect(faultsOf((plan) => (plan.target.colour = 'blue'))).toEqual([
      expect.stringContaining('expected no such field here; remove it; known here: host, '),
    ]);
  });

  it('says what to leave out of the line that ssh-keyscan prints', () => {
    expect(faultsOf((plan) => (plan.hosts.web.hostKey = `web.example ${plan.hosts.web.hostKey}`))).toEqual([
      expect.stringMatching(/^hosts\/web\/hostKey: .*leave out the host name before ssh-ed25519/),
    ]);
  });

  it('names the fields of a section that is missing', () => {
    expect(faultsOf((plan) => delete plan.outcomes)).toContain(
      'outcomes: expected an object with pass, blocked, failed, inconclusive (and, where wanted, partial), got nothing',
    );
  });
});

describe('a fault of reference', () => {
  it('has a next move for a host that is not there', () => {
    expect(faultsOf((plan) => (plan.target.host = 'mail'))).toEqual([
      'target/host: expected a host of this plan (web, api), got "mail"; name one of them, or add it under hosts',
    ]);
  });

  it.each(['stage', 'artifact'])('is told once where %s comes after promote', (kind) => {
    const faults = faultsOf((plan) => {
      const from = plan.gates.findIndex((each: Loose) => each.kind === kind);
      const [gate] = plan.gates.splice(from, 1);
      const promote = plan.gates.findIndex((each: Loose) => each.kind === 'promote');
      plan.gates.splice(promote + 1, 0, gate);
    });
    expect(faults.filter((fault) => fault.includes('gates/') && fault.includes(` ${kind} `))).toEqual([
      expect.stringContaining(`expected ${kind} before the first promote`),
    ]);
  });
});

it('a file that is not there is said to be not there', async () => {
  const [missing] = await faultsOfFile('no/such.yaml');
  expect(missing?.message).toContain('at no/such.yaml, got nothing there');
  const [directory] = await faultsOfFile('docs');
  expect(directory?.message).toContain('got a directory');
});
