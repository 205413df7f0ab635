// Freezes against a calendar that is read off the wall clock of each zone, minute by minute.
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { activeFreezes } from '../../src/approval/freeze.ts';
import { type Freeze, freezeSchema } from '../../src/plan/schema-freeze.ts';

const minute = 60_000;
const day = 24 * 60 * minute;
const dayNames = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

/** Changes of the clock, with the minute at which each happens. */
const places = [
  ['Europe/Berlin', 'in spring', '2026-03-29T01:00:00Z'],
  ['Europe/Berlin', 'in autumn', '2026-10-25T01:00:00Z'],
  ['America/New_York', 'in spring', '2026-03-08T07:00:00Z'],
  ['America/New_York', 'in autumn', '2026-11-01T06:00:00Z'],
  ['Australia/Lord_Howe', 'back by half an hour', '2026-04-04T15:00:00Z'],
  ['Australia/Lord_Howe', 'on by half an hour', '2026-10-03T15:30:00Z'],
  ['Africa/Cairo', 'at midnight', '2026-04-23T22:00:00Z'],
  ['Asia/Kolkata', 'never', '2026-04-23T22:00:00Z'],
] as const;

/** What the wall clock shows in every minute around a change, as "2026-03-29T01:59", oldest first. */
class WallClock {
  readonly #start: number;
  readonly #shown: string[] = [];

