// `interlock tidy` by its exit code: 0 only when every live path was looked at, and all that may go is gone.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveOperators } from '../../src/operator/serve.ts';
import type { RunControl, RunRequest } from '../../src/run/control.ts';
import { foldRun } from '../../src/run/state.ts';
import { eventsAtSigning } from '../fixtures/run-events.ts';

const execute = promisify(execFile);
let data: string;
let served: Awaited<ReturnType<typeof serveOperators>>;
let wish: RunRequest | undefined;

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'interlock-tidy-'));
  const made = foldRun('r1', eventsAtSigning());
  const [gate] = made.gates;
  const ended = { ...gate, gate: { ...gate?.gate, kind: 'tidy' }, status: 'blocked', result: null };
  const reason = { code: 'live-known', text: 'what is live is not what was seen' };
  const control = {
    request: async (asked: RunRequest) => {
      wish = asked;
      return { ok: true, value: { runId: 'r2' } };
    },
    run: async () => ({ ...made, operation: 'tidy', finished: {}, gates: [{ ...ended, reason }] }),
  } as unknown as RunControl;
  const log = { info: () => undefined, error: () => undefined };
  served = await serveOperators({ data, machine: 'control', control, log });
});
afterAll(async () => {
  await served?.stop();
  await rm(data, { recursive: true, force: true });
});

it('is 1 with the reason when a live path was not looked at; --target and --remove are asked for as typed', async () => {
  const words = ['src/cli.ts', 'tidy', 'r1', '--data', data, '--target', 'target', '--remove'];
  await expect(execute(process.execPath, words)).rejects.toMatchObject({
    ...{ code: 1, stdout: expect.stringContaining('ended as blocked: what is live is not') },
  });
  expect(wish).toMatchObject({ operation: 'tidy', subject: 'r1', target: null, dryRun: false });
});
