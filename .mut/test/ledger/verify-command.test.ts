// `interlock ledger verify FILE --head HASH`, with the head that a run's thread shows.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventsAtEnd, eventsAtSigning, ledgerOf } from '../fixtures/run-events.ts';

const run = promisify(execFile);
const whole = ledgerOf(eventsAtEnd(eventsAtSigning()));
const rewritten = ledgerOf(eventsAtEnd(eventsAtSigning({ votes: [] })));

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-ledger-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function verify(text: string, ...more: string[]): Promise<{ code: number; said: string }> {
  const file = join(directory, 'ledger.jsonl');
  await writeFile(file, text);
  return run(process.execPath, ['src/cli.ts', 'ledger', 'verify', file, ...more]).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, said: error.stdout }),
  );
}

it('accepts the whole ledger, and finds what only the head in the thread tells', async () => {
  expect(await verify(whole.text, '--head', whole.head)).toMatchObject({
    code: 0,
    said: expect.stringContaining(
      `whole, ${whole.text.trimEnd().split('\n').length} events of r1, head ${whole.head}`,
    ),
  });
  const cut = `${whole.text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`;
  expect((await verify(cut)).code).toBe(0);
  for (const text of [cut, rewritten.text])
    expect(await verify(text, '--head', whole.head)).toMatchObject({
      code: 1,
      said: expect.stringContaining(`expected the head ${whole.head}`),
    });
  expect(await verify(whole.text.replace('Rita', 'Rosa'))).toMatchObject({
    code: 1,
    said: expect.stringContaining('line 1'),
  });
}, 30_000);
