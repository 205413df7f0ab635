import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examineSecondFactors } from '../../src/cli/examine.ts';
import { ConfigError, loadSettings } from '../../src/config/load.ts';
import { redactorFor } from '../../src/config/redactor-for.ts';
import { approvalSchema } from '../../src/plan/schema-approval.ts';
import { examplePlan } from '../fixtures/slack-runs.ts';

const alice = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ';
const tokens = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_APP_TOKEN: 'xapp-1' };
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-config-'));
  await writeFile(join(directory, 'alice.totp'), `${alice}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'open.totp'), alice);
  await chmod(join(directory, 'open.totp'), 0o644);
  await writeFile(join(directory, 'short.totp'), 'GEZDGNBVGY3TQOJQ', { mode: 0o600 });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function settingsOf(secondFactors: string, env: Record<string, string> = {}, worker = false) {
  const file = join(directory, 'interlock.yaml');
  const more = worker ? 'redisUrl: redis://127.0.0.1:1\nworker: { publicKey: key.pem }\n' : '';
  await writeFile(file, `${more}secondFactors:\n${secondFactors}`);
  return loadSettings(worker ? 'worker' : 'up', file, { ...tokens, ...env });
}

describe('the secrets of authenticator apps', () => {
  it('come from files and the environment, and no redacted text shows them as they were written', async () => {
    const bob = 'gezd gnbv gy3t qojq gezd gnbv gy3t qojx';
    const settings = await settingsOf('  U0ALICE: { file: alice.totp }\n  U0BOB: { env: BOB }\n', {
      BOB: bob,
    });
    expect([...settings.secondFactors.keys()]).toEqual(['U0ALICE', 'U0BOB']);
    const told = redactorFor(settings).redact(`of alice ${alice}, of bob GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJX`);
    expect(told).toBe('of alice [redacted:totp], of bob [redacted:totp]');
    expect(JSON.stringify([...settings.secondFactors])).not.toContain('GEZD');
  });

  it('are told all their faults in one go, and no value', async () => {
    const faulty = [
      '  U0ALICE: { file: open.totp }',
      '  U0BOB: { env: NOWHERE }',
      '  U0CAROL: { file: short.totp }',
      '  U0DAVE: { file: none.totp }',
      `  U0ERIN: ${alice}`,
      '  U0FRED: 287082',
      `  ${alice.toLowerCase()}: U0GINA`,
    ].join('\n');
    const error: unknown = await settingsOf(faulty).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConfigError);
    const { faults } = error as ConfigError;
    for (const [place, words] of [
      ['secondFactors/U0ALICE', 'chmod 600'],
      ['secondFactors/U0BOB', 'NOWHERE'],
      ['secondFactors/U0CAROL', 'interlock totp enrol --user U0CAROL'],
      ['secondFactors/U0DAVE', 'expected a file'],
      ['secondFactors/U0ERIN', ''],
      ['secondFactors/U0FRED', ''],
      ['secondFactors ', ''],
    ] as const) {
      expect(
        faults.filter((each) => each.startsWith(place) && each.includes(words)),
        place,
      ).not.toEqual([]);
    }
    expect(faults.join('\n')).not.toMatch(/gezd|287082/i);
  });

  it('are not read by a worker', async () => {
    const settings = await settingsOf('  U0ALICE: { file: none.totp }\n', {}, true);
    expect(settings.secondFactors.size).toBe(0);
  });
});

it('the doctor names each approver who is not enrolled, and says what it cannot know', async () => {
  const settings = await settingsOf('  U0ALICE: { file: alice.totp }\n');
  const planFor = (members: string[], secondFactor = 'totp') =>
    examplePlan({
      approval: approvalSchema.parse({
        channels: ['C0DEPLOYS'],
        requesters: ['U0REQUESTER'],
        groups: { SG_1: { members } },
        secondFactor,
      }),
    });
  const found = (...plans: ReturnType<typeof planFor>[]) => [...examineSecondFactors(settings, plans)];
  expect(found(planFor(['U0ALICE']))).toEqual([{ ok: true, text: expect.stringContaining('is enrolled') }]);
  expect(found(planFor(['U0BOB'], 'none'))).toEqual([]);
  expect(found(planFor(['U0ALICE', 'U0BOB', 'S0GROUP']))).toEqual([
    { ok: false, text: expect.stringContaining('interlock totp enrol --user U0BOB') },
    { ok: true, text: expect.stringMatching(/S0GROUP.*cannot be known/) },
  ]);
});
