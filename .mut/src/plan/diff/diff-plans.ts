// The difference between two plans as a reviewer needs it: what is other, and what follows from it. Pure.

import { planDigest } from '../digest.ts';
import { mutatingKinds } from '../gate-traits.ts';
import type { Plan } from '../schema.ts';
import { keyOf } from '../schema-gates.ts';
import { json } from '../schema-scalars.ts';
import { compareValues } from './compare-values.ts';
import { describeDifference } from './describe-difference.ts';

/** Lines, the gravest first; none exactly when the digests are equal. */
export function diffPlans(a: Plan, b: Plan): string[] {
  const [before, after] = [planDigest(a), planDigest(b)];
  if (before === after) return [];
  const differences = compareValues(toJson(a), toJson(b)).map(describeDifference);
  const order = orderOf(a, b);
  const silent =
    differences.length + order.length === 0
      ? ['only the order of entries differs, where it means nothing']
      : [];
  return [...consequences(a, b), ...order, ...differences, ...silent, `digest: ${before} → ${after}`];
}

function toJson(plan: Plan) {
  return json.parse(JSON.parse(JSON.stringify(plan)));
}

/** What a run can do now and could not before, and the other way round. */
function consequences(a: Plan, b: Plan): string[] {
  const [was, is] = [powersOf(a), powersOf(b)];
  return [
    ...[...is].filter((power) => !was.has(power)).map((power) => `NOW: ${power}`),
    ...[...was].filter((power) => !is.has(power)).map((power) => `NO LONGER: ${power}`),
  ];
}

function powersOf({ gates, mode, probes, proofs }: Plan): ReadonlySet<string> {
  const kinds = new Set<string>(gates.map(({ kind }) => kind));
  const changes = gates.some(({ kind }) => mutatingKinds.has(kind));
  return new Set([
    ...(mode === 'LIVE' && kinds.has('promote') ? ['something goes live'] : []),
    ...(mode === 'LIVE' && kinds.has('rollback') ? ['what is live is taken back'] : []),
    ...(mode === 'LIVE' && kinds.has('artifact') ? ['the branch of the source repository is moved'] : []),
    ...(mode === 'LIVE' && changes ? ['something is changed'] : []),
    ...(kinds.has('prove') ? ['what is live is proved after promote'] : []),
    ...(kinds.has('rollback-readiness') ? ['the way back is rehearsed'] : []),
    ...(kinds.has('test') ? ['tests are run before the commit'] : []),
    ...(proofs && (kinds.has('prove') || kinds.has('test')) ? ['behavioural proofs are run'] : []),
    ...(probes.length > 0 ? ['the world is observed by probes'] : []),
    ...(gates.some((gate) => gate.kind === 'decide' && gate.with.by === 'people')
      ? ['people decide a question']
      : []),
    ...(gates.some(
      (gate) => gate.kind === 'database-proof' && gate.with.proofs.some(({ readOnly }) => !readOnly),
    )
      ? ['a database is written to in transactions that are rolled back']
      : []),
  ]);
}

/** Gates that both plans have, in another order. */
function orderOf(a: Plan, b: Plan): string[] {
  const [was, is] = [a.gates.map(keyOf), b.gates.map(keyOf)];
  const common = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => others.includes(name));
  const [one, other] = [common(was, is), common(is, was)];
  return one.join('\n') === other.join('\n') ? [] : [`gates come in another order: ${other.join(', ')}`];
}
