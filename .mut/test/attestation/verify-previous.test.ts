import { describe, expect, it } from 'vitest';
import { verifyBundle } from '../../src/attestation/verify.ts';
import { hasTarget } from '../../src/attestation/verify-ledger.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';
import type { RunEvent } from '../../src/run/events.ts';
import { eventsAtEnd, eventsAtSigning, ledgerOf } from '../fixtures/run-events.ts';
import { signEvents, signedRun } from '../fixtures/signed-runs.ts';

const earlier = ledgerOf(eventsAtEnd(eventsAtSigning()), 'r0');

/** The reference run, as one that goes on from another. */
function following(head: string): RunEvent[] {
  return eventsAtSigning().map((event) =>
    event.type === 'run.requested'
      ? { ...event, data: { ...event.data, previous: { run: 'r0', head } } }
      : event,
  );
}

const signed = signEvents(following(earlier.head));

async function judge(previous: string | undefined, of = signed) {
  const ledger = { text: of.ledger.end, verify: verifyLines };
  const verification = await verifyBundle({
    ...of.request,
    ledger: previous === undefined ? ledger : { ...ledger, previous },
  });
  return verification.ok ? verification.claims.at(-1) : verification.code;
}

describe('the run before on the same target', () => {
  it('is named, also when its ledger is not at hand', async () => {
    expect(await judge(undefined)).toContain(
      `goes on from the run r0 on the same target, whose ledger had the head ${earlier.head}`,
    );
    expect(await judge(undefined, signedRun())).toBe('the run is the first on its target, by its ledger');
  });

  it('is not looked for where the plan has no target', () => {
    const events = eventsAtSigning().map((event) => {
      if (event.type !== 'run.requested') return event;
      const { target: _, ...plan } = event.data.plan;
      return { ...event, data: { ...event.data, plan } };
    });
    expect(hasTarget(ledgerOf(eventsAtSigning(), 'r0').text)).toBe(true);
    expect(hasTarget(ledgerOf(events, 'r0').text)).toBe(false);
  });

  it('is held against its ledger, which may have grown since', async () => {
    expect(await judge(earlier.text)).toContain('is an unbroken chain that holds the head');
    const middle = ledgerOf(eventsAtSigning(), 'r0');
    expect(await judge(earlier.text, signEvents(following(middle.head)))).toContain('unbroken chain');
  });

  it.each([
    [
      'that was cut off',
      () => `${earlier.text.trimEnd().split('\n').slice(0, -1).join('\n')}\n`,
      'previous-mismatch',
    ],
    ['that was edited', () => earlier.text.replace('Rita', 'Rosa'), 'ledger-chain'],
    [
      'whose chain was made anew',
      () => ledgerOf(eventsAtEnd(eventsAtSigning({ votes: [] })), 'r0').text,
      'previous-mismatch',
    ],
    ['of another run', () => ledgerOf(eventsAtEnd(eventsAtSigning()), 'r9').text, 'previous-mismatch'],
  ])('is refused with a ledger %s', async (_, text, code) => {
    expect(await judge(text())).toBe(code);
  });

  it('is refused for a run that names none', async () => {
    expect(await judge(earlier.text, signedRun())).toBe('previous-mismatch');
  });
});
