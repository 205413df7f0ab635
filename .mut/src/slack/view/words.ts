// How states read: one emoji and one word each, the same in every message.

import type { Check } from '../../run/gate-result.ts';
import type { GateState } from '../../run/state.ts';
import type { Verdict } from '../../run/verdict.ts';

export const statusEmoji = {
  pass: ':white_check_mark:',
  partial: ':large_orange_diamond:',
  fail: ':x:',
  blocked: ':no_entry:',
  inconclusive: ':grey_question:',
  'not-run': ':heavy_minus_sign:',
  pending: ':white_circle:',
  queued: ':hourglass_flowing_sand:',
} as const satisfies Record<GateState['status'] | Check['status'], string>;

export const statusWord = {
  pass: 'pass',
  partial: 'partial',
  fail: 'fail',
  blocked: 'blocked: a precondition does not hold, nothing was tried',
  inconclusive: 'inconclusive: it could not be measured',
  'not-run': 'not run',
  pending: 'to come',
  queued: 'running',
} as const satisfies Record<GateState['status'], string>;

/** Titles are plain text, where Slack's clients differ on shortcodes; so these are characters. */
export const verdictSign = {
  PASS: '✅',
  PARTIAL: '🔶',
  FAILED: '❌',
  BLOCKED: '⛔',
  INCONCLUSIVE: '❔',
  DRYRUN: '🧪',
} as const satisfies Record<Verdict, string>;

export const operationWord = {
  deploy: 'Deploy',
  verify: 'Verify',
  rollback: 'Rollback',
  tidy: 'Tidy',
} as const;
