// What somebody can try on the package of a real run (test/fixtures/recorded), with the signing key and without: a table, and every
// field of every statement.
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttestationError, type AttestationErrorCode } from '../../src/attestation/attestation-error.ts';
import { loadPublicKey } from '../../src/attestation/keys.ts';
import { readBundle } from '../../src/attestation/read-bundle.ts';
import { readSignedLedger } from '../../src/attestation/signed-ledger.ts';
import { countsField, predicateTypes, type Statement } from '../../src/attestation/statement.ts';
import { type VerificationRequest, verifyBundle } from '../../src/attestation/verify.ts';
import { verifyRebuilt } from '../../src/attestation/verify-rebuilt.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { mutationsOf } from '../fixtures/mutations-of.ts';
import { goneOn } from '../fixtures/signed-rulings.ts';
import { type SignedRun, seal, signedRun, statementsIn } from '../fixtures/signed-runs.ts';

const recorded = new URL('../fixtures/recorded/d228b68/passed-and-ruled/', import.meta.url).pathname;
const text = (name: string) => readFile(join(recorded, name), 'utf8');
const [bundleText, key, ledgerText, sshsig, allowedSigners, statement] = (await Promise.all(
  [
    'evidence.intoto.jsonl',
    'public-key.pem',
    'ledger.jsonl',
    'evidence.intoto.jsonl.sig',
    'allowed_signers',
    'ruling-1.intoto.json',
  ].map(text),
)) as [string, string, string, string, string, string];

const lines = (of: string) => of.trimEnd().split('\n');
const ended = lines(ledgerText).findIndex((line) => line.endsWith('"type":"run.finished"}')) + 1;
const upTo = (count: number) => `${lines(ledgerText).slice(0, count).join('\n')}\n`;
const ledger = (of: string) => ({ text: of, verify: verifyLines });

let parent = '';
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'interlock-attacks-'));
});
afterAll(() => rm(parent, { recursive: true, force: true }));

/** A copy of the report that was published, with something done to it. */
async function reportWith(change: (directory: string) => Promise<void>): Promise<string> {
  const directory = await mkdtemp(join(parent, 'report-'));
  await cp(join(recorded, 'reports'), directory, { recursive: true });
  await change(directory);
  return directory;
}

const edited = (file: string, edit: (markdown: string) => string) =>
  reportWith(async (directory) => {
    const before = await readFile(join(directory, file), 'utf8');
    const after = edit(before);
    expect(after).not.toBe(before);
    await writeFile(join(directory, file), after);
  });

const whole = (): VerificationRequest => ({
  bundleText,
  publicKeys: [loadPublicKey(key)],
  ledger: ledger(ledgerText),
  reportDir: join(recorded, 'reports'),
  rulings: [statement],
  sshsig: { signature: sshsig, allowedSigners },
});

async function judge(change: Partial<VerificationRequest>): Promise<AttestationErrorCode | 'ok'> {
  const verification = await verifyBundle({ ...whole(), ...change });
  return verification.ok ? 'ok' : verification.code;
}

const ruled = (data: object) => ({ type: 'run.ruled', data });
const acceptance = {
  by: { id: 'U0EVE', name: 'Eve' },
  decision: 'accepted',
  text: 'fine by me',
  conditions: [],
  gaps: [],
  nextPlan: null,
  via: 'command',
};

const aborted = { by: { id: 'U0EVE', name: 'Eve' }, reason: 'it went wrong' };

describe('a package as it was written', () => {
  it('verifies, also with what a download of its parts leaves', async () => {
    expect(await judge({})).toBe('ok');
    expect(await judge({ ledger: ledger(upTo(ended)), rulings: [], reportDir: undefined })).toBe('ok');
    const verification = await verifyBundle({
      ...whole(),
      ledger: ledger(upTo(ended - 2)),
      rulings: [],
      reportDir: undefined,
    });
    const claims = verification.ok ? verification.claims.join('\n') : '';
    expect(claims).toContain('this ledger ends there and gives no later bound');
  });

  it('verifies with the loss of the target’s lock while it was signed, which is said to be covered by nothing', async () => {
    const [report, end] = lines(upTo(ended))
      .slice(-2)
      .map((line) => JSON.parse(line));
    const { text: later } = goneOn(upTo(ended - 2), [
      { type: 'lock.broken', data: aborted, at: report.at },
      ...[report, end].map(({ type, data, at }) => ({ type, data, at })),
    ]);
    const verification = await verifyBundle({
      ...whole(),
      ledger: ledger(later),
      rulings: [],
      reportDir: undefined,
    });
    expect(verification.ok && verification.notes.join()).toContain(`${ended - 1} lock.broken`);
  });

  it('is said to rest on the thread for the events that no signature covers', async () => {
    const verification = await verifyBundle({
      ...whole(),
      ledger: ledger(upTo(ended)),
      rulings: [],
      reportDir: undefined,
    });
    const head = JSON.parse(lines(upTo(ended)).at(-1) ?? '').hash;
    expect(verification.ok && verification.notes.join('\n')).toContain(
      `no signature covers these 2 events: ${ended - 1} gate.finished, ${ended} run.finished; compare the head ${head}`,
    );
  });
});

