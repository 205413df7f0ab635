// Each claim of a verification by itself, on parts that only it looks at: what another claim would catch too must not hide that one
// of them is gone.
import { describe, expect, it } from 'vitest';
import { AttestationError, type AttestationErrorCode } from '../../src/attestation/attestation-error.ts';
import type { DeploymentPredicate } from '../../src/attestation/deployment-predicate.ts';
import { loadPublicKey, publicKeyPem } from '../../src/attestation/keys.ts';
import { type ReadBundle, readBundle } from '../../src/attestation/read-bundle.ts';
import { readSignedLedger } from '../../src/attestation/signed-ledger.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { verifyAfterwards } from '../../src/attestation/verify-afterwards.ts';
import {
  verifyApprovals,
  verifyKeyTime,
  verifySiblings,
  verifySubjects,
  verifySummary,
  verifyVerdict,
} from '../../src/attestation/verify-claims.ts';
import { verifyAgainstLedger } from '../../src/attestation/verify-ledger.ts';
import { verifyRebuilt } from '../../src/attestation/verify-rebuilt.ts';
import { verifySigningTime } from '../../src/attestation/verify-times.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { promotedFacts } from '../fixtures/reference-facts.ts';
import { eventsAtEnd, eventsAtSigning, ledgerOf } from '../fixtures/run-events.ts';
import { goneOn, ruledRun, ruling } from '../fixtures/signed-rulings.ts';
import { forge, forgeDeployment, type SignedRun, signedRun } from '../fixtures/signed-runs.ts';

const passed = signedRun();
const failed = signedRun({ results: { test: { status: 'fail', reason: { code: 'x', text: 'y' } } } });
const rolledBack = signedRun({ operation: 'rollback', subjectFacts: promotedFacts() });
const dry = signedRun({ mode: 'DRYRUN' });
const read = ({ bundle, request }: SignedRun) => readBundle(bundle.text, request.publicKeys);
const ledgerOfRun = ({ ledgerHead, ledger }: SignedRun, text = ledger.end, id = 'r1') =>
  readSignedLedger({ run: { id }, ledgerHead }, text, verifyLines);

function codeOf(act: () => unknown): AttestationErrorCode | 'holds' {
  try {
    act();
    return 'holds';
  } catch (error) {
    if (error instanceof AttestationError) return error.code;
    throw error;
  }
}

/** The bundle as read, with the deployment's predicate changed after its signature was checked. */
function saying(signed: SignedRun, change: (predicate: DeploymentPredicate) => object): ReadBundle {
  const bundle = read(signed);
  const predicate = { ...bundle.deployment.predicate, ...change(bundle.deployment.predicate) };
  return { ...bundle, deployment: { ...bundle.deployment, predicate } };
}

describe('approvals', () => {
  const none = { approvals: [], approval: null };
  const unused = ({ approval }: DeploymentPredicate) => ({
    approval: approval && { ...approval, status: 'voided' },
  });

  it.each<[string, SignedRun, (predicate: DeploymentPredicate) => object, AttestationErrorCode | 'holds']>([
    ['of a deploy that went live', passed, () => ({}), 'holds'],
    ['of a rollback that went live', rolledBack, () => ({}), 'holds'],
    ['of a run that stopped before', failed, () => ({}), 'holds'],
    ['of a dry run', dry, () => ({}), 'holds'],
    ['that a deploy never had', passed, () => none, 'approval-missing'],
    ['that a rollback never had', rolledBack, () => none, 'approval-missing'],
    ['that a rollback lost', rolledBack, unused, 'approval-missing'],
    ['that a rollback asked nobody for', rolledBack, () => ({ approvals: [] }), 'approval-missing'],
    // What decides is what was begun, and not whether it passed.
    [
      'that a promote never had which failed',
      passed,
      ({ gates }) => ({
        ...none,
        gates: gates.map((gate) => (gate.kind === 'promote' ? { ...gate, status: 'fail' } : gate)),
      }),
      'approval-missing',
    ],
    [
      'that a promote never had which was not begun',
      passed,
      ({ gates }) => ({
        ...none,
        gates: gates.map((gate) => (gate.kind === 'promote' ? { ...gate, attempt: 0 } : gate)),
      }),
      'holds',
    ],
    ['that nobody needed in a dry run', dry, () => none, 'holds'],
  ])('%s', (_, signed, change, code) => {
    expect(codeOf(() => verifyApprovals(saying(signed, change)))).toBe(code);
  });

  it('that a bundle does not name are missed in the whole of a rollback, too', async () => {
    const bundleText = forgeDeployment(rolledBack, (each) => ({ ...each, approvals: [], approval: null }));
    const verification = await verifyBundle({
      ...rolledBack.request,
      ...{ bundleText, sshsig: undefined, ledger: undefined },
    });
    expect(verification).toMatchObject({ ok: false, code: 'approval-missing' });
  });
});

