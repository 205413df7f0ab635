// Section 6: what the probes saw twice, and everything that the journal says was changed. Pure.

import { mutatingKinds } from '../../plan/gate-traits.ts';
import { readFacts } from '../../run/facts.ts';
import { journalOf } from '../../run/gate-state.ts';
import { secondReadings } from '../../run/second-readings.ts';
import type { RunState } from '../../run/state.ts';
import { probeTable } from '../gates/describe-tests.ts';
import { code, counted, prose, table } from '../markdown.ts';
import { sayOperation } from '../say-operation.ts';

export function describeUntouched(run: RunState): string {
  return [
    '**What was observed.**',
    observed(run),
    '**What was changed, by the journal of this run.**',
    changed(run),
  ].join('\n\n');
}

function observed(run: RunState): string {
  const probes = secondReadings(run);
  if (probes && probes.length > 0) {
    const blind = probes.filter(({ unseen }) => unseen !== undefined).length;
    const same = probes.filter(({ status, unseen }) => status === 'pass' && unseen === undefined).length;
    const nothing =
      blind > 0
        ? ` ${counted(blind, 'probe')} found nothing to look at, so nothing is claimed from ${blind === 1 ? 'it' : 'them'}.`
        : '';
    return `${same} of ${counted(probes.length, 'probe')} read as the plan expects, ${sayOperation(run) === 'run' ? 'at the beginning and at the end' : `before the ${run.operation} and after it`}${run.rollback ? ', before the rollback' : ''}.${nothing} A probe sees what it reads at two moments, not what happened between them.\n\n${probeTable(probes)}`;
  }
  const first = run.gates.find(({ gate }) => gate.kind === 'precheck');
  const { probes: readings } = readFacts('precheck', first?.result?.facts);
  if (!readings || readings.length === 0) return 'No probe was read, so nothing is claimed from observation.';
  const rows = readings.map(({ title, shown, at }) => [prose(title), prose(shown), at]);
  return `The probes were read once, at the start, and not again; whether they changed was not observed.\n\n${table(['Probe', 'Reading', 'Read at'], rows)}`;
}

function changed(run: RunState): string {
  const open = run.gates.filter(
    ({ gate, attempt, result }) =>
      mutatingKinds.has(gate.kind) && attempt > 0 && (result === null || result.status === 'inconclusive'),
  );
  const warning =
    open.length > 0
      ? `The journal may not be complete: ${open.map(({ gate }) => `${prose(gate.id)} ${prose(gate.title)}`).join(', ')} did not report how it ended.\n\n`
      : '';
  const all = journalOf(run);
  const rows = all
    .filter(({ kind }) => !bookkeeping.has(kind))
    .map(({ at, gate, kind, machine, target, simulated }) => [
      at,
      prose(gate.id),
      `${code(kind)}${simulated ? ' (simulated, not done)' : ''}`,
      prose(machine),
      code(target),
    ]);
  if (all.length === 0) return `${warning}It holds no change.`;
  const rest = all.length - rows.length;
  const aside =
    rest > 0
      ? `\n\nBeside these, ${counted(rest, 'entry', 'entries')} of bookkeeping (locks, fences and the host’s own journal); the documents of the gates list them.`
      : '';
  return `${warning}${table(['At', 'Gate', 'Change', 'Machine', 'Target'], rows)}${aside}`;
}

/** What a gate writes down about itself beside the live path, not a change to what is served. */
const bookkeeping: ReadonlySet<string> = new Set(['host.lock', 'host.journal', 'host.fence']);
