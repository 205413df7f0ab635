// What follows `/runs rule`: run, decision, options, words. Pure.
import type { RuledGap, RulingDecision } from '../gaps/schema.ts';
import type { RulingWish } from '../run/judge-ruling.ts';

export const rulingUsage =
  '/runs rule RUN accept|conditions|reject [--close GAP=WHY] [--condition WHAT] [--next PLAN] TEXT';

const decisionOf: Readonly<Record<string, RulingDecision>> = {
  accept: 'accepted',
  conditions: 'accepted-with-conditions',
  reject: 'rejected',
};

const statusOf: Readonly<Record<string, RuledGap['status']>> = {
  close: 'closed',
  partial: 'partial',
  reopen: 'open',
};

/** Null when it cannot be understood. Options take one word, or several in quotes; the words after them are the text. */
export function readRuling(typed: string): { runId: string; wish: RulingWish } | null {
  const [runId, verb = '', ...rest] = wordsOf(typed);
  const decision = Object.hasOwn(decisionOf, verb) ? decisionOf[verb] : undefined;
  if (runId === undefined || decision === undefined) return null;
  const gaps: RuledGap[] = [];
  const conditions: string[] = [];
  let nextPlan: string | null = null;
  // Some keyboards turn two hyphens into a dash.
  while (/^(?:--|[–—])[a-z]/.test(rest[0] ?? '')) {
    const option = (rest.shift() ?? '').replace(/^(?:--|[–—])/, '');
    const value = rest.shift();
    const status = Object.hasOwn(statusOf, option) ? statusOf[option] : undefined;
    if (value === undefined) return null;
    if (status) {
      const [, id, why] = /^([^=]+)=(.+)$/s.exec(value) ?? [];
      if (id === undefined || why === undefined) return null;
      gaps.push({ id, status, why });
    } else if (option === 'condition') conditions.push(value);
    else if (option === 'next') nextPlan = value;
    else return null;
  }
  const text = rest.join(' ');
  // With the one word for it and no option, what is said is the condition.
  const said =
    decision === 'accepted-with-conditions' && conditions.length === 0 && text !== '' ? [text] : conditions;
  return { runId, wish: { decision, text, conditions: said, gaps, nextPlan, via: 'command' } };
}

/** Words; quotes, also the curly ones, keep several together, at the beginning of a word or after its "=". */
function wordsOf(typed: string): string[] {
  const word = /([^\s=“”"]+=)?(?:"([^"]*)"|“([^“”]*)”)(?=\s|$)|(\S+)/g;
  return [...typed.matchAll(word)].map(
    ([, head = '', straight, curly, bare]) => bare ?? `${head}${straight ?? curly ?? ''}`,
  );
}
