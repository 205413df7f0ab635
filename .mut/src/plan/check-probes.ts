// Probes: what they name, and whether somebody reads them often enough. Pure.
import { z } from 'zod';
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
      ['expect', patternOf(probe.expect.before)],
      ['expect', patternOf(probe.expect.after)],
    ] as const) {
      const fault = pattern === undefined ? null : patternFault(pattern);
      if (fault !== null) faults.push({ path: at(field), message: fault });
    }
    if (comparesNothing(probe.expect))
      faults.push({
        path: at('expect'),
        message: 'expected two different readings in `before` and `after`, got the same twice; use `equals`',
      });
    if (probe.kind === 'constant' && probe.pattern !== undefined && groupsIn(probe.pattern) === 0)
      faults.push({
        path: at('pattern'),
        message: `expected a regular expression with one group, whose text is the value, got ${JSON.stringify(probe.pattern)}; put the value into "(…)"`,
      });
    return faults;
  });
}

type Expect = NonNullable<Outline['probes'][number]>['expect'];

function patternOf(side: unknown): string | undefined {
  const read = z.object({ matches: z.string() }).safeParse(side);
  return read.success ? read.data.matches : undefined;
}

function comparesNothing({ before, after }: Expect): boolean {
  return before !== undefined && JSON.stringify(before) === JSON.stringify(after);
}

/** How many groups a pattern has; null when it is none. */
function groupsIn(pattern: string): number | null {
  return patternFault(pattern) === null ? groupsOf(pattern) : null;
}

/** `unchanged`, and `before` and `after`, compare two readings: precheck takes the first one. */
function readingFaults(plan: Outline): ReferenceFault[] {
  const gates = gatesWithIndex(plan);
  const first = gates.find(([{ kind }]) => kind === 'precheck')?.[1];
  const second = gates.findLast(([{ kind }]) => secondReadingKinds.has(kind))?.[1];
  const change = gates.find(([{ kind }]) => kind === 'promote' || kind === 'rollback')?.[1] ?? -1;
  return plan.probes.flatMap((probe, index): ReferenceFault[] => {
    if (!probe) return [];
    if (first === undefined)
      return [
        {
          path: ['probes', index],
          message: 'expected a precheck gate, which takes the first reading of every probe, got none; add it',
        },
      ];
    const expectsChange = probe.expect.before !== undefined;
    if (probe.expect.unchanged !== true && !expectsChange) return [];
    const enough = expectsChange ? Math.max(first, change) : first;
    if (second !== undefined && second > enough) return [];
    if (expectsChange)
      return [
        {
          path: ['probes', index, 'expect'],
          message:
            'expected a gate that reads probes after the change (prove or probes, behind precheck and promote), since `before` and `after` compare two readings, got none; add one, or expect a value',
        },
      ];
    return [
      {
        path: ['probes', index, 'expect'],
        message:
          'expected a gate after precheck that reads probes a second time (prove or probes), since `unchanged` compares two readings, got none; add one, or expect a value',
      },
    ];
  });
}
