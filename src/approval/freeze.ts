// Whether a freeze holds at an instant. Pure: time zones come from the tables of the runtime, the clock from the caller.
import { DateTime } from 'luxon';
import type { Freeze } from '../plan/schema-freeze.ts';

export interface ActiveFreeze {
  readonly title: string;
  /** RFC 3339, UTC: when it ends. */
  readonly until: string;
}

/** The freezes that hold at `now` (ms since the epoch), in the plan's order. */
export function activeFreezes(freezes: readonly Freeze[], now: number): ActiveFreeze[] {
  return freezes.flatMap((freeze) => {
    const { from, to } = 'weekly' in freeze ? latestWeek(freeze, now) : span(freeze);
    return from <= now && now < to ? [{ title: freeze.title, until: new Date(to).toISOString() }] : [];
  });
}

interface Span {
  /** ms since the epoch. */
  readonly from: number;
  readonly to: number;
}

function span({ from, to, timeZone: zone }: Extract<Freeze, { from: string }>): Span {
  return { from: DateTime.fromISO(from, { zone }).toMillis(), to: DateTime.fromISO(to, { zone }).toMillis() };
}

/** The occurrence that began last. */
function latestWeek({ weekly, timeZone: zone }: Extract<Freeze, { weekly: object }>, now: number): Span {
  const thisWeek = momentOf(weekly.from, DateTime.fromMillis(now, { zone }));
  const from = thisWeek.toMillis() <= now ? thisWeek : thisWeek.minus({ weeks: 1 });
  const sameWeek = momentOf(weekly.to, from);
  const to = sameWeek.toMillis() > from.toMillis() ? sameWeek : sameWeek.plus({ weeks: 1 });
  return { from: from.toMillis(), to: to.toMillis() };
}

const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** A day and time such as "fri 16:00" in the week of `reference`. */
function momentOf(text: string, reference: DateTime): DateTime {
  const [day = '', clock = ''] = text.split(' ');
  const [hour, minute] = clock.split(':').map(Number);
  return reference
    .startOf('week')
    .plus({ days: days.indexOf(day) })
    .set({ hour: hour ?? 0, minute: minute ?? 0 });
}