describe('without the key it is refused', () => {
  const without: [
    string,
    () => Partial<VerificationRequest> | Promise<Partial<VerificationRequest>>,
    AttestationErrorCode,
  ][] = [
    [
      'a promised file signature that is missing',
      () => ({ sshsig: { signature: null, allowedSigners } }),
      'sshsig-missing',
    ],
    ['an empty file signature', () => ({ sshsig: { signature: '', allowedSigners } }), 'malformed-sshsig'],
    ['no allowed signer', () => ({ sshsig: { signature: sshsig, allowedSigners: '' } }), 'bad-sshsig'],
    [
      'a forged acceptance after the end of the run',
      () => ({ ledger: ledger(goneOn(upTo(ended), [ruled(acceptance)]).text), rulings: [] }),
      'ruling-unsigned',
    ],
    [
      'a forged acceptance after a genuine ruling',
      () => ({ ledger: ledger(goneOn(ledgerText, [ruled(acceptance)]).text) }),
      'ruling-unsigned',
    ],
    ['a ruling whose statement was lost', () => ({ rulings: [] }), 'ruling-unsigned'],
    ['a ruling that was taken out of the ledger', () => ({ ledger: ledger(upTo(ended)) }), 'ruling-mismatch'],
    [
      'another end of the run',
      () => ({
        ledger: ledger(
          goneOn(upTo(ended - 1), [
            { type: 'run.finished', data: { verdict: 'PASS', outcome: 'A+ — BEST', reason: null } },
          ]).text,
        ),
        rulings: [],
      }),
      'ledger-mismatch',
    ],
    [
      'a second end',
      () => ({
        ledger: ledger(
          goneOn(upTo(ended), [
            { type: 'run.finished', data: JSON.parse(lines(upTo(ended)).at(-1) ?? '').data },
          ]).text,
        ),
        rulings: [],
      }),
      'ledger-mismatch',
    ],
    [
      'an end without the report gate',
      () => ({
        ledger: ledger(
          goneOn(upTo(ended - 2), [
            { type: 'run.finished', data: JSON.parse(lines(upTo(ended)).at(-1) ?? '').data },
          ]).text,
        ),
        rulings: [],
      }),
      'ledger-mismatch',
    ],
    [
      'a vote that counts, after the signing',
      () => ({ ledger: ledger(goneOn(upTo(ended - 2), [lateVote()]).text), rulings: [] }),
      'ledger-mismatch',
    ],
    [
      'an abort after the signing',
      () => ({
        ledger: ledger(goneOn(upTo(ended - 2), [{ type: 'run.aborted', data: aborted }]).text),
        rulings: [],
      }),
      'ledger-mismatch',
    ],
    [
      'any event after the end',
      () => ({ ledger: ledger(goneOn(upTo(ended), [lateVote(false)]).text), rulings: [] }),
      'ledger-mismatch',
    ],
    [
      'a report gate that names another bundle',
      () => ({
        ledger: ledger(
          reportGate((facts) => ({
            ...facts,
            bundle: { ...facts.bundle, digest: `sha256:${'0'.repeat(64)}` },
          })),
        ),
        rulings: [],
      }),
      'ledger-mismatch',
    ],
    [
      'a report gate that names no bundle',
      () => ({ ledger: ledger(reportGate(({ bundle: _, ...facts }) => facts)), rulings: [] }),
      'ledger-mismatch',
    ],
    [
      'a report gate that names other documents',
      () => ({ ledger: ledger(reportGate((facts) => ({ ...facts, documents: [] }))), rulings: [] }),
      'ledger-mismatch',
    ],
    [
      'a falsified current final report beside its genuine revisions',
      async () => ({
        reportDir: await edited('09-final.md', (each) => each.replace('not evidenced', 'not done')),
      }),
      'report-mismatch',
    ],
    [
      'a current document that says it is of another run',
      async () => ({
        reportDir: await edited('09-final.md', (each) =>
          each.replace(/^run: .*$/m, 'run: "o8b-retry-other"'),
        ),
      }),
      'report-mismatch',
    ],
    [
      'any other falsified document with a genuine revision beside it',
      async () => ({
        reportDir: await reportWith(async (directory) => {
          const genuine = await readFile(join(directory, '07-prove.md'), 'utf8');
          await writeFile(join(directory, 'revisions', '07-prove.r1.md'), genuine);
          await writeFile(join(directory, '07-prove.md'), genuine.replace('pass', 'PASS'));
        }),
      }),
      'report-mismatch',
    ],
    [
      'a document that was added',
      async () => ({
        reportDir: await reportWith((directory) =>
          writeFile(join(directory, '10-approval.md'), '# Approved\n'),
        ),
      }),
      'report-unsigned',
    ],
    [
      'a document that is missing',
      async () => ({ reportDir: await reportWith((directory) => rm(join(directory, '03-reconcile.md'))) }),
      'report-missing',
    ],
    [
      'a final report that was replaced by the one before its ruling',
      async () => ({
        reportDir: await reportWith(async (directory) => {
          await rm(join(directory, 'revisions', '09-final.r2.md'));
          await rename(join(directory, 'revisions', '09-final.r1.md'), join(directory, '09-final.md'));
        }),
      }),
      'report-mismatch',
    ],
    ['a report that is not there at all', () => ({ reportDir: join(parent, 'nowhere') }), 'report-missing'],
    ['a ruled report without its ruling', () => ({ rulings: [], ledger: undefined }), 'report-mismatch'],
  ];

  it.each(without)('%s', async (_name, change, code) => {
    expect(await judge(await change())).toBe(code);
  });

  function lateVote(counted = true) {
    const vote = lines(ledgerText)
      .map((line) => JSON.parse(line))
      .find(({ type }) => type === 'approval.voted');
    return { type: 'approval.voted', data: { ...vote.data, counted } };
  }

  // biome-ignore lint/suspicious/noExplicitAny: facts as they stand in the ledger
  function reportGate(edit: (facts: any) => object): string {
    const { type, at, data } = JSON.parse(lines(upTo(ended)).at(-2) ?? '');
    return goneOn(upTo(ended - 2), [
      { type, at, data: { ...data, result: { ...data.result, facts: edit(data.result.facts) } } },
    ]).text;
  }
});