describe('the lines of a bundle', () => {
  const bundle = read(passed);
  const { basis } = bundle;
  const [first, second] = basis;
  if (!first || !second) throw new RangeError('expected two statements before the deployment');

  it.each<[string, ReadBundle['basis']]>([
    ['one dropped at the end', basis.slice(0, -1)],
    ['one dropped at the beginning', basis.slice(1)],
    ['one appended', [...basis, first]],
    ['two swapped', [second, first, ...basis.slice(2)]],
    ['none', []],
    ['one replaced', [{ ...first, digest: `sha256:${'0'.repeat(64)}` }, ...basis.slice(1)]],
  ])('with %s are not those that the deployment names', (_, changed) => {
    expect(codeOf(() => verifySiblings({ ...bundle, basis: changed }))).toBe('sibling-digest');
  });

  it('are those that the deployment names, whatever the summary says', () => {
    const { statements } = bundle.deployment.predicate;
    for (const changed of [
      statements.slice(0, -1),
      statements.toReversed(),
      [...statements, ...statements],
      [],
    ])
      expect(codeOf(() => verifySiblings(saying(passed, () => ({ statements: changed }))))).toBe(
        'sibling-digest',
      );
  });

  it('are named by the summary, too: each, and the deployment', () => {
    const { summary } = bundle;
    const { inputAttestations } = summary.predicate;
    const [one] = inputAttestations;
    if (!one) throw new RangeError('expected an input');
    for (const changed of [
      inputAttestations.slice(0, -1),
      [...inputAttestations, one],
      inputAttestations.toReversed(),
      [],
    ])
      expect(
        codeOf(() =>
          verifySiblings({
            ...bundle,
            summary: { ...summary, predicate: { ...summary.predicate, inputAttestations: changed } },
          }),
        ),
      ).toBe('sibling-digest');
    expect(codeOf(() => verifySiblings(bundle))).toBe('holds');
  });

  it.each<[string, (lines: ReadBundle['lines']) => ReadBundle['lines']]>([
    ['the last dropped', (lines) => lines.slice(0, -1)],
    ['the first dropped', (lines) => lines.slice(1)],
    ['the last one twice', (lines) => [...lines, ...lines.slice(-1)]],
    ['all dropped', () => []],
  ])('with %s are not those that the ledger gives', (_, change) => {
    const changed = { ...bundle, lines: change(bundle.lines) };
    expect(codeOf(() => verifyRebuilt(changed, ledgerOfRun(passed)))).toBe('ledger-mismatch');
  });

  it('are held against a plan that has the digest of the run', () => {
    const ledger = ledgerOfRun(passed);
    const run = { ...ledger.run, plan: { ...ledger.run.plan, title: 'another' } };
    expect(() => verifyRebuilt(bundle, { ...ledger, run })).toThrow('expected the plan in the ledger');
    expect(codeOf(() => verifyRebuilt(bundle, ledger))).toBe('holds');
  });

  it('are all about one subject', () => {
    expect(codeOf(() => verifySubjects(bundle))).toBe('holds');
    for (const index of bundle.lines.keys()) {
      const lines = bundle.lines.map((line, at) =>
        at === index ? { ...line, statement: { ...line.statement, subject: [] } } : line,
      );
      const changed = { ...bundle, lines } as unknown as ReadBundle;
      expect(codeOf(() => verifySubjects(changed))).toBe('subject-mismatch');
    }
  });
});