  constructor(timeZone: string, around: number) {
    this.#start = around - 11 * day;
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    for (let at = this.#start; at < around + 11 * day; at += minute)
      this.#shown.push(format.format(at).replace(' ', 'T'));
  }

  at(instant: number): string {
    return this.#shown[Math.floor((instant - this.#start) / minute)] ?? '';
  }

  /** Whether it is frozen: after the clock first showed the begin, and before it last showed what is less than the end. */
  holds(from: string, to: string, instant: number): { until: number } | null {
    const first = this.#shown.findIndex((shown) => shown >= from);
    const end = this.#shown.findLastIndex((shown) => shown < to) + 1;
    const now = Math.floor((instant - this.#start) / minute);
    return first <= now && now < end ? { until: this.#start + end * minute } : null;
  }
}

/** The weekly windows whose begin lies within 9 days of `date`, as pairs of wall-clock times. */
function weeks(from: string, to: string, date: string): [string, string][] {
  const [fromDay = '', fromTime = ''] = from.split(' ');
  const [toDay = '', toTime = ''] = to.split(' ');
  const dates = Array.from({ length: 19 }, (_, index) => Date.parse(date) + (index - 9) * day);
  return dates
    .filter((each) => dayNames[new Date(each).getUTCDay()] === fromDay)
    .map((begin) => {
      const isLater = (each: number) => each > begin || toTime > fromTime;
      const ends = Array.from({ length: 8 }, (_, index) => begin + index * day);
      const end = ends.find((each) => dayNames[new Date(each).getUTCDay()] === toDay && isLater(each));
      const local = (at: number, time: string) => `${new Date(at).toISOString().slice(0, 10)}T${time}`;
      return [local(begin, fromTime), local(end ?? Number.NaN, toTime)];
    });
}

const two = (value: number) => String(value).padStart(2, '0');
/** Mostly in the hours in which clocks are changed. */
const time = fc
  .tuple(fc.oneof(fc.nat(3), fc.nat(3), fc.nat(23)), fc.oneof(fc.constantFrom(0, 30), fc.nat(59)))
  .map(([hour, min]) => `${two(hour)}:${two(min)}`);

function untilOf(freeze: unknown, now: number): number | null {
  const [active] = activeFreezes([freezeSchema.parse(freeze)], now);
  return active ? Date.parse(active.until) : null;
}

describe.each(places)('a freeze in %s, where the clock is changed %s', (timeZone, _, changed) => {
  const around = Date.parse(changed);
  const clock = new WallClock(timeZone, around);
  const date = clock.at(around).slice(0, 10);
  const instant = fc
    .tuple(
      fc.oneof(fc.integer({ min: -180, max: 180 }), fc.integer({ min: -2880, max: 2880 })),
      fc.nat(59_999),
    )
    .map(([minutes, ms]) => around + minutes * minute + ms);

  it('holds every week from its first minute to its end', () => {
    const today = dayNames[new Date(date).getUTCDay()] ?? '';
    const weekday = fc.oneof(fc.constant(today), fc.constantFrom(...dayNames));
    const moment = fc.tuple(weekday, time).map((parts) => parts.join(' '));
    fc.assert(
      fc.property(moment, moment, instant, (from, to, now) => {
        fc.pre(from !== to);
        const expected = weeks(from, to, date).flatMap(([begin, end]) => clock.holds(begin, end, now) ?? []);
        const until = untilOf({ title: 'weekly', timeZone, weekly: { from, to } }, now);
        expect(until).toBe(expected.at(-1)?.until ?? null);
      }),
      { numRuns: 400 },
    );
  });

  it('holds between two times of the calendar', () => {
    const near = fc.integer({ min: -1, max: 1 }).map((days) => Date.parse(date) + days * day);
    const local = fc
      .tuple(near, time)
      .map(([at, clockTime]) => `${new Date(at).toISOString().slice(0, 10)}T${clockTime}`);
    fc.assert(
      fc.property(local, local, instant, (a, b, now) => {
        fc.pre(a !== b);
        const [from, to] = a < b ? [a, b] : [b, a];
        const expected = clock.holds(from, to, now)?.until ?? null;
        expect(untilOf({ title: 'once', timeZone, from, to }, now)).toBe(expected);
      }),
      { numRuns: 400 },
    );
  });
});

describe('a freeze', () => {
  const weekend = {
    title: 'weekend',
    timeZone: 'Europe/Berlin',
    weekly: { from: 'fri 16:00', to: 'mon 06:00' },
  };
  const summer: Freeze = freezeSchema.parse(weekend);
  const holdsAt = (at: string) => activeFreezes([summer], Date.parse(at)).length > 0;

  it('begins with its first moment and does not hold in its last', () => {
    expect(holdsAt('2026-06-05T13:59:59.999Z')).toBe(false);
    expect(holdsAt('2026-06-05T14:00:00.000Z')).toBe(true);
    expect(holdsAt('2026-06-08T03:59:59.999Z')).toBe(true);
    expect(holdsAt('2026-06-08T04:00:00.000Z')).toBe(false);
  });

  it('minds summer time: the same hour by the wall clock is another one in UTC', () => {
    expect(holdsAt('2026-12-04T14:30:00.000Z')).toBe(false);
    expect(holdsAt('2026-12-04T15:00:00.000Z')).toBe(true);
  });

  it('does not depend on the season in which it is asked, when the clock shows its begin twice', () => {
    const twice = freezeSchema.parse({
      title: 'change of clocks',
      timeZone: 'Europe/Berlin',
      from: '2026-10-25T02:30',
      to: '2026-10-25T02:45',
    });
    const held = ['00:29', '00:30', '01:00', '01:44', '01:45'].map(
      (at) => activeFreezes([twice], Date.parse(`2026-10-25T${at}:00Z`)).length,
    );
    expect(held).toEqual([0, 1, 1, 1, 0]);
  });

  it('that is skipped by the clock holds at no time', () => {
    const skipped = freezeSchema.parse({
      title: 'no such hour',
      timeZone: 'Europe/Berlin',
      weekly: { from: 'sun 02:10', to: 'sun 02:50' },
    });
    const change = Date.parse('2026-03-29T01:00:00Z');
    for (let at = change - 3_600_000; at < change + 3_600_000; at += minute)
      expect(activeFreezes([skipped], at)).toEqual([]);
    expect(activeFreezes([skipped], change + 7 * day - 40 * minute)).toHaveLength(1);
  });

  it('is one of those that hold, in the order of the plan', () => {
    const always = freezeSchema.parse({
      title: 'year',
      timeZone: 'UTC',
      from: '2026-01-01T00:00',
      to: '2027-01-01T00:00',
    });
    const active = activeFreezes([always, summer], Date.parse('2026-06-06T12:00:00Z'));
    expect(active).toEqual([
      { title: 'year', until: '2027-01-01T00:00:00.000Z' },
      { title: 'weekend', until: '2026-06-08T04:00:00.000Z' },
    ]);
  });

  const once = { title: 'once', timeZone: 'UTC', from: '2026-12-24T12:00', to: '2026-12-27T12:00' };
  it.each([
    ['an unknown zone', { ...once, timeZone: 'Europe/Nowhere' }],
    ['an offset for a zone', { ...once, timeZone: '+02:00' }],
    ['no zone', { ...once, timeZone: '' }],
    ['an end before its begin', { ...once, to: '2026-12-24T11:59' }],
    ['an end at its begin', { ...once, to: once.from }],
    ['an offset in a time', { ...once, from: '2026-12-24T12:00+01:00' }],
    ['a time in UTC', { ...once, from: '2026-12-24T12:00Z' }],
    ['seconds', { ...once, from: '2026-12-24T12:00:00' }],
    ['a day that does not exist', { ...once, from: '2026-02-30T12:00' }],
    ['a date alone', { ...once, from: '2026-12-24' }],
    ['no title', { ...once, title: '' }],
    ['a week that ends when it begins', { ...weekend, weekly: { from: 'fri 16:00', to: 'fri 16:00' } }],
    ['a day of another language', { ...weekend, weekly: { from: 'fre 16:00', to: 'mon 06:00' } }],
    ['an hour that does not exist', { ...weekend, weekly: { from: 'fri 24:00', to: 'mon 06:00' } }],
    ['an hour of one digit', { ...weekend, weekly: { from: 'fri 6:00', to: 'mon 06:00' } }],
    ['both kinds at once', { ...once, ...weekend }],
  ])('with %s is refused', (_, freeze) => {
    expect(freezeSchema.safeParse(freeze).success).toBe(false);
  });
});
