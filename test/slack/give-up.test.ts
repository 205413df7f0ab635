// The numbers by which the bot passes over what Slack does not take, and by which it looks after final messages.
import { describe, expect, it } from 'vitest';
import type { Refusal } from '../../src/slack/classify-refusal.ts';
import { awaitingRuling } from '../../src/slack/find-deleted.ts';
import { isPassedOver, lateTries } from '../../src/slack/give-up.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

const refusal = (kind: Refusal['kind'], code: string) => ({ kind, code }) as Refusal;

describe('what Slack does not take', () => {
  it.each([
    [
      'that it refuses is passed over at once, and not tried again',
      refusal('refused', 'invalid_blocks'),
      1,
      1,
    ],
    [
      'that it fails at is passed over the fifth time, and tried ten times',
      refusal('passing', 'http_500'),
      5,
      10,
    ],
    [
      'that hangs is passed over the second time, and tried seven times',
      refusal('unanswered', 'timeout'),
      2,
      7,
    ],
  ])('%s', (_, given, passedOver, tried) => {
    const tries = Array.from({ length: 20 }, (__, index) => index + 1);
    expect(tries.find((each) => isPassedOver(given, each))).toBe(passedOver);
    expect(tries.find((each) => isPassedOver(given, each) && lateTries(given, each) === null)).toBe(tried);
  });
});

describe('final messages that are looked after', () => {
  const now = Date.parse('2026-05-22T12:00:00.000Z');
  const ended = (hours: number, rulings: unknown[] = []) => ({
    ...stateAtSigning(),
    ...{ runId: `r${hours}`, rulings, finished: { at: new Date(now - hours * 3_600_000).toISOString() } },
  });

  it('are those of the ten newest runs of the last day that nobody has ruled on', () => {
    const runs = [ended(1, [{}]), ...Array.from({ length: 12 }, (_, index) => ended(index + 2)), ended(25)];
    const found = awaitingRuling(runs as never, now).map(({ runId }) => runId);
    expect(found).toEqual(['r2', 'r3', 'r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11']);
    expect(awaitingRuling([ended(25), ended(23)] as never, now).map(({ runId }) => runId)).toEqual(['r23']);
  });
});
