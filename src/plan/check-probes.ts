// Probes: what they name, and whether somebody reads them often enough. Pure.

import { groupsOf, patternFault } from '../evidence/pattern.ts';
import { secondReadingKinds } from './gate-traits.ts';
import { gatesWithIndex, has, type Outline, type ReferenceFault, unknownName } from './outline.ts';

/** Names that the plan does not have, patterns that do not compile, and readings that nobody takes. */
export function probeFaults(plan: Outline, kindsKnown: boolean): ReferenceFault[] {
  return [...namesAndPatterns(plan), ...(kindsKnown ? readingFaults(plan) : [])];
}

function namesAndPatterns(plan: Outline): ReferenceFault[] {
  return plan.probes.flatMap((probe, index) => {
    if (!probe) return [];
    const at = (field: string) => ['probes', index, field];
    const faults: ReferenceFault[] = [];
    for (const field of ['host', 'via', 'database'] as const) {
      const [name, known] = [probe[field], field === 'database' ? plan.databases : plan.hosts];
      const what = field === 'database' ? 'a database' : 'a host';
      if (name !== undefined && !has(known, name))
        faults.push({
          path: at(field),
          message: unknownName(what, name, Object.keys(known), field === 'database' ? 'databases' : 'hosts'),
        });
    }
    for (const [field, pattern] of [
      ['pattern', probe.pattern],
      ['expect', probe.expect.matches],
    ] as const) {
      const fault = pattern === undefined ? null : patternFault(pattern);
      if (fault !== null) faults.push({ path: at(field), message: fault });
    }
    if (probe.kind === 'constant' && probe.pattern !== undefined && groupsIn(probe.pattern) === 0)
      faults.push({
        path: at('pattern'),
        message: `expected a regular expression with one group, whose text is the value, got ${JSON.stringify(probe.pattern)}; put the value into "(…)"`,
      });
    return faults;
  });
}

/** How many groups a pattern has; null when it is none. */
function groupsIn(pattern: string): number | null {
  return patternFault(pattern) === null ? groupsOf(pattern) : null;
}

/** `unchanged` compares two readings: precheck takes the first one. */
function readingFaults(plan: Outline): ReferenceFault[] {
  const gates = gatesWithIndex(plan);
  const first = gates.find(([{ kind }]) => kind === 'precheck')?.[1];
  const second = gates.findLast(([{ kind }]) => secondReadingKinds.has(kind))?.[1];
  return plan.probes.flatMap((probe, index): ReferenceFault[] => {
    if (!probe) return [];
    if (first === undefined)
      return [
        {
          path: ['probes', index],
          message: 'expected a precheck gate, which takes the first reading of every probe, got none; add it',
        },
      ];
    if (probe.expect.unchanged !== true || (second !== undefined && second > first)) return [];
    return [
      {
        path: ['probes', index, 'expect'],
        message:
          'expected a gate after precheck that reads probes a second time (prove or probes), since `unchanged` compares two readings, got none; add one, or expect a value',
      },
    ];
  });
}
