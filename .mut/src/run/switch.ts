// The execution switch as people turn it: the fold of the control plane's own ledger stream, and the disable ladder. Pure.
import { z } from 'zod';
import { identifier } from '../plan/schema-scalars.ts';
import { personSchema } from './events.ts';
import type { Reason } from './gate-result.ts';

/** Ledger stream of the control plane itself; every other stream is a run. */
export const controlStream = 'control';

/**
 * How far "off" goes; each level includes those below it. 0: nothing is mutated. 1: approvals are void, and none is
 * asked for or used. 2: open LIVE runs are aborted. 3: no LIVE run starts.
 */
export const levels = [0, 1, 2, 3] as const;
const level = z.union(levels.map((each) => z.literal(each)));
export type Level = z.infer<typeof level>;

export const flipSchema = z.strictObject({
  plan: identifier.nullable().describe('The plan whose runs it is about; null for all of this installation.'),
  enabled: z.boolean(),
  level: level.describe('How far "off" goes; 0 when it is turned on.'),
  by: personSchema,
  reason: z.string().min(1),
});
export const flipEvent = 'switch.flipped';
export type Flip = z.infer<typeof flipSchema> & { readonly at: string; readonly seq: number };

/** Which flips hold: the last one for all, and the last one of each plan. */
export interface Board {
  readonly all: Flip | null;
  readonly plans: ReadonlyMap<string, Flip>;
  /** Sequence number of the last flip; 0 before any. */
  readonly seq: number;
}

export function foldBoard(flips: readonly Flip[]): Board {
  const all = flips.findLast(({ plan }) => plan === null) ?? null;
  const plans = new Map(flips.flatMap((flip) => (flip.plan === null ? [] : [[flip.plan, flip] as const])));
  return { all, plans, seq: flips.at(-1)?.seq ?? 0 };
}

export interface SwitchView {
  readonly enabled: boolean;
  /** Of "off"; -1 while it is on. */
  readonly level: Level | -1;
  readonly reason: string;
  /** Who turned it off; null when nobody did. */
  readonly by: { readonly id: string; readonly name: string } | null;
}

/** How the switch stands for one plan. The configuration is the ceiling: what it disables nobody enables from outside. */
export function switchFor(
  { all, plans }: Board,
  configured: 'enabled' | 'disabled',
  plan: string,
): SwitchView {
  if (configured === 'disabled')
    return {
      enabled: false,
      level: 0,
      reason: 'disabled in the configuration, which is the default; set execution: enabled',
      by: null,
    };
  const off = [all, plans.get(plan) ?? null]
    .filter((flip) => flip !== null && !flip.enabled)
    .filter((flip) => flip !== null)
    .toSorted((a, b) => b.level - a.level)
    .at(0);
  return off
    ? { enabled: false, level: off.level, reason: describeFlip(off), by: off.by }
    : {
        enabled: true,
        level: -1,
        reason: 'enabled in the configuration, and nobody has disabled it',
        by: null,
      };
}

/** "disabled by dana at 2026-05-21T05:20:00.000Z: incident 7", with what it is about. */
export function describeFlip({ enabled, plan, by, at, reason, level: of }: Flip): string {
  const how = enabled ? 'enabled' : `disabled at level ${of}`;
  return `${how} ${plan === null ? 'for all plans' : `for ${plan}`} by ${by.name} at ${at}: ${reason}`;
}

/** What the ladder demands of a run. */
export interface Ladder {
  /** Why approvals are withheld, from level 1 on. */
  readonly withheld: Reason | null;
  /** Who aborts open LIVE runs, and why, from level 2 on. */
  readonly void: {
    readonly by: { readonly id: string; readonly name: string };
    readonly reason: string;
  } | null;
}

export const noLadder: Ladder = { withheld: null, void: null };

export function ladderOf({ level: at, reason, by }: SwitchView): Ladder {
  return {
    withheld:
      at >= 1
        ? {
            code: 'withheld',
            text: `Execution is ${reason}. No approval is asked for or used until it is enabled again.`,
          }
        : null,
    void: at >= 2 && by ? { by, reason: `execution was ${reason}` } : null,
  };
}

/** Why no LIVE run starts now, at level 3; null while one may. */
export function notStarted({ level: at, reason }: SwitchView): Reason | null {
  return at === 3
    ? { code: 'disabled', text: `Execution is ${reason}. LIVE runs do not start; a dry run and /verify do.` }
    : null;
}
