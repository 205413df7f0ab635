// What follows `/runs rule`: run, decision, options, words. Pure.
import type { RuledGap, RulingDecision } from '../gaps/schema.ts';
import type { RulingWish } from '../run/judge-ruling.ts';

export const rulingUsage =
  '/runs rule RUN accept|conditions|reject [--close GAP=WHY] [--add GAP=WHAT --scope GAP=WHO] [--condition WHAT] [--next PLAN] TEXT';

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

/** Options that bring the words of a gap. */
const wordedBy: Readonly<Record<string, RuledGap['status']>> = { add: 'open', sharpen: 'sharpened' };

/** Null when it cannot be understood. Options take one word, or several in quotes; the words after them are the text. */
export function readRuling(typed: string): { runId: string; wish: RulingWish } | null {
  const [runId, verb = '', ...rest] = wordsOf(typed);
  const decision = Object.hasOwn(decisionOf, verb) ? decisionOf[verb] : undefined;
  if (runId === undefined || decision === undefined) return null;
  const gaps: RuledGap[] = [];
  const conditions: string[] = [];
  const scopes = new Map<string, string>();
  let nextPlan: string | null = null;
  // Some keyboards turn two hyphens into a dash.
  while (/^(?:--|[–—])[a-z]/.test(rest[0] ?? '')) {
    const option = (rest.shift() ?? '').replace(/^(?:--|[–—])/, '');
    const value = rest.shift();
    const status = Object.hasOwn(statusOf, option) ? statusOf[option] : undefined;
    if (value === undefined) return null;
    const worded = Object.hasOwn(wordedBy, option) ? wordedBy[option] : undefined;
    if (status || worded || option === 'scope') {
      const [, id, said] = /^([^=]+)=(.+)$/s.exec(value) ?? [];
      if (id === undefined || said === undefined) return null;
      if (status) gaps.push({ id, status, why: said });
      else if (worded) gaps.push({ id, status: worded, why: '', title: said });
      else scopes.set(id, said);
    } else if (option === 'condition') conditions.push(value);
    else if (option === 'next') nextPlan = value;
    else return null;
  }
  const text = rest.join(' ');
  if ([...scopes.keys()].some((id) => !gaps.some((gap) => gap.id === id && gap.title !== undefined)))
    return null;
  // With the one word for it and no option, what is said is the condition.
  const said =
    decision === 'accepted-with-conditions' && conditions.length === 0 && text !== '' ? [text] : conditions;
  // What is found needs no reason of its own: that is the ruling's.
  const withWords = ({ why, ...gap }: RuledGap): RuledGap => {
    const scope = scopes.get(gap.id);
    return { ...gap, why: why || text, ...(scope === undefined ? {} : { scope }) };
  };
  return {
    runId,
    wish: { decision, text, conditions: said, gaps: gaps.map(withWords), nextPlan, via: 'command' },
  };
}

/** Words; quotes, also the curly ones, keep several together, at the beginning of a word or after its "=". */
function wordsOf(typed: string): string[] {
  const word = /([^\s=“”"]+=)?(?:"([^"]*)"|“([^“”]*)”)(?=\s|$)|(\S+)/g;
  return [...typed.matchAll(word)].map(
    ([, head = '', straight, curly, bare]) => bare ?? `${head}${straight ?? curly ?? ''}`,
  );
}
