// A snapshot: every probe of the plan read once, each judged by what the plan expects of it so far.
import { z } from 'zod';
import { canonicalJson, digestOf } from '../evidence/digest.ts';
import { judgeProbe, type ProbeReading as Reading } from '../evidence/probe-diff.ts';
import { redactTexts } from '../evidence/redact-texts.ts';
import type { GateContext } from '../gate/context.ts';
import { HostError } from '../host/host-error.ts';
import { expectedNow, type Moment, sayExpectedChange } from '../plan/expected-now.ts';
import type { Probe, ProbeExpectation } from '../plan/schema-probes.ts';
import type { Json } from '../plan/schema-scalars.ts';
import type { ProbeDifference, ProbeReading } from '../run/readings.ts';
import { type ProbeWorld, readProbe } from './read-probe.ts';

/** Reads all probes one after the other. A probe that cannot be read is in the snapshot, as such. */
export async function takeSnapshot(context: GateContext, moment: Moment): Promise<ProbeReading[]> {
  const { plan, record, signal } = context;
  const world: ProbeWorld = {
    host: (name) => context.host(name),
    database: (name) => findDatabase(context, name),
    record,
    redact: (text) => context.redact(text),
    signal,
  };
  const readings: ProbeReading[] = [];
  for (const probe of plan.probes) {
    await context.progress(`probe ${probe.title}`);
    readings.push(await readOne(probe, world, moment, context));
    signal.throwIfAborted();
  }
  return readings;
}

/** Kinds whose value was made otherwise by earlier versions: an older reading is another value of an unchanged world. */
const forms: Readonly<Partial<Record<Probe['kind'], number>>> = {
  services: 2,
  containers: 2,
  'tree-digest': 2,
};

async function readOne(
  probe: Probe,
  world: ProbeWorld,
  moment: Moment,
  { now, redact }: Pick<GateContext, 'now' | 'redact'>,
): Promise<ProbeReading> {
  const { id, title, kind } = probe;
  const at = now().toISOString();
  try {
    const { value, shown, unseen } = await readProbe(probe, world);
    const expected = expectedNow(probe.expect, moment);
    const judged =
      expected === null
        ? ({ verdict: 'pass', reason: '' } as const)
        : judgeProbe(expected, null, toReading({ id, title, at, value, shown }));
    return {
      id,
      title,
      kind,
      value: withoutSecrets(value, redact),
      shown: redact(shown),
      status: judged.verdict,
      reason: judged.verdict === 'pass' ? null : redact(judged.reason),
      at,
      ...(forms[kind] === undefined ? {} : { form: forms[kind] }),
      ...(unseen === undefined ? {} : { unseen }),
    };
  } catch (error) {
    // A lost connection says nothing of the probe: the gate is tried again.
    if (error instanceof HostError && error.code === 'connection-lost') throw error;
    const said = redact(error instanceof Error ? error.message : String(error));
    const reason = `${title} could not be read: ${said}`;
    return { id, title, kind, value: null, shown: 'not readable', status: 'inconclusive', reason, at };
  }
}

/** With the digest of the whole beside it: two readings that differ in a credential alone must not look the same. */
function withoutSecrets(value: Json, redact: (text: string) => string): Json {
  const redacted = redactTexts(value, redact);
  return canonicalJson(redacted) === canonicalJson(value) ? value : { redacted, sha256: digestOf(value) };
}

/** Compares two snapshots by what the plan expects; a row a probe. */
export function compareSnapshots(
  probes: readonly Probe[],
  before: readonly ProbeReading[],
  after: readonly ProbeReading[],
  moment: Moment = 'after',
): ProbeDifference[] {
  return probes.map(({ id, title, expect }) => {
    const [was, is] = [before.find((each) => each.id === id), after.find((each) => each.id === id)];
    const { verdict, reason } = judgeAgain(expect, was, is, moment);
    const change =
      verdict === 'fail' && 'unchanged' in expect
        ? describeChange(was?.value ?? null, is?.value ?? null)
        : null;
    return {
      id,
      title,
      before: shownOf(was),
      after: shownOf(is),
      status: verdict,
      reason: verdict === 'pass' ? null : (change ?? reason),
      ...(verdict === 'pass' && is?.unseen !== undefined ? { unseen: is.unseen } : {}),
    };
  });
}

/** A fixed expectation was judged when the probe was read, on the very value; what is kept of it may be redacted. */
function judgeAgain(
  expect: ProbeExpectation,
  was: ProbeReading | undefined,
  is: ProbeReading | undefined,
  moment: Moment,
): { verdict: ProbeReading['status']; reason: string } {
  if (was && is && was.value !== null && is.value !== null && was.form !== is.form)
    return {
      verdict: 'inconclusive',
      reason: `expected two readings of one form, got one before that another version of Interlock took (${was.shown})`,
    };
  if ('unchanged' in expect || !is)
    return judgeProbe({ unchanged: true }, was ? toReading(was) : null, is ? toReading(is) : null);
  const judged = { verdict: is.status, reason: is.reason ?? is.shown };
  if (!('before' in expect) || moment === 'before' || is.status === 'inconclusive') return judged;
  const change = sayExpectedChange(expect);
  // What it was expected to change from must have been seen: else nobody knows whether this run changed it.
  if (was?.status !== 'pass')
    return {
      verdict: 'inconclusive',
      reason: `expected the change ${change}, got no such reading before: ${was?.reason ?? 'none was taken'}`,
    };
  return canonicalJson(was.value) === canonicalJson(is.value)
    ? { verdict: 'fail', reason: `expected the change ${change}, got no change: ${is.shown}` }
    : judged;
}

/** "information_unit 158 → 159" for two records of numbers or texts; null for anything else. */
function describeChange(before: Json, after: Json): string | null {
  const flat = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
  const [was, is] = [flat.safeParse(before), flat.safeParse(after)];
  if (!was.success || !is.success) return null;
  const names = [...new Set([...Object.keys(was.data), ...Object.keys(is.data)])];
  const changed = names.filter((name) => was.data[name] !== is.data[name]);
  return changed.length === 0
    ? null
    : changed
        .map((name) => `${name} ${was.data[name] ?? 'absent'} → ${is.data[name] ?? 'absent'}`)
        .join(', ');
}

function shownOf(reading: ProbeReading | undefined): string | null {
  return reading === undefined || reading.value === null ? null : reading.shown;
}

function toReading(
  reading: Pick<ProbeReading, 'id' | 'title' | 'at' | 'value' | 'shown'> & { reason?: string | null },
): Reading {
  const { id, title, at: observedAt, value, shown: display, reason } = reading;
  return {
    id,
    title,
    observedAt,
    value,
    display,
    ...(value === null ? { unavailable: reason ?? 'not readable' } : {}),
  };
}

/** How a database of the plan is reached. Throws a RangeError when this worker does not know its secret. */
export function findDatabase(
  { plan, secret }: GateContext,
  name: string,
): { dsn: string; via: string | undefined } {
  const database = plan.databases[name];
  const dsn = database && secret(database.secret);
  if (!database || !dsn)
    throw new RangeError(
      `expected a secret ${database?.secret ?? name} in this worker’s configuration, got none`,
    );
  return { dsn: dsn.reveal(), via: database.via };
}
