import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AttestationErrorCode } from '../../src/attestation/attestation-error.ts';
import type { DeploymentPredicate } from '../../src/attestation/deployment-predicate.ts';
import { loadPublicKey, newSigningKeys, publicKeyPem } from '../../src/attestation/keys.ts';
import { predicateTypes } from '../../src/attestation/statement.ts';
import { type VerificationRequest, verifyBundle } from '../../src/attestation/verify.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { createDirectoryPublisher } from '../../src/report/publish-directory.ts';
import { digestOfSubject } from '../../src/run/approval-subject.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { factsWith, promotedFacts, referenceFacts } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';
import { bob, eventsAtSigning, ledgerOf, type Scenario } from '../fixtures/run-events.ts';
import { forge, forgeDeployment, signEvents, signedRun } from '../fixtures/signed-runs.ts';

const passed = signedRun();
const lines = passed.bundle.text.trimEnd().split('\n');
const joined = (parts: readonly string[]) => parts.map((line) => `${line}\n`).join('');
const reason = { code: 'test', text: 'a test' };

/** Verifies with fields replaced, and no SSH signature where the bundle is not the signed one, so that the rest must catch it. */
async function judge(replaced: Partial<VerificationRequest>): Promise<AttestationErrorCode | 'ok'> {
  const verification = await verifyBundle({ ...passed.request, sshsig: undefined, ...replaced });
  if (!verification.ok) expect(verification.claim).not.toBe('');
  return verification.ok ? 'ok' : verification.code;
}

describe('a bundle verifies', () => {
  it('claim by claim, with ledger and file signature', async () => {
    const verification = await verifyBundle(passed.request);
    expect(verification).toMatchObject({ ok: true, deployment: { verdict: 'PASS' } });
    const claims = verification.ok ? verification.claims.join('\n') : '';
    for (const part of [
      passed.keys.signing.keyId,
      'verdict PASS follows',
      'Alice',
      'allowed signer interlock',
      passed.ledgerHead,
      'quorum',
    ])
      expect(claims).toContain(part);
  });

  it.each<[string, Scenario]>([
    ['blocked', { results: { precheck: { status: 'blocked', reason, facts: {} } } }],
    ['failed', { results: { test: { status: 'fail', reason } } }],
    ['rejected', { votes: [{ ...bob, vote: 'reject' }] }],
    ['expired', { votes: [] }],
    ['aborted', { abortAfter: 'stage' }],
    ['rolled back', { results: { prove: { status: 'fail', reason } } }],
    ['simulated', { mode: 'DRYRUN' }],
    ['a verification', { operation: 'verify', subjectFacts: { artifact: factsWith('artifact') } }],
    ['a rollback', { operation: 'rollback', subjectFacts: promotedFacts() }],
  ])('also of a run that was %s, with the ledger at signing and at the end', async (_name, scenario) => {
    const signed = signedRun(scenario);
    expect(await verifyBundle(signed.request)).toMatchObject({ ok: true });
    expect(
      await verifyBundle({ ...signed.request, ledger: { text: signed.ledger.signing, verify: verifyLines } }),
    ).toMatchObject({ ok: true });
  });
});

describe('that the bytes of the bundle are not signed', () => {
  const signed = signedRun();
  const { request, ledger } = signed;
  const upTo = (text: string) => ({ text, verify: verifyLines });

  it.each<[string, Partial<VerificationRequest>, boolean]>([
    ['is noted without a ledger', { ledger: undefined }, true],
    ['is noted with one that ends at the signed head', { ledger: upTo(ledger.signing) }, true],
    ['is not with one whose report gate names the bundle', { ledger: upTo(ledger.end) }, false],
    [
      'is not where the SSH signature over them is verified',
      { ledger: upTo(ledger.signing), sshsig: request.sshsig },
      false,
    ],
  ])('%s', async (_name, given, isNoted) => {
    const verification = await verifyBundle({ ...request, sshsig: undefined, ...given });
    expect(verification).toMatchObject({ ok: true });
    const notes = verification.ok ? verification.notes.join('\n') : '';
    expect(notes.includes('the bytes of the bundle are not')).toBe(isNoted);
  });
});

