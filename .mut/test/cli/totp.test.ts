import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { URI } from 'otpauth';
import { afterAll, beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-totp-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const enrol = (user: string, file: string) =>
  run(process.execPath, ['src/cli.ts', 'totp', 'enrol', '--user', user, '--file', file]);

it('interlock totp enrol writes a secret for its owner alone, shows it once to the app, and says what to configure', async () => {
  const file = join(directory, 'alice.totp');
  const { stdout } = await enrol('U0ALICE', file);
  const written = (await readFile(file, 'utf8')).trim();
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const [uri = ''] = /^otpauth:\/\/\S+$/m.exec(stdout) ?? [];
  expect(URI.parse(uri)).toMatchObject({
    issuer: 'Interlock',
    label: 'U0ALICE',
    algorithm: 'SHA1',
    digits: 6,
    period: 30,
    secret: { base32: written },
  });
  expect(stdout.split(written)).toHaveLength(2);
  expect(stdout).toContain(`  U0ALICE: { file: ${JSON.stringify(file)} }`);

  const again: unknown = await enrol('U0ALICE', file).catch((error: unknown) => error);
  expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('expected no file') });
  expect((await readFile(file, 'utf8')).trim()).toBe(written);
  const nobody: unknown = await enrol('alice', join(directory, 'other.totp')).catch(
    (error: unknown) => error,
  );
  expect(nobody).toMatchObject({ code: 2, stderr: expect.stringContaining('a Slack user id') });
});
