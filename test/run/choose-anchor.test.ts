import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseOne } from '../../src/run/choose-anchor.ts';
import type { LiveChange } from '../../src/run/live-history.ts';

const at = (index: number) => new Date(Date.UTC(2026, 4, 21, 5, index)).toISOString();

/** A target that is deployed to and rolled back on, as a ledger would tell it. */
class Target {
  live: string | null;
  readonly changes: LiveChange[] = [];
  /** What lies beside it, by path. */
  readonly beside = new Map<string, string>();

  constructor(live: string | null) {
    this.live = live;
  }

  deploy(tree: string): string {
    const runId = `run-${this.changes.length}`;
    const kept = this.live === null ? null : { path: `pre-${runId}`, digest: this.live };
    if (kept) this.beside.set(kept.path, kept.digest);
    this.#note({ runId, kind: 'promoted', tree, kept });
    return runId;
  }

  choose(runId: string) {
    const change = this.changes.find((each) => each.runId === runId);
    if (!change?.tree) throw new RangeError(`expected a promote of ${runId}`);
    return chooseOne({ runId, at: change.at, tree: change.tree, own: change.kept }, this.changes);
  }

  rollBack(runId: string) {
    const chosen = this.choose(runId);
    if ('code' in chosen) return chosen;
    if (chosen.path !== null) this.beside.delete(chosen.path);
    const takenOut = this.live === null ? [] : [this.live];
    this.#note({
      runId: `back-${this.changes.length}`,
      kind: 'restored',
      tree: chosen.digest,
      takenOut,
      used: chosen.path,
    });
    return chosen;
  }

  #note(change: Pick<LiveChange, 'runId' | 'kind' | 'tree'> & Partial<LiveChange>): void {
    this.changes.push({
      at: at(this.changes.length),
      kept: null,
      takenOut: [],
      used: null,
      pruned: [],
      ...change,
    });
    this.live = change.tree;
  }
}

describe('the anchor of a rollback', () => {
  it('is what was live before the run', () => {
    const target = new Target('O');
    expect(target.choose(target.deploy('A'))).toMatchObject({ digest: 'O', ofRun: 'run-0' });
  });

  it('is nothing after a first deploy, and never stands in for a bad backup', () => {
    const target = new Target(null);
    const first = target.deploy('A');
    expect(target.rollBack(first)).toMatchObject({ path: null, digest: null });
    target.deploy('A');
    expect(target.choose(target.deploy('B'))).toMatchObject({ code: 'no-good-anchor' });
  });

  it('is the next older backup where that tree was itself rolled back from', () => {
    const target = new Target('O');
    target.rollBack(target.deploy('A'));
    const good = target.deploy('A');
    const chosen = target.rollBack(target.deploy('B'));
    expect(chosen).toMatchObject({
      digest: 'O',
      ofRun: good,
      why: expect.stringContaining('rolled back from'),
    });
    expect(target.live).toBe('O');
  });

  it('is never one bad tree for another', () => {
    const target = new Target('O');
    target.rollBack(target.deploy('A'));
    target.rollBack(target.deploy('B'));
    const oldest = target.deploy('A');
    target.deploy('B');
    expect(target.rollBack(target.deploy('C'))).toMatchObject({ digest: 'O', ofRun: oldest });
  });

  it('is no backup that a rollback has used or that was removed', () => {
    const target = new Target('O');
    target.rollBack(target.deploy('A'));
    const again = target.deploy('A');
    const last = target.deploy('B');
    const change = target.changes.find(({ runId }) => runId === last);
    const pruned = target.changes.map((each) =>
      each === change ? { ...each, pruned: [`pre-${again}`] } : each,
    );
    expect(
      chooseOne({ runId: last, at: change?.at ?? '', tree: 'B', own: change?.kept ?? null }, pruned),
    ).toMatchObject({ code: 'no-good-anchor' });
  });

  it('is nothing where what was live before the run lies there no more: no other tree stands in for it', () => {
    const target = new Target('O');
    const runId = target.deploy('A');
    const change = target.changes[0];
    const asked = { runId, at: change?.at ?? '', tree: 'A', own: change?.kept ?? null };
    expect(chooseOne(asked, target.changes, [`pre-${runId}`])).toMatchObject({ code: 'anchor-gone' });
  });

  it('was never rolled back from, and still lies there, whatever has been deployed and taken back', () => {
    const step = fc.oneof(
      fc.constantFrom('A', 'B', 'C').map((tree) => ({ tree })),
      fc.constant({ tree: null }),
    );
    fc.assert(
      fc.property(fc.constantFrom('O', null), fc.array(step, { maxLength: 20 }), (start, steps) => {
        const target = new Target(start);
        let last: string | null = null;
        for (const { tree } of steps) {
          if (tree !== null) last = target.deploy(tree);
          else if (last !== null) {
            const bad = new Set(target.changes.flatMap(({ takenOut }) => takenOut));
            const there = new Map(target.beside);
            const chosen = target.rollBack(last);
            if (!('code' in chosen) && chosen.digest !== null) {
              expect(bad.has(chosen.digest)).toBe(false);
              expect(there.get(chosen.path ?? '')).toBe(chosen.digest);
            }
            last = null;
          }
        }
      }),
    );
  });
});