describe('a bundle is refused', () => {
  it('with any one byte changed in any envelope', async () => {
    for (const [index, line] of lines.entries()) {
      await fc.assert(
        fc.asyncProperty(
          fc.nat({ max: line.length - 1 }),
          fc.integer({ min: 0x20, max: 0x7e }),
          async (position, byte) => {
            const changed = line.slice(0, position) + String.fromCharCode(byte) + line.slice(position + 1);
            fc.pre(changed !== line);
            expect(
              await judge({ bundleText: joined(lines.with(index, changed)), ledger: undefined }),
            ).not.toBe('ok');
          },
        ),
        { numRuns: 40 },
      );
    }
  });

  it('with any line dropped, doubled, or any two swapped', async () => {
    for (const index of lines.keys()) {
      expect(await judge({ bundleText: joined(lines.toSpliced(index, 1)), ledger: undefined })).not.toBe(
        'ok',
      );
      expect(
        await judge({ bundleText: joined(lines.toSpliced(index, 0, lines[index] ?? '')), ledger: undefined }),
      ).not.toBe('ok');
    }
    const pair = fc
      .tuple(fc.nat({ max: lines.length - 1 }), fc.nat({ max: lines.length - 1 }))
      .filter(([a, b]) => lines[a] !== lines[b]);
    await fc.assert(
      fc.asyncProperty(pair, async ([a, b]) => {
        expect(
          await judge({
            bundleText: joined(lines.with(a, lines[b] ?? '').with(b, lines[a] ?? '')),
            ledger: undefined,
          }),
        ).not.toBe('ok');
      }),
    );
  });

  it('with a line of another run by the same key', async () => {
    const other = signedRun({ results: { survey: { facts: {} } } }, passed.keys)
      .bundle.text.trimEnd()
      .split('\n');
    for (const index of [0, lines.length - 2, lines.length - 1])
      expect(
        await judge({ bundleText: joined(lines.with(index, other[index] ?? '')), ledger: undefined }),
      ).not.toBe('ok');
  });

  it.each<[string, () => Partial<VerificationRequest>, AttestationErrorCode]>([
    ['that is empty', () => ({ bundleText: '' }), 'malformed-bundle'],
    ['that was cut off', () => ({ bundleText: passed.bundle.text.slice(0, -1) }), 'malformed-bundle'],
    [
      'with a line end of Windows',
      () => ({ bundleText: passed.bundle.text.replace('\n', '\r\n') }),
      'malformed-envelope',
    ],
    ['without its summary', () => ({ bundleText: joined(lines.slice(0, -1)) }), 'missing-statement'],
    ['without its provenance', () => ({ bundleText: joined(lines.slice(1)) }), 'sibling-digest'],
    ['by a key that is not trusted', () => ({ publicKeys: signedRun().request.publicKeys }), 'unknown-key'],
    ['without any trusted key', () => ({ publicKeys: [] }), 'unknown-key'],
    [
      'signed when the key had expired',
      () => ({
        publicKeys: [
          loadPublicKey(`Valid-Before: 2026-05-21T05:39:59Z\n${publicKeyPem(passed.keys.signing)}`),
        ],
      }),
      'key-not-valid-then',
    ],
    [
      'signed before the key was trusted',
      () => ({
        publicKeys: [
          loadPublicKey(`Valid-After: 2026-05-22T00:00:00Z\n${publicKeyPem(passed.keys.signing)}`),
        ],
      }),
      'key-not-valid-then',
    ],
    [
      'whose file signature is of another file',
      () => ({
        sshsig: {
          signature: signedRun({}, passed.keys).bundle.sshsig,
          allowedSigners: passed.bundle.allowedSigners,
        },
      }),
      'bad-sshsig',
    ],
    [
      'whose file signer is not allowed',
      () => ({
        sshsig: { signature: passed.bundle.sshsig, allowedSigners: signedRun().bundle.allowedSigners },
      }),
      'bad-sshsig',
    ],
  ])('%s', async (_name, replaced, code) => {
    expect(await judge({ ledger: undefined, ...replaced() })).toBe(code);
  });

  it('by two trusted keys', async () => {
    const other = signedRun();
    const publicKeys = [...passed.request.publicKeys, ...other.request.publicKeys];
    const [first = ''] = other.bundle.text.split('\n');
    expect(await judge({ bundleText: joined(lines.with(0, first)), publicKeys })).toBe('mixed-keys');
  });
});