const scenarios: [string, SignedRun][] = [
  ['passed', signedRun()],
  [
    'was rolled back',
    signedRun({ results: { prove: { status: 'fail', reason: { code: 'x', text: 'y' } } } }),
  ],
];

describe('with the key, but a ledger that was noted elsewhere, it is refused', () => {
  const passed = signedRun();
  const statements = statementsIn(passed);
  const against = async (bundle: string, signed = passed, text = signed.ledger.signing) => {
    const verification = await verifyBundle({
      ...signed.request,
      bundleText: bundle,
      sshsig: undefined,
      ledger: ledger(text),
    });
    return verification.ok ? 'ok' : verification.code;
  };
  const other = { name: 'other.tar.gz', digest: { sha256: '0'.repeat(64) } };
  const edit = (type: string, change: (predicate: never) => object) =>
    statements.map((each) =>
      each.predicateType === type
        ? ({ ...each, predicate: change(each.predicate as never) } as Statement)
        : each,
    );
  type Summary = Extract<Statement, { predicateType: typeof predicateTypes.summary }>['predicate'];
  type Provenance = Extract<Statement, { predicateType: typeof predicateTypes.provenance }>['predicate'];

  it('while the honest bundle verifies, with the ledger at the signing and at the end', async () => {
    expect([
      await against(passed.bundle.text),
      await against(passed.bundle.text, passed, passed.ledger.end),
    ]).toEqual(['ok', 'ok']);
  });

  it.each<[string, () => Statement[]]>([
    [
      'another artifact as the subject of all',
      () => statements.map((each) => ({ ...each, subject: [other] })),
    ],
    ['one more artifact', () => statements.map((each) => ({ ...each, subject: [...each.subject, other] }))],
    [
      '99,999 tests',
      () =>
        edit(predicateTypes.testResult, (each: object) =>
          countsField in each
            ? { ...each, [countsField]: { passed: 99_999, failed: 0, skipped: 0, total: 99_999 } }
            : each,
        ),
    ],
    [
      'a higher SLSA level',
      () =>
        edit(predicateTypes.summary, (each: Summary) => ({
          ...each,
          verifiedLevels: ['SLSA_BUILD_LEVEL_4'],
        })),
    ],
    [
      'one level more',
      () =>
        edit(predicateTypes.summary, (each: Summary) => ({
          ...each,
          verifiedLevels: [...each.verifiedLevels, 'SLSA_BUILD_LEVEL_3'],
        })),
    ],
    [
      'another resource',
      () => edit(predicateTypes.summary, (each: Summary) => ({ ...each, resourceUri: 'ssh://elsewhere/x' })),
    ],
    [
      'another verifier',
      () =>
        edit(predicateTypes.summary, (each: Summary) => ({
          ...each,
          verifier: { id: 'https://auditor.example' },
        })),
    ],
    [
      'a time of 2020',
      () =>
        edit(predicateTypes.summary, (each: Summary) => ({
          ...each,
          timeVerified: '2020-01-01T00:00:00.000Z',
        })),
    ],
    [
      'another builder',
      () =>
        edit(predicateTypes.provenance, (each: Provenance) => ({
          ...each,
          runDetails: { ...each.runDetails, builder: { id: 'https://github.com/actions/runner' } },
        })),
    ],
    ['no provenance', () => statements.slice(1)],
    [
      'no test results',
      () => statements.filter(({ predicateType }) => predicateType !== predicateTypes.testResult),
    ],
    ['a test result less', () => statements.toSpliced(1, 1)],
    ['a test result twice', () => statements.toSpliced(1, 0, statements[1] as Statement)],
    [
      'test results in another order',
      () => [statements[0], statements[2], statements[1], ...statements.slice(3)] as Statement[],
    ],
  ])('%s', async (_name, forged) => {
    expect(await against(seal(passed, forged()))).toMatch(/mismatch$/);
    expect(await against(seal(passed, forged()), passed, passed.ledger.end)).toMatch(/mismatch$/);
  });

  it('a time after the ledger has named the bundle', async () => {
    const late = edit(predicateTypes.summary, (each: Summary) => ({
      ...each,
      timeVerified: '2027-01-01T00:00:00.000Z',
    }));
    expect(await against(seal(passed, late), passed, passed.ledger.end)).toBe('time-mismatch');
  });

  it('the same statements in another bundle than the one that the ledger names', async () => {
    expect(await against(seal(passed, statements), passed, passed.ledger.end)).toBe('ledger-mismatch');
  });

  it.each(scenarios)('any field of any statement of a run that %s', (_name, signed) => {
    // What the ledger up to the signing cannot know; up to its end it names the whole bundle by digest.
    const unknowable = /^deployment\/predicate\/documents|^summary\/predicate\/timeVerified$/;
    const made = statementsIn(signed);
    const { ledgerHead } = signed;
    const read = readSignedLedger({ run: { id: 'r1' }, ledgerHead }, signed.ledger.signing, verifyLines);
    const stands = (bundle: string) => {
      try {
        return verifyRebuilt(readBundle(bundle, signed.request.publicKeys), read) !== '';
      } catch (error) {
        if (error instanceof AttestationError) return false;
        throw error;
      }
    };
    expect(stands(signed.bundle.text)).toBe(true);
    const stood: string[] = [];
    let tried = 0;
    for (const [index, each] of made.entries()) {
      const kind = Object.entries(predicateTypes).find(([, type]) => type === each.predicateType)?.[0];
      for (const { path, value } of mutationsOf(each)) {
        const place = [kind, ...path].join('/');
        // They are made to fit again, and so are no mutation.
        if (/^deployment\/predicate\/statements|^summary\/predicate\/inputAttestations/.test(place)) continue;
        tried += 1;
        const bundle = sealOrNull(signed, made.with(index, value as Statement));
        if (bundle === null) continue;
        if (stands(bundle) && !unknowable.test(place)) stood.push(place);
      }
    }
    expect(stood).toEqual([]);
    expect(tried).toBeGreaterThan(300);
  });

  function sealOrNull(signed: SignedRun, forged: readonly Statement[]): string | null {
    try {
      return seal(signed, forged);
    } catch {
      // It is not even a bundle that can be put together.
      return null;
    }
  }
});
