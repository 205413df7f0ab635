// What exactly a forbidden action says was not done, and of what: never more than its evidence reads. Pure.
import { acts } from './acts.ts';
import { probeCriterion } from './criteria-of.ts';
import type { Plan, PlanForbidden } from './schema.ts';
import type { EvidenceRef } from './schema-evidence.ts';
import type { Probe } from './schema-probes.ts';

/**
 * "change a value in a file (/opt/x/flag.ts on web)", and what readings before and after cannot see of it; the claim's own title
 * where it names no act.
 */
export function sayAct(plan: Pick<Plan, 'probes'>, claim: PlanForbidden): string {
  const isRead = claim.act !== undefined && acts[claim.act].by === undefined;
  return isRead ? `${sayWholeAct(plan, claim)}; ${UNSEEN}` : sayWholeAct(plan, claim);
}

const UNSEEN = 'what began and was over again between the two readings is not seen';

/** Of a run that has read nothing twice: no place, since none was compared. */
export function sayUnread(act: keyof typeof acts): string {
  return `${acts[act].words}; by this run alone, and nothing was read a second time`;
}

/** The same without that limit, as runs of earlier versions said it. */
export function sayWholeAct(plan: Pick<Plan, 'probes'>, { act, title, evidence }: PlanForbidden): string {
  if (act === undefined) return title;
  const { words, by } = acts[act];
  const places = by ? [] : evidence.flatMap((ref) => probeOf(plan, ref) ?? []).map(placeOf);
  return places.length === 0 ? words : `${words} (${[...new Set(places)].join('; ')})`;
}

function probeOf({ probes }: Pick<Plan, 'probes'>, ref: EvidenceRef): Probe | undefined {
  if ('probe' in ref) return probes.find(({ id }) => id === ref.probe);
  return 'check' in ref ? probes.find(({ id }) => ref.check.split('/')[1] === probeCriterion(id)) : undefined;
}

/** What a probe reads, and so all that it can speak for. */
export function placeOf(probe: Probe): string {
  switch (probe.kind) {
    case 'row-counts':
      return `${probe.tables.join(', ')} of ${probe.database}`;
    case 'table-contents':
    case 'table-writes': {
      const parts = 'sample' in probe ? Object.entries(probe.sample ?? {}) : [];
      const some = parts.map(([table, percent]) => `, of ${table} ${percent} % of its pages`).join('');
      return `${probe.tables?.join(', ') ?? 'every table'} of ${probe.database}${some}`;
    }
    case 'schema-fingerprint':
      return `${probe.schemas.join(', ')} of ${probe.database}`;
    case 'git-head':
    case 'file-digest':
    case 'tree-digest':
      return `${probe.path} on ${probe.host}`;
    case 'constant':
      return `${probe.path}/${probe.file} on ${probe.host}`;
    case 'services':
      return `${probe.units?.join(', ') ?? 'every service of systemd'} on ${probe.host}`;
    case 'crontab':
    case 'containers':
    case 'command':
      return `on ${probe.host}`;
    case 'listening-ports':
      return `${probe.ports?.join(', ') ?? 'every TCP port'} on ${probe.host}`;
    case 'http':
      return probe.url;
  }
}