describe('the holder of the key cannot sign away', () => {
  const failed = signedRun({ results: { test: { status: 'fail', reason } } });
  const forged = (edit: (predicate: DeploymentPredicate) => DeploymentPredicate, ledger = false) =>
    judge({ bundleText: forgeDeployment(passed, edit), ...(ledger ? {} : { ledger: undefined }) });

  it('a failed gate under a PASS', async () => {
    const bundleText = forge(failed, (each) => {
      if (each.predicateType === predicateTypes.summary)
        return {
          ...each,
          predicate: { ...each.predicate, verificationResult: 'PASSED', verifiedLevels: [] },
        };
      if (each.predicateType !== predicateTypes.deployment) return each;
      return {
        ...each,
        predicate: { ...each.predicate, verdict: 'PASS', outcome: 'A — WIRED', reason: null },
      };
    });
    expect(await judge({ bundleText, publicKeys: failed.request.publicKeys, ledger: undefined })).toBe(
      'verdict-mismatch',
    );
  });

  it('a failed test result under a PASS', async () => {
    const bundleText = forge(passed, (each) =>
      each.predicateType === predicateTypes.testResult
        ? { ...each, predicate: { ...each.predicate, result: 'FAILED' } }
        : each,
    );
    expect(await judge({ bundleText, ledger: undefined })).toBe('verdict-mismatch');
  });

  it('a summary that says otherwise than the verdict', async () => {
    const bundleText = forge(failed, (each) =>
      each.predicateType === predicateTypes.summary
        ? { ...each, predicate: { ...each.predicate, verificationResult: 'PASSED', verifiedLevels: [] } }
        : each,
    );
    expect(await judge({ bundleText, publicKeys: failed.request.publicKeys, ledger: undefined })).toBe(
      'summary-mismatch',
    );
  });

  it('a summary against another plan', async () => {
    const policy = { uri: 'x', digest: { sha256: '0'.repeat(64) } };
    const bundleText = forge(passed, (each) =>
      each.predicateType === predicateTypes.summary
        ? { ...each, predicate: { ...each.predicate, policy } }
        : each,
    );
    expect(await judge({ bundleText, ledger: undefined })).toBe('summary-mismatch');
  });

  it('a statement about another artifact', async () => {
    const subject = [{ name: 'other.tar.gz', digest: { sha256: '0'.repeat(64) } }];
    const bundleText = forge(passed, (each) =>
      each.predicateType === predicateTypes.provenance ? { ...each, subject } : each,
    );
    expect(await judge({ bundleText, ledger: undefined })).toBe('subject-mismatch');
  });

  it.each<[string, (predicate: DeploymentPredicate) => DeploymentPredicate, AttestationErrorCode]>([
    [
      'an approval of something else',
      (each) => ({
        ...each,
        approvals: each.approvals.map((one) => ({ ...one, approvedDigest: `sha256:${'9'.repeat(64)}` })),
      }),
      'approval-digest',
    ],
    ['the want of an approval', (each) => ({ ...each, approvals: [] }), 'approval-missing'],
    [
      'an approval that was not granted',
      (each) => ({ ...each, approval: each.approval && { ...each.approval, status: 'waiting' } }),
      'approval-missing',
    ],
    [
      'an approval by the requester',
      (each) => ({
        ...each,
        approvals: each.approvals.map((one) => ({ ...one, approver: each.run.requester })).slice(0, 1),
      }),
      'approval-missing',
    ],
    [
      'one approver counted twice',
      (each) => ({ ...each, approvals: each.approvals.flatMap((one) => [one, one]) }),
      'approval-missing',
    ],
  ])('%s, even without the ledger', async (_name, edit, code) => {
    expect(await forged(edit)).toBe(code);
  });

  it.each<[string, (predicate: DeploymentPredicate) => DeploymentPredicate]>([
    [
      'who approved',
      (each) => ({
        ...each,
        approvals: each.approvals
          .map((one) => ({ ...one, approver: { id: 'U0EVE', name: 'Eve' } }))
          .slice(0, 1),
      }),
    ],
    [
      'when it was approved',
      (each) => ({
        ...each,
        approvals: each.approvals.map((one) => ({ ...one, votedAt: '2026-05-21T05:00:00.000Z' })),
      }),
    ],
    [
      'what was approved',
      (each) => ({
        ...each,
        approval: each.approval && { ...each.approval, digest: `sha256:${'9'.repeat(64)}` },
        approvals: each.approvals.map((one) => ({ ...one, approvedDigest: `sha256:${'9'.repeat(64)}` })),
      }),
    ],
    [
      'what a gate took',
      (each) => ({
        ...each,
        gates: each.gates.map((gate) => ({ ...gate, machine: gate.machine && 'another' })),
      }),
    ],
    ['a gate that is left out', (each) => ({ ...each, gates: each.gates.slice(1) })],
    ['a probe', (each) => ({ ...each, probes: [] })],
    ['a gap', (each) => ({ ...each, gaps: [] })],
    [
      'a claim without evidence',
      (each) => ({
        ...each,
        forbiddenActions: each.forbiddenActions.map((one) => ({ ...one, claim: 'not done' as const })),
      }),
    ],
    ['the plan', (each) => ({ ...each, plan: { ...each.plan, name: 'another' } })],
    ['what is live', (each) => ({ ...each, delivered: [] })],
    ['the outcome', (each) => ({ ...each, outcome: 'A+' })],
  ])('%s, with the ledger', async (_name, edit) => {
    expect(await forged(edit, true)).toBe('ledger-mismatch');
  });
});

