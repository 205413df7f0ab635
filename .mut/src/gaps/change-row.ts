// A gap's row with one more change. Pure.
import type { GapChange, GapRow } from './schema.ts';

export function changed({ id, history }: Pick<GapRow, 'id' | 'history'>, change: GapChange): GapRow {
  const { title, scope, to, evidence } = change;
  return { id, title, status: to, scope, evidence, history: [...history, change] };
}
