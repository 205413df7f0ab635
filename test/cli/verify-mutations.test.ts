// Every file of a package, and what can be done to a file without a key: `interlock verify` refuses it in one line, or says in a
// note that it was not verified. What it passes in silence is written down here.
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addVerify } from '../../src/cli/verify.ts';

const recorded = new URL('../fixtures/recorded/d228b68/', import.meta.url).pathname;
const scenario = join(recorded, 'passed-and-ruled');

let parent = '';
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-mutations-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));
afterEach(() => {
  process.exitCode = 0;
});

interface Answer {
  readonly holds: boolean;
  readonly said: readonly string[];
}

async function verifyWith(change: (file: (name: string) => string) => Promise<unknown>): Promise<Answer> {
  const directory = await mkdtemp(join(parent, 'package-'));
  await cp(scenario, directory, { recursive: true });
  const file = (name: string) => join(directory, name);
  await change(file);
  const said: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  const program = new Command().exitOverride();
  addVerify(program);
  const options = {
    '--key': file('public-key.pem'),
    '--ledger': file('ledger.jsonl'),
    '--report': file('reports'),
    '--allowed-signers': file('allowed_signers'),
  };
  process.exitCode = 0;
  try {
    const args = ['verify', file('evidence.intoto.jsonl'), ...Object.entries(options).flat()];
    await program.parseAsync(args, { from: 'user' });
    return { holds: process.exitCode === 0, said };
  } catch (error) {
    return { holds: false, said: [...said, String(error)] };
  } finally {
    log.mockRestore();
    await rm(directory, { recursive: true });
  }
}

const verified = [
  'evidence.intoto.jsonl',
  'evidence.intoto.jsonl.sig',
  'ledger.jsonl',
  'public-key.pem',
  'allowed_signers',
  'ruling-1.intoto.json',
  ...(await readdir(join(scenario, 'reports')))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `reports/${name}`),
  // Of the two revisions that are kept this one was signed with the bundle, and stands nowhere else.
  'reports/revisions/09-final.r1.md',
];

const edits: Readonly<Record<string, (bytes: Buffer) => Buffer | null>> = {
  removed: () => null,
  emptied: () => Buffer.alloc(0),
  'with other line ends': (bytes) => Buffer.from(bytes.toString('latin1').replaceAll('\n', '\r\n'), 'latin1'),
  'with a byte order mark': (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]),
  'with a blank line before it': (bytes) => Buffer.concat([Buffer.from('\n'), bytes]),
  'with a blank line after it': (bytes) => Buffer.concat([bytes, Buffer.from('\n')]),
  'cut before its last newline': (bytes) => bytes.subarray(0, -1),
  'with garbage after it': (bytes) => Buffer.concat([bytes, Buffer.from('garbage\n')]),
  'with a NUL after it': (bytes) => Buffer.concat([bytes, Buffer.from('\0')]),
  twice: (bytes) => Buffer.concat([bytes, bytes]),
  'with its first line twice': (bytes) =>
    bytes.subarray(0, bytes.indexOf(0x0a) + 1) &&
    Buffer.concat([bytes.subarray(0, bytes.indexOf(0x0a) + 1), bytes]),
};

/** None of these changes what is read: white space around a key, a signer or a signed statement, and the same signer twice. */
const harmless: Readonly<Record<string, readonly string[]>> = {
  'with other line ends': ['public-key.pem', 'allowed_signers', 'ruling-1.intoto.json'],
  'with a blank line before it': ['public-key.pem', 'allowed_signers'],
  'with a blank line after it': ['public-key.pem', 'allowed_signers', 'ruling-1.intoto.json'],
  'cut before its last newline': ['public-key.pem', 'allowed_signers', 'ruling-1.intoto.json'],
  twice: ['allowed_signers'],
  'with its first line twice': ['allowed_signers'],
};

describe('interlock verify refuses', () => {
  it.each(Object.keys(edits))('every file of a package that is %s', async (name) => {
    const passed: string[] = [];
    for (const each of verified) {
      const { holds, said } = await verifyWith(async (file) => {
        const after = edits[name]?.(await readFile(file(each))) ?? null;
        if (after === null) await rm(file(each));
        else await writeFile(file(each), after);
      });
      if (holds) passed.push(each);
      else
        expect(said.at(-1), each).toMatch(
          /^(?:DOES NOT HOLD \([a-z-]+\)|\w*Error): expected |^DOES NOT HOLD .*: expected /,
        );
    }
    expect(passed).toEqual(harmless[name] ?? []);
  });

  it.each([
    'evidence.intoto.jsonl',
    'evidence.intoto.jsonl.sig',
    'ledger.jsonl',
    'public-key.pem',
    'allowed_signers',
    'reports',
  ])('%s of another run', async (name) => {
    const other = join(recorded, 'rolled-back', name);
    const { holds } = await verifyWith(async (file) => {
      await rm(file(name), { recursive: true });
      await cp(other, file(name), { recursive: true });
    });
    expect(holds).toBe(false);
  });

  it.each<[string, string]>([
    ['ledger.jsonl', '"__proto__":{"x":1},'],
    ['ledger.jsonl', '"seq":1,'],
    ['ledger.jsonl', '"more":1e400,'],
    ['evidence.intoto.jsonl', '"__proto__":{"x":1},'],
    ['evidence.intoto.jsonl', '"payload":"x",'],
    ['evidence.intoto.jsonl', '"more":1e400,'],
    ['ruling-1.intoto.json', '"__proto__":{"x":1},'],
    ['ruling-1.intoto.json', '"payload":"x",'],
  ])('%s with the member %s', async (name, member) => {
    const { holds } = await verifyWith(async (file) => {
      const text = await readFile(file(name), 'utf8');
      await writeFile(file(name), text.replace('{', `{${member}`));
    });
    expect(holds).toBe(false);
  });
});

describe('interlock verify says that it did not verify', () => {
  it.each([
    'reports/approval.txt',
    'reports/09-final.MD',
    'reports/11-x.md/inner.md',
    'reports/sub/09-final.md',
    'reports/revisions/09-final.r3.md',
    'reports/revisions/10-approval.r1.md',
    'head-5.tsr',
    'ruling-2.intoto.json',
    'ruling-x.intoto.json',
  ])('%s, which somebody added', async (name) => {
    const { holds, said } = await verifyWith(async (file) => {
      await mkdir(dirname(file(name)), { recursive: true });
      await appendFile(file(name), '# approved\n');
    });
    expect(holds).toBe(true);
    const [first = '', second = ''] = name.replace('/inner.md', '').split('/').slice(-2);
    const shown = name.startsWith('reports/sub') ? 'reports/sub' : second || first;
    expect(said.filter((line) => line.startsWith('note: not ') && line.includes(shown))).toHaveLength(1);
  });

  it('nothing of a package as it was written', async () => {
    const { holds, said } = await verifyWith(async () => undefined);
    expect({ holds, notes: said.filter((line) => line.includes('not verified')) }).toEqual({
      holds: true,
      notes: [],
    });
  });
});
