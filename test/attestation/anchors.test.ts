// Heads that a time stamp authority has seen: what a verifier with its certificate believes of a bundle, and what it refuses.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Anchored } from '../../src/attestation/deployment-predicate.ts';
import { newSigningKeys } from '../../src/attestation/keys.ts';
import { timestampQuery, verifyTimestamp } from '../../src/attestation/timestamp.ts';
import { type VerificationRequest, verifyBundle } from '../../src/attestation/verify.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { eventsAtSigning, ledgerOf } from '../fixtures/run-events.ts';
import { type SignedRun, signEvents, signedAt } from '../fixtures/signed-runs.ts';
import { startTimestampAuthority, type TimestampAuthority } from '../fixtures/timestamp-authority.ts';

const authority = 'http://tsa.example/';
let tsa: TimestampAuthority;
/** The reference run, moved to these days: the authority's clock is that of this machine. */
let now: RunEvent[];
let stamp: Buffer;
let at: string;
let signed: SignedRun;
const keys = newSigningKeys();

/** Moves every time of the events, but for what only they contain. */
function moved(events: readonly RunEvent[], ms: number): RunEvent[] {
  return events.map((event) => ({ ...event, at: new Date(Date.parse(event.at) + ms).toISOString() }));
}

/** Some minutes ago, so that what closes the run is not far in the future. */
const shift = Date.now() - 180_000 - signedAt.getTime();
const signing = new Date(signedAt.getTime() + shift);
const sign = (anchored?: Anchored) => signEvents(now, keys, anchored, signing);
const der = (head: string) => tsa.stamp(timestampQuery(head).der);

beforeAll(async () => {
  tsa = await startTimestampAuthority();
  now = moved(eventsAtSigning(), shift);
  const { head } = ledgerOf(now);
  stamp = await der(head);
  at = (await verifyTimestamp(stamp, head, tsa.trusted)).at.toISOString();
  signed = sign({ authority, at, reason: null });
});
afterAll(() => tsa?.[Symbol.asyncDispose]());

const kept = (bytes: Uint8Array, name = 'head-27.tsr') => ({ name, der: bytes });

async function judge(of: SignedRun, anchors: VerificationRequest['anchors'], change: object = {}) {
  const verification = await verifyBundle({ ...of.request, anchors, ...change });
  return verification.ok ? [...verification.claims, ...verification.notes].join('\n') : verification.code;
}

describe('a bundle whose ledger was anchored outside', () => {
  it('says so, and is held against the stamp where its authority is trusted', async () => {
    const claim = `${authority} had stamped the ledger’s head at ${at}`;
    expect(await judge(signed, undefined)).toContain(claim);
    const timestamps = [kept(stamp)];
    const claims = await judge(signed, { trusted: tsa.trusted, timestamps });
    expect(claims).toContain(claim);
    expect(claims).toContain(`event ${now.length} and all before it existed by ${at}, says CN=test tsa`);
    expect(await judge(signed, { trusted: tsa.trusted, timestamps }, { ledger: undefined })).toContain(
      `the head ${signed.ledgerHead} existed by ${at}`,
    );
  });

  it('may be anchored later too, with the end of its run', async () => {
    const end = JSON.parse(signed.ledger.end.trimEnd().split('\n').at(-1) ?? '').hash;
    const timestamps = [kept(stamp), kept(await der(end), 'head-29.tsr')];
    expect(await judge(signed, { trusted: tsa.trusted, timestamps })).toContain(
      `head-29.tsr: event ${now.length + 2} and all before it existed by`,
    );
  });

  it('is refused when the stamp is gone, of something else, by somebody else or of another time', async () => {
    const { trusted } = tsa;
    expect(await judge(signed, { trusted, timestamps: [] })).toBe('timestamp-missing');
    const foreign = kept(await der(`sha256:${'0'.repeat(64)}`));
    expect(await judge(signed, { trusted, timestamps: [kept(stamp), foreign] })).toBe('timestamp-mismatch');
    await using stranger = await startTimestampAuthority();
    expect(await judge(signed, { trusted: stranger.trusted, timestamps: [kept(stamp)] })).toBe(
      'timestamp-mismatch',
    );
    const other = sign({ authority, at: new Date(Date.parse(at) - 1000).toISOString(), reason: null });
    expect(await judge(other, { trusted, timestamps: [kept(stamp)] })).toBe('timestamp-mismatch');
  });

  it('cannot be dated back by whoever has the key: the stamp inside is younger than the signature', async () => {
    const past = signEvents(
      now,
      keys,
      { authority, at, reason: null },
      new Date(signing.getTime() - 3_600_000),
    );
    expect(await judge(past, undefined, { ledger: undefined })).toBe('time-mismatch');
  });

  it.each([
    [300, 'the bundle says that'],
    [301, 'time-mismatch'],
  ])('may have been signed %i s before its stamp by another clock: %s', async (seconds, said) => {
    const earlier = new Date(Date.parse(at) - seconds * 1_000);
    const made = signEvents(now, keys, { authority, at, reason: null }, earlier);
    expect(await judge(made, undefined, { ledger: undefined })).toContain(said);
  });

  it('cannot be made up for a time to come: its events are younger than the stamp of them', async () => {
    const future = moved(now, 3_600_000);
    const { head } = ledgerOf(future);
    const made = signEvents(future, keys, undefined, new Date(signing.getTime() + 3_600_000));
    const timestamps = [kept(await der(head))];
    expect(await judge(made, { trusted: tsa.trusted, timestamps })).toBe('time-mismatch');
  });
});

describe('a bundle whose ledger was not anchored when it was signed', () => {
  it('says so, with the reason', async () => {
    const without = sign({ authority, at: null, reason: 'it answered with status 503' });
    const said = `no time was anchored outside when it was signed: ${authority} gave none (it answered with status 503)`;
    expect(await judge(without, undefined)).toContain(said);
    const claims = await judge(without, { trusted: tsa.trusted, timestamps: [kept(stamp)] });
    expect(claims).toContain(said);
    expect(claims).toContain(`event ${now.length} and all before it existed by`);
  });

  it('shows how much later a stamp is than the run that it is made up for', async () => {
    const made = signEvents(eventsAtSigning(), keys);
    const late = kept(await der(made.ledgerHead));
    const claims = await judge(made, { trusted: tsa.trusted, timestamps: [late] });
    expect(Number(/: (\d+) s after the time that the event gives/.exec(claims)?.[1])).toBeGreaterThan(86_400);
  });

  it('is refused where an authority is trusted and nothing was ever stamped', async () => {
    expect(await judge(sign(), undefined)).toContain('no time stamp authority was configured');
    expect(await judge(sign(), { trusted: tsa.trusted, timestamps: [] })).toBe('timestamp-missing');
  });
});
