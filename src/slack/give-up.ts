// When something that Slack does not take is passed over, and when it is given up. Pure.
import type { Refusal } from './classify-refusal.ts';
import { requestOfKey } from './view/approval-key.ts';

/** Tries after which an answer that may pass is taken for a refusal. */
export const mostTries = 5;
/** A try that gets no answer takes its half minute, and the approval may be waiting behind it. */
const mostUnanswered = 2;
/** Tries more of a message that was passed over and that nobody waits for: the last one some 15 minutes after the first. */
const mostLate = 5;

/** Messages that people wait for: without the root there is no thread, and nobody can approve what is not asked. */
export function isWaitedFor(key: string): boolean {
  return key === 'root' || key === 'final' || requestOfKey(key) !== null;
}

/** Whether what follows goes on without it. */
export function isPassedOver({ kind, code }: Refusal, tries: number): boolean {
  return kind === 'refused' || tries >= limitOf({ kind, code });
}

/** Tries since it was passed over, or null when it is not tried again: it was Slack itself that answered, and said no. */
export function lateTries({ kind, code }: Refusal, tries: number): number | null {
  const isReached = kind !== 'unanswered' && !(kind === 'passing' && code.startsWith('http_'));
  const late = tries - limitOf({ kind, code });
  return isReached || late >= mostLate ? null : Math.max(0, late);
}

function limitOf({ kind }: Refusal): number {
  return kind === 'unanswered' ? mostUnanswered : mostTries;
}
