// Whether a wish to rule on a finished run can be recorded as it is. Pure. Who may rule is decided before, by `authorize`.
import type { GapRow, RuledGap, RulingDecision } from '../gaps/schema.ts';
import { gapSchema } from '../plan/schema-gaps.ts';
import { identifier } from '../plan/schema-scalars.ts';
import type { EventData, NewEvent, Person } from './events.ts';
import { readFacts } from './facts.ts';
import type { Reason } from './gate-result.ts';
import { factsOf, type RunState } from './state.ts';

export interface RulingWish {
  readonly decision: RulingDecision;
  /** Why; only a reaction has no words. */
  readonly text: string;
  readonly conditions: readonly string[];
  readonly gaps: readonly RuledGap[];
  readonly nextPlan: string | null;
  readonly via: EventData<'run.ruled'>['via'];
}

/** The wish without credentials: it is going to be kept and shown. */
export function redactedWish(wish: RulingWish, redact: (text: string) => string): RulingWish {
  return {
    ...wish,
    text: redact(wish.text),
    conditions: wish.conditions.map(redact),
    gaps: wish.gaps.map(({ why, title, scope, ...gap }) => ({
      ...gap,
      why: redact(why),
      ...(title === undefined ? {} : { title: redact(title) }),
      ...(scope === undefined ? {} : { scope: redact(scope) }),
    })),
  };
}

export interface JudgedRuling {
  readonly refusal: Reason | null;
  /** None when it is refused, and when the same person has just said the same. */
  readonly events: readonly NewEvent[];
}

/** `register` is that of the run's lineage now. */
export function judgeRuling(
  run: RunState,
  wish: RulingWish,
  by: Person,
  register: readonly GapRow[],
): JudgedRuling {
  const data = {
    by,
    decision: wish.decision,
    text: wish.text.trim(),
    conditions: wish.conditions.map((each) => each.trim()).filter((each) => each !== ''),
    gaps: wish.gaps.map((gap) => ({ ...gap, why: gap.why.trim() })),
    nextPlan: wish.nextPlan,
    via: wish.via,
  };
  const last = run.rulings.at(-1);
  if (last && isSame(last, data)) return { refusal: null, events: [] };
  const refusal = refusalOfForm(data) ?? refusalOfRun(run, data) ?? refusalOfGaps(data, register, run);
  return { refusal, events: refusal ? [] : [{ type: 'run.ruled', data }] };
}

type Ruled = EventData<'run.ruled'>;

/** What comes twice, as a delivery that Slack repeats, is one ruling. */
function isSame(a: Ruled, b: Ruled): boolean {
  const said = ({ by, decision, text, conditions, gaps, nextPlan }: Ruled) =>
    JSON.stringify([by.id, decision, text, conditions, gaps, nextPlan]);
  return said(a) === said(b);
}

function refusalOfForm({ decision, text, conditions, nextPlan, via }: Ruled): Reason | null {
  if (via === 'reaction' && decision === 'accepted-with-conditions')
    return {
      code: 'no-conditions',
      text: 'Conditions need words, which a reaction has not; use the button or /runs rule.',
    };
  if (via !== 'reaction' && text === '')
    return { code: 'no-text', text: 'A ruling needs its reason in words.' };
  if (decision === 'accepted-with-conditions' && conditions.length === 0)
    return { code: 'no-conditions', text: 'Accepted with conditions needs at least one condition.' };
  if (decision !== 'accepted-with-conditions' && conditions.length > 0)
    return {
      code: 'conditions',
      text: `A ruling that is ${decision} has no conditions; rule accepted-with-conditions.`,
    };
  if (nextPlan !== null && !identifier.safeParse(nextPlan).success)
    return { code: 'plan-name', text: `${JSON.stringify(nextPlan)} is not a name that a plan can have.` };
  return null;
}

function refusalOfRun(run: RunState, { via }: Ruled): Reason | null {
  if (!readFacts('report', factsOf(run)['report']).bundle)
    return {
      code: 'no-report',
      text: `Run ${run.runId} left no signed report, so there is nothing that a ruling could stand for. Start it anew.`,
    };
  // A nod must not wipe out what somebody has said in words, with gaps and conditions.
  if (via === 'reaction' && run.rulings.length > 0)
    return {
      code: 'already-ruled',
      text: `Run ${run.runId} has been ruled on already. A reaction does not replace that; the button and /runs rule do.`,
    };
  return null;
}

function refusalOfGaps({ decision, gaps }: Ruled, register: readonly GapRow[], run: RunState): Reason | null {
  if (gaps.length > 0 && run.mode === 'DRYRUN')
    return {
      code: 'dry-run',
      text: `Run ${run.runId} was a DRYRUN, which closes nothing, also not by a ruling on it.`,
    };
  const isKnown = (id: string) => register.some((row) => row.id === id);
  const added = gaps.filter(({ status, title }) => status === 'open' && title !== undefined);
  const wrong = refusalOfAdded(added, isKnown, run);
  if (wrong) return wrong;
  const unknown = gaps.filter((gap) => !isKnown(gap.id) && !added.includes(gap));
  if (unknown.length > 0)
    return {
      code: 'unknown-gap',
      text: `The lineage ${run.plan.lineage} has no gap ${unknown.map(({ id }) => id).join(', ')}; it has ${register.map(({ id }) => id).join(', ') || 'none'}.`,
    };
  const again = gaps.find(({ id }, index) => gaps.findIndex((each) => each.id === id) !== index);
  if (again) return { code: 'gap-twice', text: `Each gap once: ${again.id} came twice.` };
  if (decision === 'rejected' && gaps.some(({ status }) => status === 'closed' || status === 'partial'))
    return {
      code: 'rejection-closes-nothing',
      text: 'A rejection closes no gap; it can only open one again.',
    };
  if (gaps.some(({ why }) => why === ''))
    return { code: 'no-why', text: 'Say for each gap why: what a gap’s status rests on stays on record.' };
  return null;
}

/** A gap that the reviewer found: its name is free, its words are those that a plan could have. */
function refusalOfAdded(
  added: readonly RuledGap[],
  isKnown: (id: string) => boolean,
  run: RunState,
): Reason | null {
  const known = added.find(({ id }) => isKnown(id));
  if (known)
    return {
      code: 'known-gap',
      text: `The lineage ${run.plan.lineage} has a gap ${known.id} already; say it more sharply (--sharpen ${known.id}=WORDS), open it again (--reopen), or give the new one another name.`,
    };
  const unscoped = added.find(({ scope }) => scope === undefined);
  if (unscoped)
    return {
      code: 'no-scope',
      text: `Say which later run is meant to close the gap ${unscoped.id}: --scope ${unscoped.id}=WHO.`,
    };
  const bad = added.find(({ id, title, scope }) => !gapSchema.safeParse({ id, title, scope }).success);
  return bad
    ? {
        code: 'gap-words',
        text: `A gap has an id of at most 32 letters, digits, ".", "_" and "-", and at most 300 characters for what is missing and for its scope; ${bad.id} has not.`,
      }
    : null;
}
