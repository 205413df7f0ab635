import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadPublicKey, newSigningKeys, publicKeyPem } from '../../src/attestation/keys.ts';
import { type RulingPredicate, signRuling } from '../../src/attestation/ruling-statement.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import { documentDigest } from '../../src/report/front-matter.ts';
import { mutationsOf } from '../fixtures/mutations-of.ts';
import { goneOn, ruledAt, ruledRun, ruling } from '../fixtures/signed-rulings.ts';
import { signedRun } from '../fixtures/signed-runs.ts';

const signed = signedRun();
const { ledger, predicate, bundle, document } = ruledRun(signed);
const sign = (change: Partial<RulingPredicate> = {}, of = bundle, keys = signed.keys) =>
  signRuling({ ...predicate, ...change }, of, keys.signing);

const verify = (statement: string, given: string | null = ledger, keys = signed.request.publicKeys) =>
  verifyBundle({
    ...signed.request,
    publicKeys: keys,
    rulings: [statement],
    ledger: given === null ? undefined : { text: given, verify: verifyLines },
  });

describe('a signed ruling', () => {
  it('verifies against the bundle, the key and the ledger that goes on with it', async () => {
    const result = await verify(sign());
    expect(result.ok && result.claims.at(-1)).toBe(
      `ruling 1: accepted-with-conditions by Rex (U0REVIEWER) at ${ruledAt}, signed over this very bundle; the ledger holds it as event ${predicate.ledger.seq}, and none after it`,
    );
  });

  it('says so when its ledger was not given, and when a later one replaces it', async () => {
    const alone = await verify(sign(), null);
    expect(alone.ok && alone.claims.at(-1)).toContain('whether a later ruling replaces it is not known');
    const later = { ...ruling, decision: 'rejected' as const, conditions: [], gaps: [] };
    const twice = goneOn(ledger, [{ type: 'run.ruled', data: later }]);
    const [place] = twice.heads;
    const both = [sign(), sign({ ...later, number: 2, ledger: place ?? predicate.ledger })];
    const result = await verifyBundle({
      ...signed.request,
      rulings: both,
      ledger: { text: twice.text, verify: verifyLines },
    });
    expect(result.ok && result.claims.at(-2)).toContain('and 1 later, which replace it');
  });

  it.each<[string, () => string, string]>([
    [
      'of another bundle',
      () => sign({}, { ...bundle, digest: `sha256:${'0'.repeat(64)}` }),
      'ruling-mismatch',
    ],
    ['of another run', () => sign({ run: 'r2' }), 'ruling-mismatch'],
    ['whose words the ledger has not', () => sign({ text: 'without any doubt' }), 'ruling-mismatch'],
    [
      'whose conditions were left out',
      () => sign({ decision: 'accepted', conditions: [] }),
      'ruling-mismatch',
    ],
    [
      'that closes more gaps',
      () => sign({ gaps: [{ id: 'F-1', status: 'closed', why: 'all of it' }] }),
      'ruling-mismatch',
    ],
    ['by somebody else', () => sign({ by: { id: 'U0ALICE', name: 'Alice' } }), 'ruling-mismatch'],
    ['at another place of the ledger', () => sign({ number: 2 }), 'ruling-mismatch'],
    ['at another time', () => sign({ ruledAt: '2026-05-22T09:00:00.000Z' }), 'ruling-mismatch'],
    ['by another key', () => sign({}, bundle, newSigningKeys()), 'unknown-key'],
    [
      'with a byte changed',
      () => sign().replace(/"payload":"eyJ(.)/, '"payload":"eyJ$1$1'),
      'malformed-envelope',
    ],
    [
      'that is another statement of the same key',
      () => `${signed.bundle.text.split('\n')[0]}`,
      'malformed-statement',
    ],
  ])('%s is refused', async (_, forged, code) => {
    expect(await verify(forged())).toMatchObject({ ok: false, code });
  });

  it('is refused with any field of it changed and signed anew, where ledger and report are given', async () => {
    const reportDir = await mkdtemp(join(tmpdir(), 'interlock-ruled-'));
    try {
      const [current, ...others] = [...signed.documents].reverse();
      await mkdir(join(reportDir, 'revisions'));
      const files = [
        ...others.map(({ name, markdown }) => [name, markdown] as const),
        [document.name, document.markdown] as const,
        [`revisions/${document.name.replace('.md', '.r1.md')}`, current?.markdown ?? ''] as const,
      ];
      for (const [name, markdown] of files) await writeFile(join(reportDir, name), markdown);
      const judge = (statement: string, more = {}) =>
        verifyBundle({
          ...signed.request,
          ledger: { text: ledger, verify: verifyLines },
          rulings: [statement],
          reportDir,
          ...more,
        });
      expect(await judge(sign())).toMatchObject({ ok: true });
      const stood: string[] = [];
      let tried = 0;
      for (const { path, value } of mutationsOf({ predicate, bundle })) {
        const made = value as { predicate: RulingPredicate; bundle: typeof bundle };
        const statement = await Promise.resolve()
          .then(() => signRuling(made.predicate, made.bundle, signed.keys.signing))
          .catch(() => null);
        tried += 1;
        if (statement !== null && (await judge(statement)).ok) stood.push(path.join('/'));
      }
      expect([tried > 25, stood]).toEqual([true, []]);
      // The report in which the final document was changed together with the ruling that names it.
      const falsified = document.markdown.replace('**accepted-with-conditions**', '**accepted**');
      expect(falsified).not.toBe(document.markdown);
      await writeFile(join(reportDir, document.name), falsified);
      const digest = documentDigest(falsified);
      expect(await judge(sign({ document: { name: document.name, digest } }))).toMatchObject({
        ok: false,
        code: 'ruling-mismatch',
      });
    } finally {
      await rm(reportDir, { recursive: true, force: true });
    }
  });

  it('is refused by a key that was retired before it', async () => {
    const key = {
      ...loadPublicKey(publicKeyPem(signed.keys.signing)),
      validBefore: new Date('2026-05-21T12:00:00.000Z'),
    };
    expect(await verify(sign(), ledger, [key])).toMatchObject({ ok: false, code: 'key-not-valid-then' });
  });
});

describe('a ledger that goes on after the end', () => {
  const against = (text: string, ...rulings: string[]) =>
    verifyBundle({ ...signed.request, rulings, ledger: { text, verify: verifyLines } });

  it('may hold rulings that are signed apart, and nothing else', async () => {
    const held = await against(ledger, sign());
    expect(held.ok && held.notes.join('\n')).toContain(
      `every event of the ledger is covered by a signature, up to event ${predicate.ledger.seq}`,
    );
    const end = { verdict: 'PASS', outcome: 'better', reason: null };
    const { text } = goneOn(ledger, [{ type: 'run.finished', data: end }]);
    expect(await against(text, sign())).toMatchObject({ ok: false, code: 'ledger-mismatch' });
  });

  it('is refused with a ruling that anybody could have written into it: an acceptance needs a statement', async () => {
    expect(await against(ledger)).toMatchObject({ ok: false, code: 'ruling-unsigned' });
    const accepted = { ...ruling, decision: 'accepted', conditions: [] };
    const twice = goneOn(ledger, [{ type: 'run.ruled', data: accepted }]).text;
    expect(await against(twice, sign())).toMatchObject({
      ok: false,
      code: 'ruling-unsigned',
      claim: expect.stringContaining('ruling 2'),
    });
    expect(await against(twice, sign({ number: 2 }))).toMatchObject({ ok: false });
  });
});