describe('a ledger', () => {
  it('is that of the run that the bundle names', () => {
    expect(codeOf(() => ledgerOfRun(passed))).toBe('holds');
    expect(codeOf(() => ledgerOfRun(passed, passed.ledger.end, 'r2'))).toBe('ledger-mismatch');
    const other = ledgerOf(eventsAtEnd(eventsAtSigning()), 'r9').text;
    expect(codeOf(() => ledgerOfRun(passed, other))).toBe('ledger-head');
  });

  it('whose chain is broken is not read at all', () => {
    expect(codeOf(() => ledgerOfRun(passed, passed.ledger.end.replace('Rita', 'Rosa')))).toBe('ledger-chain');
    const lying = () => ({ ok: false as const, line: 1, message: 'broken' });
    expect(
      codeOf(() =>
        readSignedLedger({ run: { id: 'r1' }, ledgerHead: passed.ledgerHead }, passed.ledger.end, lying),
      ),
    ).toBe('ledger-chain');
  });

  it('is split at the signed head', () => {
    const { signed, afterwards } = ledgerOfRun(passed);
    expect(signed.at(-1)?.hash).toBe(passed.ledgerHead);
    expect(afterwards.map(({ type }) => type)).toEqual(['gate.finished', 'run.finished']);
    expect(ledgerOfRun(passed, passed.ledger.signing).afterwards).toEqual([]);
  });

  const after = (signed: SignedRun, text: string) =>
    codeOf(() => verifyAfterwards(read(signed), signed.bundle.text, ledgerOfRun(signed, text)));
  const ruled = { type: 'run.ruled', data: ruling };
  const [report = '', end = ''] = passed.ledger.end.trimEnd().split('\n').slice(-2);
  const event = (line: string) => {
    const { type, data, at } = JSON.parse(line);
    return { type, data, at };
  };

  it.each<[string, () => string, AttestationErrorCode | 'holds']>([
    ['nothing', () => passed.ledger.signing, 'holds'],
    ['the report', () => goneOn(passed.ledger.signing, [event(report)]).text, 'holds'],
    ['its end', () => passed.ledger.end, 'holds'],
    ['its end and rulings', () => goneOn(passed.ledger.end, [ruled, ruled]).text, 'holds'],
    ['a ruling at once', () => goneOn(passed.ledger.signing, [ruled]).text, 'ledger-mismatch'],
    [
      'a ruling between report and end',
      () => goneOn(passed.ledger.signing, [event(report), ruled, event(end)]).text,
      'ledger-mismatch',
    ],
    ['an end without a report', () => goneOn(passed.ledger.signing, [event(end)]).text, 'ledger-mismatch'],
    [
      'a second report',
      () => goneOn(passed.ledger.signing, [event(report), event(report)]).text,
      'ledger-mismatch',
    ],
    ['a second end', () => goneOn(passed.ledger.end, [event(end)]).text, 'ledger-mismatch'],
    [
      'a lost lock after its end',
      () => goneOn(passed.ledger.end, [{ type: 'lock.broken', data: { by: ruling.by, reason: 'x' } }]).text,
      'ledger-mismatch',
    ],
    [
      'a lost lock before its end',
      () =>
        goneOn(passed.ledger.signing, [{ type: 'lock.broken', data: { by: ruling.by, reason: 'x' } }]).text,
      'holds',
    ],
  ])('may go on after the signed head with %s', (_, text, code) => {
    expect(after(passed, text())).toBe(code);
  });

  it('that goes on with a ruling before its end is refused as a whole, with the ruling’s statement too', async () => {
    const { text } = goneOn(passed.ledger.signing, [ruled]);
    const { statement } = ruledRun(passed);
    const verification = await verifyBundle({
      ...passed.request,
      ...{ ledger: { text, verify: verifyLines }, rulings: [statement] },
    });
    expect(verification).toMatchObject({ ok: false, code: 'ledger-mismatch' });
  });

  it('that goes on with the report and the end of another bundle is refused', () => {
    const other = failed.ledger.end.trimEnd().split('\n').slice(-2).map(event);
    expect(after(passed, goneOn(passed.ledger.signing, other).text)).toBe('ledger-mismatch');
    const otherEnd = goneOn(passed.ledger.signing, [event(report), other[1] ?? event(end)]).text;
    expect(after(passed, otherEnd)).toBe('ledger-mismatch');
  });

  it('is held against every claim that rests on it', () => {
    const claims = verifyAgainstLedger(read(passed), passed.bundle.text, ledgerOfRun(passed));
    for (const part of [
      'unbroken chain',
      'approved digest',
      'very one that the ledger gives',
      'the signature is of',
      'names this very bundle',
    ])
      expect(claims.join('\n')).toContain(part);
  });

  it('bounds the time of signing on both sides', () => {
    const bundle = read(passed);
    const signedAt = (timeVerified: string) =>
      codeOf(() =>
        verifySigningTime(
          {
            ...bundle,
            summary: { ...bundle.summary, predicate: { ...bundle.summary.predicate, timeVerified } },
          },
          ledgerOfRun(passed),
        ),
      );
    const { signed, afterwards } = ledgerOfRun(passed);
    const [earliest, latest] = [signed.at(-1)?.at ?? '', afterwards[0]?.at ?? ''];
    const moved = (at: string, ms: number) => new Date(Date.parse(at) + ms).toISOString();
    expect([earliest, moved(earliest, -1), latest, moved(latest, 1)].map(signedAt)).toEqual([
      ...['holds', 'time-mismatch', 'holds', 'time-mismatch'],
    ]);
  });
});

