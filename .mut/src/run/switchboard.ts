// Keeps the execution switch: every flip is in the ledger before it holds, and workers hear of it at once.
import { z } from 'zod';
import type { Json } from '../plan/schema-scalars.ts';
import type { LedgerPort } from './ports.ts';
import {
  type Board,
  controlStream,
  type Flip,
  flipEvent,
  flipSchema,
  foldBoard,
  type SwitchView,
  switchFor,
} from './switch.ts';

export interface SwitchboardParts {
  readonly ledger: Pick<LedgerPort, 'append' | 'read'>;
  readonly configured: 'enabled' | 'disabled';
  readonly isHeadMoved: (error: unknown) => boolean;
}

export interface Switchboard {
  /** As of the last flip that this process knows of. */
  board(): Board;
  forPlan(plan: string): SwitchView;
  readonly configured: 'enabled' | 'disabled';
  /** Records a flip; it holds when this resolves. */
  flip(flip: z.infer<typeof flipSchema>): Promise<Flip>;
  /** Calls `listener` after every flip; returns the function that ends it. */
  onFlip(listener: (flip: Flip) => void): () => void;
}

/** Reads the stream of the control plane. Throws a ZodError when it holds what this version does not know. */
export async function openSwitchboard(parts: SwitchboardParts): Promise<Switchboard> {
  const { ledger, configured } = parts;
  const listeners = new Set<(flip: Flip) => void>();
  let flips: readonly Flip[] = [];
  let board = foldBoard(flips);
  await refresh();

  /** Of two reads the later may come first: what is known is never taken back. */
  async function refresh(): Promise<void> {
    const found = await read();
    if (found.length < flips.length) return;
    flips = found;
    board = foldBoard(flips);
  }

  async function read(): Promise<Flip[]> {
    const rows = await ledger.read(controlStream);
    return rows.map(({ type, data, at, seq }) => {
      z.literal(flipEvent).parse(type);
      return { ...flipSchema.parse(data), at, seq };
    });
  }

  async function flip(wanted: z.infer<typeof flipSchema>): Promise<Flip> {
    const data = flipSchema.parse(wanted);
    const seq = await append(data);
    await refresh();
    const made = flips.find((each) => each.seq === seq);
    if (!made) throw new RangeError(`expected flip ${seq} in the ledger after its append, got none`);
    for (const listener of listeners) listener(made);
    return made;
  }

  async function append(data: z.infer<typeof flipSchema>): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      const head = flips.at(-1)?.seq ?? 0;
      try {
        await ledger.append(controlStream, head, [{ type: flipEvent, data: data as Json }]);
        return head + 1;
      } catch (error) {
        if (!parts.isHeadMoved(error) || attempt >= 20) throw error;
        await refresh();
      }
    }
  }

  return {
    board: () => board,
    forPlan: (plan) => switchFor(board, configured, plan),
    configured,
    flip,
    onFlip(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
