import { describe, expect, it } from 'vitest';
import { loadPublicKey, newSigningKeys, publicKeyPem } from '../../src/attestation/keys.ts';
import { type RulingPredicate, signRuling } from '../../src/attestation/ruling-statement.ts';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { sealEvent } from '../../src/ledger/event.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import type { EventData } from '../../src/run/events.ts';
import { signedRun } from '../fixtures/signed-runs.ts';

const signed = signedRun();
const bundle = { name: 'evidence.intoto.jsonl', digest: signed.bundle.digest };
const ruledAt = '2026-05-22T08:00:00.000Z';

const said: EventData<'run.ruled'> = {
  by: { id: 'U0REVIEWER', name: 'Rex' },
  decision: 'accepted-with-conditions',
  text: 'enough to go on',
  conditions: ['run it for real'],
  gaps: [{ id: 'F-1', status: 'partial', why: 'half of it was seen' }],
  nextPlan: 'o8c',
  via: 'command',
};

/** The run's ledger, gone on with these rulings. */
function ruledLedger(...rulings: EventData<'run.ruled'>[]): {
  text: string;
  heads: { seq: number; head: string }[];
} {
  const lines = signed.ledger.end.trimEnd().split('\n');
  const heads = rulings.map((data) => {
    const last = JSON.parse(lines.at(-1) ?? '') as { stream: string; seq: number; hash: string };
    const seq = last.seq + 1;
    const sealed = sealEvent({
      stream: last.stream,
      seq,
      at: ruledAt,
      type: 'run.ruled',
      data: JSON.parse(JSON.stringify(data)),
      prev: last.hash,
    });
    lines.push(sealed.line);
    return { seq, head: sealed.event.hash };
  });
  return { text: `${lines.join('\n')}\n`, heads };
}

const once = ruledLedger(said);
const predicate: RulingPredicate = {
  run: 'r1',
  number: 1,
  ...said,
  ruledAt,
  ledger: once.heads[0] ?? { seq: 0, head: '' },
  document: { name: '09-final.md', digest: signed.documents.at(-1)?.digest ?? '' },
};
const sign = (change: Partial<RulingPredicate> = {}, of = bundle, keys = signed.keys) =>
  signRuling({ ...predicate, ...change }, of, keys.signing);

const verify = (ruling: string, ledger: string | null = once.text, keys = signed.request.publicKeys) =>
  verifyBundle({
    ...signed.request,
    publicKeys: keys,
    rulings: [ruling],
    ledger: ledger === null ? undefined : { text: ledger, verify: verifyLines },
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
    const twice = ruledLedger(said, { ...said, decision: 'rejected', conditions: [], gaps: [] });
    const result = await verify(sign(), twice.text);
    expect(result.ok && result.claims.at(-1)).toContain('and 1 later, which replace it');
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
  ])('%s is refused', async (_, ruling, code) => {
    expect(await verify(ruling())).toMatchObject({ ok: false, code });
  });

  it('is refused by a key that was retired before it', async () => {
    const key = {
      ...loadPublicKey(publicKeyPem(signed.keys.signing)),
      validBefore: new Date('2026-05-21T12:00:00.000Z'),
    };
    expect(await verify(sign(), once.text, [key])).toMatchObject({ ok: false, code: 'key-not-valid-then' });
  });
});

describe('a ledger that goes on after the end', () => {
  it('may hold rulings, and nothing else', async () => {
    expect(
      await verifyBundle({ ...signed.request, ledger: { text: once.text, verify: verifyLines } }),
    ).toMatchObject({ ok: true });
    const lines = once.text.trimEnd().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as { stream: string; seq: number; hash: string };
    const more = sealEvent({
      stream: last.stream,
      seq: last.seq + 1,
      at: ruledAt,
      type: 'run.finished',
      data: { verdict: 'PASS', outcome: 'better', reason: null },
      prev: last.hash,
    });
    const text = `${lines.join('\n')}\n${more.line}\n`;
    expect(await verifyBundle({ ...signed.request, ledger: { text, verify: verifyLines } })).toMatchObject({
      ok: false,
      code: 'ledger-mismatch',
    });
  });
});
