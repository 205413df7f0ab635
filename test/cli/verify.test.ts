// `interlock verify` as somebody types it, on the package of a recorded run: what exits 0, and what must not.
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { goneOn } from '../fixtures/signed-rulings.ts';

const run = promisify(execFile);
const recorded = new URL('../fixtures/recorded/d228b68/passed-and-ruled/', import.meta.url).pathname;

let parent = '';
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-cli-verify-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

interface Given {
  readonly change?: (file: (name: string) => string) => Promise<unknown>;
  readonly without?: readonly string[];
  readonly more?: readonly string[];
}

/** Verifies a copy of the package with something done to it, with every option that it has files for. */
async function verify({ change, without = [], more = [] }: Given): Promise<{ code: number; said: string }> {
  const directory = await mkdtemp(join(parent, 'package-'));
  await cp(recorded, directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  await change?.(file);
  const options = {
    '--key': file('public-key.pem'),
    '--ledger': file('ledger.jsonl'),
    '--report': file('reports'),
    '--allowed-signers': file('allowed_signers'),
  };
  const given = Object.entries(options).filter(([name]) => !without.includes(name));
  const words = ['src/cli.ts', 'verify', file('evidence.intoto.jsonl'), ...given.flat(), ...more];
  return run(process.execPath, words).then(
    ({ stdout }) => ({ code: 0, said: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      said: error.stdout + error.stderr,
    }),
  );
}

const appended = (file: string, data: object) =>
  readFile(file, 'utf8').then((text) => writeFile(file, goneOn(text, [{ type: 'run.ruled', data }]).text));
const acceptance = {
  ...{ by: { id: 'U0EVE', name: 'Eve' }, decision: 'accepted', text: 'fine', conditions: [] },
  ...{ gaps: [], nextPlan: null, via: 'command' },
};

describe.concurrent('interlock verify', () => {
  it('accepts the whole package, and finds the statements of its rulings beside the bundle', async () => {
    const { code, said } = await verify({});
    expect({ code, said }).toMatchObject({ code: 0, said: expect.stringContaining('ended PASS') });
    expect(said).toContain('the whole file is signed by the allowed signer interlock');
    expect(said).toContain('ruling 1: accepted-with-conditions by');
    expect(said).toContain('note: every event of the ledger is covered by a signature');
  });

  it.each<[string, Given, string, number]>([
    ['no key', { without: ['--key'] }, "required option '--key <pem>'", 2],
    [
      '--superseded without what it is about',
      { without: ['--report'], more: ['--superseded'] },
      'expected --superseded with --report',
      2,
    ],
    [
      'a ledger before without the ledger',
      { without: ['--ledger'], more: ['--previous-ledger', 'ledger.jsonl'] },
      'expected --previous-ledger with --ledger',
      2,
    ],
    [
      'a page beside the documents, of which it says that it has no revision',
      { change: (file) => writeFile(file('reports/10-more.md'), 'x') },
      '10-more.md, sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881, which has no line that says its revision; it was altered or added',
      1,
    ],
    [
      'a report that is not there',
      { change: (file) => rm(file('reports'), { recursive: true }) },
      'got no such directory',
      2,
    ],
    [
      'a signature that cannot be read',
      {
        change: async (file) => {
          await rm(file('evidence.intoto.jsonl.sig'));
          await mkdir(file('evidence.intoto.jsonl.sig'));
        },
      },
      'got a directory',
      2,
    ],
    [
      'allowed signers, but no signature over the file',
      { change: (file) => rm(file('evidence.intoto.jsonl.sig')) },
      '(sshsig-missing)',
      1,
    ],
    [
      'a forged acceptance at the end of the ledger',
      { change: (file) => appended(file('ledger.jsonl'), acceptance) },
      '(ruling-unsigned)',
      1,
    ],
    [
      'a falsified current report beside its revisions',
      { change: (file) => writeFile(file('reports/09-final.md'), '**Result: PASS**\n') },
      '(report-mismatch)',
      1,
    ],
    [
      'a mistyped header in the key file',
      {
        change: async (file) => {
          const pem = await readFile(file('public-key.pem'), 'utf8');
          await writeFile(file('public-key.pem'), `Valid-Untill: 2026-01-01T00:00:00Z\n${pem}`);
        },
      },
      'only the headers',
      2,
    ],
    ['a file that is not there', { change: (file) => rm(file('ledger.jsonl')) }, 'ledger.jsonl', 2],
  ])('does not exit 0 on %s', async (_name, given, said, code) => {
    const found = await verify(given);
    expect(found.said).toContain(said);
    expect(found.code).toBe(code);
  });
});
