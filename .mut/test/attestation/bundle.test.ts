import { bundleFromJSON } from '@sigstore/bundle';
import { toSignedEntity, toTrustMaterial, Verifier } from '@sigstore/verify';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { envelopeSchema } from '../../src/attestation/dsse.ts';
import { predicateTypes, type Statement, statementSchema } from '../../src/attestation/statement.ts';
import { factsWith } from '../fixtures/reference-facts.ts';
import { baseline, commit, sha } from '../fixtures/reference-plan.ts';
import type { Scenario } from '../fixtures/run-events.ts';
import { type SignedRun, signedRun, statementsIn } from '../fixtures/signed-runs.ts';

const passed = signedRun();
const reason = { code: 'test', text: 'a test' };
const blocked = { results: { precheck: { status: 'blocked', reason, facts: {} } } } satisfies Scenario;

function payloads(text: string): Statement[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) =>
      statementSchema.parse(JSON.parse(String(Buffer.from(JSON.parse(line).payload, 'base64')))),
    );
}

function only<T extends Statement['predicateType']>(
  signed: SignedRun,
  type: T,
): Extract<Statement, { predicateType: T }>[] {
  return statementsIn(signed).filter(
    (each): each is Extract<Statement, { predicateType: T }> => each.predicateType === type,
  );
}

describe('the bundle of a run that passed', () => {
  it('holds provenance, the test results of three gates, the deployment and the summary', () => {
    expect(payloads(passed.bundle.text).map(({ predicateType }) => predicateType)).toEqual([
      predicateTypes.provenance,
      ...Array.from({ length: 6 }, () => predicateTypes.testResult),
      predicateTypes.deployment,
      predicateTypes.summary,
    ]);
  });

  it('is about the artifact in every statement', () => {
    for (const { subject } of payloads(passed.bundle.text))
      expect(subject).toEqual([{ name: 'iu-cutter-703559c.tar.gz', digest: { sha256: sha('e') } }]);
  });

  it('names baseline and change set as what the artifact was made of', () => {
    const [provenance] = only(passed, predicateTypes.provenance);
    const dependencies = provenance?.predicate.buildDefinition.resolvedDependencies;
    expect(dependencies?.map(({ name, digest }) => [name, digest])).toEqual([
      ['baseline', { gitCommit: baseline }],
      ['change-set', { sha256: sha('c') }],
      ['change-set/src/a.ts', { sha256: sha('a') }],
      ['change-set/src/b.ts', { sha256: sha('b') }],
    ]);
    expect(provenance?.predicate.runDetails.byproducts).toContainEqual({
      name: 'commit',
      digest: { gitCommit: commit },
    });
  });

  it('is accepted by @sigstore/verify, line by line, and by no other key', () => {
    for (const line of passed.bundle.text.trimEnd().split('\n')) {
      expect(() => sigstoreVerify(line, passed)).not.toThrow();
      expect(() => sigstoreVerify(line, signedRun())).toThrow();
      expect(() =>
        sigstoreVerify(
          line.replace(/"payload":"(.)/, (_all, first) => `"payload":"${first === 'e' ? 'f' : 'e'}`),
          passed,
        ),
      ).toThrow();
    }
  });

  it('is refused by @sigstore/verify with any one bit of any payload or signature flipped', () => {
    const lines = passed.bundle.text.trimEnd().split('\n');
    const flip = (base64: string, at: number) => {
      const bytes = Buffer.from(base64, 'base64');
      const place = at % (bytes.length * 8);
      bytes.writeUInt8(bytes.readUInt8(place >> 3) ^ (1 << (place & 7)), place >> 3);
      return bytes.toString('base64');
    };
    fc.assert(
      fc.property(fc.nat(lines.length - 1), fc.boolean(), fc.nat(), (index, inPayload, at) => {
        const envelope = envelopeSchema.parse(JSON.parse(lines[index] ?? ''));
        const [signature] = envelope.signatures;
        const altered = inPayload
          ? { ...envelope, payload: flip(envelope.payload, at) }
          : { ...envelope, signatures: [{ ...signature, sig: flip(signature?.sig ?? '', at) }] };
        expect(() => sigstoreVerify(JSON.stringify(altered), passed)).toThrow();
      }),
    );
  });
});

function sigstoreVerify(line: string, { keys }: SignedRun): void {
  const envelope = JSON.parse(line);
  const bundle = bundleFromJSON({
    mediaType: 'application/vnd.dev.sigstore.bundle.v0.3+json',
    verificationMaterial: {
      publicKey: { hint: envelope.signatures[0].keyid },
      tlogEntries: [],
      timestampVerificationData: undefined,
    },
    dsseEnvelope: envelope,
  });
  const root = { mediaType: '', tlogs: [], certificateAuthorities: [], ctlogs: [], timestampAuthorities: [] };
  const trust = toTrustMaterial(root, () => ({
    publicKey: keys.signing.publicKey,
    validFor: () => true,
  }));
  new Verifier(trust, { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }).verify(
    toSignedEntity(bundle),
  );
}

describe('a test result', () => {
  const results = (scenario: Scenario) =>
    only(signedRun(scenario), predicateTypes.testResult).map(({ predicate }) => predicate.result);

  it('passes only with the very counts of the plan', () => {
    const suites = (passedTests: number) => [
      { name: 'full', passed: passedTests, failed: 0, skipped: 0, total: passedTests },
    ];
    const test = (count: number) => ({
      results: {
        test: {
          status: 'fail' as const,
          reason,
          facts: factsWith('test', { suites: suites(count), proofs: [] }),
        },
      },
    });
    expect(results(test(394))).toEqual(['PASSED']);
    expect(results(test(393))).toEqual(['FAILED']);
    expect(results(test(0))).toEqual(['FAILED']);
  });

  it('of a suite that the plan does not know never passes, nor do fewer proofs', () => {
    const suites = [{ name: 'other', passed: 5, failed: 0, skipped: 0, total: 5 }];
    const proofs = [{ id: 'PROOF-1', claim: 'x', holds: true }];
    expect(
      results({
        results: { test: { status: 'fail', reason, facts: factsWith('test', { suites, proofs }) } },
      }),
    ).toEqual(['FAILED', 'FAILED']);
  });
});

describe('the bundle of a run that did not pass', () => {
  it.each<[string, Scenario, string]>([
    ['blocked', blocked, 'BLOCKED'],
    ['failed', { results: { test: { status: 'fail', reason } } }, 'FAILED'],
    ['aborted', { abortAfter: 'survey' }, 'BLOCKED'],
    ['rolled back', { results: { prove: { status: 'fail', reason } } }, 'FAILED'],
    ['simulated', { mode: 'DRYRUN' }, 'DRYRUN'],
  ])('says FAILED in its summary: %s', (_name, scenario, verdict) => {
    const signed = signedRun(scenario);
    const [deployment] = only(signed, predicateTypes.deployment);
    const [summary] = only(signed, predicateTypes.summary);
    expect(deployment?.predicate.verdict).toBe(verdict);
    expect(summary?.predicate).toMatchObject({ verificationResult: 'FAILED', verifiedLevels: ['FAILED'] });
  });

  it('is about the plan when there is no artifact, and has no provenance', () => {
    const signed = signedRun(blocked);
    expect(only(signed, predicateTypes.provenance)).toEqual([]);
    expect(statementsIn(signed)[0]?.subject).toEqual([
      { name: 'plan o8b-retry', digest: { sha256: signed.run.planDigest.slice(7) } },
    ]);
  });
});