describe('the ledger', () => {
  const ledger = (text: string) => judge({ ledger: { text, verify: verifyLines } });
  const events = passed.ledger.end.trimEnd().split('\n');
  const signedLines = passed.ledger.signing.trimEnd().split('\n').length;

  it('is refused when its chain is broken', async () => {
    expect(await ledger(passed.ledger.end.replace('Rita', 'Rosa'))).toBe('ledger-chain');
    expect(await ledger(joined(events.toSpliced(3, 1)))).toBe('ledger-chain');
  });

  it('is refused when it was cut before the signed head', async () => {
    expect(await ledger(joined(events.slice(0, signedLines - 1)))).toBe('ledger-head');
  });

  it('is refused when its chain was made anew over other events', async () => {
    const rewritten = events.map((line) => JSON.parse(line.replaceAll('"Alice"', '"Eve"')));
    expect(await ledger(ledgerOf(rewritten).text)).toBe('ledger-head');
  });

  it('is refused when it is of another run', async () => {
    const other = signedRun({ results: { survey: { machine: 'other' } } });
    expect(await ledger(other.ledger.end)).toBe('ledger-head');
  });

  it('is refused when the run ended otherwise than it was signed', async () => {
    const last = JSON.parse(events.at(-1) ?? '');
    const ended = [
      ...events.slice(0, -1).map((line) => JSON.parse(line)),
      { ...last, data: { ...last.data, verdict: 'FAILED' } },
    ];
    expect(await ledger(ledgerOf(ended).text)).toBe('ledger-mismatch');
  });

  it('is refused when the approval was of other things than the gates gave, though all of it was signed', async () => {
    const events = eventsAtSigning();
    const subject = { ...passed.run.approval?.subject, mode: 'DRYRUN' };
    const digest = digestOfSubject(subject);
    const shown = events.map((event) =>
      event.type === 'approval.requested' ? { ...event, data: { ...event.data, subject } } : event,
    );
    expect(await verifyBundle(signEvents(shown).request)).toMatchObject({
      ok: false,
      code: 'approval-digest',
    });
    const renamed = shown.map((event) =>
      event.type.startsWith('approval.') ? { ...event, data: { ...event.data, digest } } : event,
    );
    expect(await verifyBundle(signEvents(renamed as RunEvent[]).request)).toMatchObject({
      ok: false,
      code: 'approval-digest',
    });
  });

  it('says of a plan with a second factor that every consent came with one, and is refused when one did not', async () => {
    const plain = referencePlan();
    const plan = referencePlan({ approval: { ...plain.approval, secondFactor: 'totp' } });
    const events = eventsAtSigning({ plan });
    const honest = await verifyBundle(signEvents(events).request);
    expect(honest.ok && honest.claims.join()).toContain('each consent with a second factor');
    const bare = events.map((event) =>
      event.type === 'approval.voted' && event.data.voter.id === bob.id
        ? { ...event, data: { ...event.data, factor: null } }
        : event,
    );
    expect(await verifyBundle(signEvents(bare).request)).toMatchObject({
      ok: false,
      code: 'approval-missing',
    });
  });

  it('is refused when a group lacked its quorum, though the run says that it was granted', async () => {
    const events = eventsAtSigning().filter(
      (event) => !(event.type === 'approval.voted' && event.data.voter.id === bob.id),
    );
    const numbered = events.map((event, index) => ({ ...event, seq: index + 1 }));
    expect(await verifyBundle(signEvents(numbered).request)).toMatchObject({
      ok: false,
      code: 'approval-missing',
    });
  });
});

