// Windows in which nothing goes live.
import { IANAZone } from 'luxon';
import { z } from 'zod';

const timeZone = z
  .string()
  // An offset such as +02:00 passes for a zone in newer runtimes, and knows no summer time.
  .refine(
    (zone) => /^[a-z]/i.test(zone) && IANAZone.isValidZone(zone),
    'an IANA time zone such as Europe/Berlin',
  )
  .describe('Zone in which the times are meant; summer time is minded.');
const local = z.iso
  .datetime({ local: true, offset: false, precision: -1 })
  .refine((text) => !text.endsWith('Z'), 'a local time without an offset, such as 2026-12-24T12:00')
  .describe('Local time, such as 2026-12-24T12:00.');
const weekly = z
  .string()
  .regex(
    /^(mon|tue|wed|thu|fri|sat|sun) ([01][0-9]|2[0-3]):[0-5][0-9]$/,
    'a day and a time such as "fri 16:00"',
  );
const title = z.string().min(1).max(120).describe('Shown to whoever is held up.');

export const freezeSchema = z.union([
  z
    .strictObject({ title, timeZone, from: local, to: local.describe('End; not part of the freeze.') })
    .refine(({ from, to }) => from < to, 'an end after its begin'),
  z
    .strictObject({
      title,
      timeZone,
      weekly: z
        .strictObject({
          from: weekly.describe('Begin, such as "fri 16:00".'),
          to: weekly.describe('End; not part of the freeze.'),
        })
        .describe('Every week.'),
    })
    .refine((freeze) => freeze.weekly.from !== freeze.weekly.to, 'an end other than its begin'),
]);
export type Freeze = z.infer<typeof freezeSchema>;
