// Whether a freeze holds at an instant. Pure: time zones come from the tables of the runtime, the clock from the caller.
import { DateTime, IANAZone } from 'luxon';
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

function span({ from, to, timeZone }: Extract<Freeze, { from: string }>): Span {
  const local = (text: string) => Date.parse(`${text}Z`);
  return between(local(from), local(to), timeZone);
}

/** The occurrence that began last. */
function latestWeek({ weekly, timeZone }: Extract<Freeze, { weekly: object }>, now: number): Span {
  const { year, month, day } = DateTime.fromMillis(now, { zone: timeZone }).startOf('week');
  const monday = Date.UTC(year, month - 1, day);
  const [begin, end] = [sinceMonday(weekly.from), sinceMonday(weekly.to)];
  const length = end > begin ? end - begin : end - begin + weekMs;
  const inWeek = (week: number) => between(week + begin, week + begin + length, timeZone);
  const thisWeek = inWeek(monday);
  return thisWeek.from <= now ? thisWeek : inWeek(monday - weekMs);
}

const minuteMs = 60_000;
const dayMs = 86_400_000;
const weekMs = 7 * dayMs;
const days = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];

/** ms by the wall clock from the begin of the week to a day and time such as "fri 16:00". */
function sinceMonday(text: string): number {
  const [day = '', clock = ''] = text.split(' ');
  const [hour = 0, minute = 0] = clock.split(':').map(Number);
  return days.indexOf(day) * dayMs + (hour * 60 + minute) * minuteMs;
}

/**
 * From the first instant at which the zone's wall clock shows `from` or later, to the first after which it never shows less
 * than `to` again. Of an hour that the clock shows twice both are frozen; one that it skips is no time at all. Wall-clock
 * times are in ms as if they were UTC.
 */
function between(from: number, to: number, timeZone: string): Span {
  const zone = IANAZone.create(timeZone);
  const begins = instantsOf(from, zone);
  // Of its last minute, since the end itself may be the time at which the clock is set back.
  const ends = instantsOf(to - minuteMs, zone);
  return {
    from: begins.shown ? Math.min(...begins.shown) : begins.skippedAt,
    to: ends.shown ? Math.max(...ends.shown) + minuteMs : ends.skippedAt,
  };
}

type Instants = { readonly shown: readonly number[] } | { readonly shown: null; readonly skippedAt: number };

/** When the wall clock shows this: once or twice; or when it skips it. */
function instantsOf(local: number, zone: IANAZone): Instants {
  const offsets = [zone.offset(local - dayMs), zone.offset(local + dayMs)].map((each) => each * minuteMs);
  const shown = offsets
    .map((offset) => local - offset)
    .filter((at) => at + zone.offset(at) * minuteMs === local);
  if (shown.length > 0) return { shown };
  return {
    shown: null,
    skippedAt: skipBetween(local - Math.max(...offsets), local - Math.min(...offsets), zone),
  };
}

/** The first minute that has the offset of `after`; found by halving. */
function skipBetween(before: number, after: number, zone: IANAZone): number {
  let [low, high] = [before, after];
  while (high - low > minuteMs) {
    const middle = low + Math.floor((high - low) / (2 * minuteMs)) * minuteMs;
    if (zone.offset(middle) === zone.offset(after)) high = middle;
    else low = middle;
  }
  return high;
}