describe('files', () => {
  let directory = '';
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'interlock-verify-'));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it('that are the artifact are told from those that are not', async () => {
    const bytes = 'the artifact';
    const artifact = { ...referenceFacts.artifact.artifact, sha256: sha256Hex(bytes) };
    const signed = signedRun({ results: { artifact: { facts: factsWith('artifact', { artifact }) } } });
    const path = join(directory, 'artifact.tar.gz');
    await writeFile(path, bytes);
    expect(await verifyBundle({ ...signed.request, artifactFile: path })).toMatchObject({ ok: true });
    await writeFile(path, `${bytes}!`);
    expect(await verifyBundle({ ...signed.request, artifactFile: path })).toMatchObject({
      ok: false,
      code: 'artifact-mismatch',
    });
    await expect(verifyBundle({ ...signed.request, artifactFile: join(directory, 'gone') })).rejects.toThrow(
      'ENOENT',
    );
  });

  it('of the report are found as signed, in an earlier revision too', async () => {
    const publisher = createDirectoryPublisher({ root: directory, folder: 'reports' });
    const reportDir = join(directory, 'reports');
    expect(await verifyBundle({ ...passed.request, reportDir })).toMatchObject({
      ok: false,
      code: 'report-missing',
    });
    await publisher.publish(passed.documents);
    expect(await verifyBundle({ ...passed.request, reportDir })).toMatchObject({ ok: true });
    await publisher.publish(signedRun({ results: { test: { status: 'fail', reason } } }).documents);
    expect(await verifyBundle({ ...passed.request, reportDir })).toMatchObject({
      ok: false,
      code: 'report-mismatch',
    });
    const later = await verifyBundle({ ...passed.request, reportDir, superseded: true });
    expect(later.ok && later.claims.join('\n')).toContain('an earlier revision');
    expect(later.ok && later.notes.join('\n')).toContain(
      `not of this run, and not verified: the document ${join(reportDir, '09-final.md')}`,
    );
  });

  it('of the report that were improved afterwards are refused', async () => {
    const reportDir = join(directory, 'improved');
    await createDirectoryPublisher({ root: directory, folder: 'improved' }).publish(
      passed.documents.map((each) => ({
        ...each,
        markdown: each.markdown.replace('not evidenced', 'not done'),
      })),
    );
    expect(await verifyBundle({ ...passed.request, reportDir })).toMatchObject({
      ok: false,
      code: 'report-mismatch',
    });
  });
});

it('refuses every key but the one that signed', async () => {
  const others = Array.from({ length: 3 }, () => loadPublicKey(publicKeyPem(newSigningKeys().signing)));
  expect(await judge({ publicKeys: others })).toBe('unknown-key');
  expect(await judge({ publicKeys: [...others, ...passed.request.publicKeys] })).toBe('ok');
});
