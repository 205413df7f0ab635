// Every file of a package, and what can be done to a file without a key: `interlock verify` refuses it in one line, or says in a
// note that it was not verified. What it passes in silence is written down here.
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Command } from 'commander';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { addVerify } from '../../src/cli/verify.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { otherSpelling } from '../fixtures/other-spelling.ts';

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

type Change = (file: (name: string) => string) => Promise<unknown>;

async function verifyWith(
  change: Change,
  { of = 'passed-and-ruled', without = [] as readonly string[] } = {},
): Promise<Answer> {
  const directory = await mkdtemp(join(parent, 'package-'));
  await cp(join(recorded, of), directory, { recursive: true });
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
    const args = [
      'verify',
      file('evidence.intoto.jsonl'),
      ...Object.entries(options)
        .filter(([name]) => !without.includes(name))
        .flat(),
    ];
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

const edited =
  (name: string, edit: (text: string) => string): Change =>
  async (file) =>
    writeFile(file(name), edit(await readFile(file(name), 'utf8')));
const respelled = edited('evidence.intoto.jsonl', (text) => text.replace(/.+/g, otherSpelling));

describe('interlock verify holds a document against its name and its place, and refuses', () => {
  it.each<[string, Change, string]>([
    ['signatures of the bundle in their other spelling', respelled, 'expected'],
    [
      'two revisions that changed names',
      async (file) => {
        const [one = '', two = ''] = ['09-final.r1.md', '09-final.r2.md'].map((name) =>
          file(`reports/revisions/${name}`),
        );
        await rename(one, `${one}.aside`);
        await rename(two, one);
        await rename(`${one}.aside`, two);
      },
      '(report-mismatch): expected the document 09-final.md with digest',
    ],
    [
      'the final document from before its ruling',
      (file) => cp(file('reports/revisions/09-final.r1.md'), file('reports/09-final.md')),
      '(report-mismatch): expected the current document 09-final.md with ruling 1',
    ],
    [
      'a revision that no publisher counts',
      edited('reports/01-precheck.md', (text) => text.replace(/^revision: /m, 'revision: 00')),
      '(report-mismatch): expected the document 01-precheck.md',
    ],
    [
      'a document in the place of another',
      (file) => cp(file('reports/02-survey.md'), file('reports/02b-survey.md')),
      '(report-unsigned)',
    ],
    ['a link to nothing', (file) => symlink('/nonexistent', file('reports/zz.md')), 'a link to nothing'],
    ['a link to a folder', (file) => symlink(tmpdir(), file('reports/zz.md')), 'a link to no file'],
    ['a link to itself', (file) => symlink('zz.md', file('reports/zz.md')), 'a link to nothing'],
  ])('%s', async (_name, change, part) => {
    const { holds, said } = await verifyWith(change);
    expect({ holds, last: said.at(-1) }).toEqual({ holds: false, last: expect.stringContaining(part) });
    expect(said.at(-1)).toMatch(/^DOES NOT HOLD/);
  });
});

describe('interlock verify says of a report that was not signed so', () => {
  it.each<[string, Change]>([
    ['revisions', (file) => symlink('/nonexistent', file('reports/revisions'))],
    ['revisions', (file) => writeFile(file('reports/revisions'), 'approved')],
    [
      '09-final.r7.md',
      (file) => cp(file('reports/01-precheck.md'), file('reports/revisions/09-final.r7.md')),
    ],
    [
      '01-precheck.r7.md',
      (file) => cp(file('reports/01-precheck.md'), file('reports/revisions/01-precheck.r7.md')),
    ],
    [
      '01-precheck.md',
      (file) => cp(file('reports/01-precheck.md'), file('reports/revisions/01-precheck.md')),
    ],
    [
      '09-final.r2.md',
      async (file) => {
        await mkdir(file('reports/revisions'));
        await symlink('/nonexistent', file('reports/revisions/09-final.r2.md'));
      },
    ],
  ])('%s', async (name, change) => {
    const { holds, said } = await verifyWith(change, { of: 'rolled-back' });
    expect(holds).toBe(true);
    expect(said.filter((line) => line.startsWith('note: not signed') && line.includes(name))).toHaveLength(1);
  });

  it('the revision, beside the digest of the very file, which the thread shows', async () => {
    const bytes = await readFile(join(scenario, 'reports/01-precheck.md'));
    const { said } = await verifyWith(async () => undefined);
    const [claim] = said.filter((line) => line.includes('the document 01-precheck.md'));
    expect(claim).toMatch(/as signed, which is as revision 0, sha256:[0-9a-f]{64}; its file is/);
    expect(claim).toContain(
      `its file is sha256:${sha256Hex(bytes)}, which says revision 1, which no signature covers`,
    );
  });

  it('the bytes of the bundle, where neither ledger nor signature vouches for them', async () => {
    const without = ['--ledger', '--allowed-signers', '--report'];
    const { holds, said } = await verifyWith(respelled, { without });
    expect(holds).toBe(true);
    expect(said.filter((line) => line.includes('the bytes of the bundle are not'))).toHaveLength(1);
    for (const option of ['--ledger', '--allowed-signers'])
      expect(
        (await verifyWith(respelled, { without: without.filter((each) => each !== option) })).holds,
        option,
      ).toBe(false);
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
