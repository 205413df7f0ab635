// `interlock ledger verify FILE --head HASH`, with the head that a run's thread shows.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compareHead } from '../../src/ledger/compare-head.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { parseRunEvent } from '../../src/run/events.ts';
import { foldRun } from '../../src/run/state.ts';
import { ledgerLines } from '../../src/slack/view/verification.ts';
import { eventsAtEnd, eventsAtSigning, ledgerOf } from '../fixtures/run-events.ts';
import { signedRun } from '../fixtures/signed-runs.ts';

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

it('says where an earlier head stands, and of another that it is nowhere', () => {
  const events = [1, 2, 3].map((seq) => ({ seq, hash: `sha256:${seq}` }));
  expect(compareHead(events, 'sha256:3')).toBeNull();
  expect(compareHead(events, 'sha256:2')).toMatch(
    /got it after event 2; .* one event follows, up to sha256:3$/,
  );
  expect(compareHead(events, 'sha256:1')).toMatch(
    /got it after event 1; .* 2 events follow, up to sha256:3$/,
  );
  expect(compareHead(events, 'sha256:4')).toMatch(/got sha256:3 after 3 events, and that head nowhere/);
});

it('accepts what the thread says to type, for the file that the thread holds', async () => {
  const { ledger } = signedRun();
  const chain = verifyLines(ledger.end);
  if (!chain.ok) throw new Error(chain.message);
  const lines = ledgerLines(foldRun(chain.stream, chain.events.map(parseRunEvent))).join('\n');
  const [command = '', ...others] = lines.match(/(?<=npm run -s interlock -- )[^`]+/g) ?? [];
  expect(others).toEqual([]);
  const [, , name, ...more] = command.split(' ');
  expect(name).toBe('ledger.jsonl');
  expect(await verify(ledger.signing, ...more)).toMatchObject({ code: 0 });
  expect(await verify(ledger.end, ...more)).toMatchObject({
    code: 1,
    said: expect.stringContaining('2 events follow'),
  });
  expect(lines).toContain(`The run ends with event ${chain.head.seq}, head \`${chain.head.hash}\``);
}, 30_000);

it('does not take for a head what is none', async () => {
  expect((await verify(whole.text, '--head', whole.head.slice(0, 20))).code).toBe(2);
}, 30_000);