describe('the key, the verdict and the summary', () => {
  it('a key is trusted from its first instant to before its last', () => {
    const at = Date.parse(read(passed).summary.predicate.timeVerified);
    const trusted = (header: string) =>
      codeOf(() =>
        verifyKeyTime(
          readBundle(passed.bundle.text, [loadPublicKey(`${header}\n${publicKeyPem(passed.keys.signing)}`)]),
        ),
      );
    const iso = (ms: number) => new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
    expect(trusted(`Valid-After: ${iso(at)}`)).toBe('holds');
    expect(trusted(`Valid-After: ${iso(at + 1000)}`)).toBe('key-not-valid-then');
    expect(trusted(`Valid-Before: ${iso(at + 1000)}`)).toBe('holds');
    expect(trusted(`Valid-Before: ${iso(at)}`)).toBe('key-not-valid-then');
  });

  it('a verdict follows from the gates and from what was seen, to better and to worse', () => {
    for (const [signed, verdict] of [
      [failed, 'PASS'],
      [failed, 'BLOCKED'],
      [passed, 'FAILED'],
      [passed, 'PARTIAL'],
      [dry, 'PASS'],
    ] as const)
      expect(codeOf(() => verifyVerdict(saying(signed, () => ({ verdict }))))).toBe('verdict-mismatch');
    const seen = read(passed).deployment.predicate.seen;
    const gone = { ...seen, paths: seen?.paths.map((path) => ({ ...path, live: 'anchor' as const })) };
    expect(codeOf(() => verifyVerdict(saying(passed, () => ({ seen: gone }))))).toBe('verdict-mismatch');
  });

  it('a summary says PASSED for a PASS alone, with levels that fit, against the plan of the run', () => {
    const summary = (signed: SignedRun, change: object) => {
      const bundle = read(signed);
      const predicate = { ...bundle.summary.predicate, ...change };
      return codeOf(() => verifySummary({ ...bundle, summary: { ...bundle.summary, predicate } }));
    };
    expect(summary(passed, {})).toBe('holds');
    expect(summary(passed, { verificationResult: 'FAILED' })).toBe('summary-mismatch');
    expect(summary(passed, { verifiedLevels: ['FAILED'] })).toBe('summary-mismatch');
    expect(summary(failed, {})).toBe('holds');
    expect(summary(failed, { verificationResult: 'PASSED' })).toBe('summary-mismatch');
    expect(summary(failed, { verifiedLevels: [] })).toBe('summary-mismatch');
    expect(summary(dry, { verificationResult: 'PASSED', verifiedLevels: [] })).toBe('summary-mismatch');
    expect(summary(passed, { policy: { uri: 'x', digest: { sha256: '0'.repeat(64) } } })).toBe(
      'summary-mismatch',
    );
  });

  it('a bundle that was forged in one of its lines alone is refused by the claim about it', async () => {
    const bundleText = forge(passed, (each) => ({
      ...each,
      subject: [{ name: 'x', digest: { sha256: '0'.repeat(64) } }],
    }));
    const verification = await verifyBundle({ ...passed.request, bundleText, sshsig: undefined });
    expect(verification).toMatchObject({ ok: false, code: 'ledger-mismatch' });
  });
});
