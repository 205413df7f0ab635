import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseOldTrees, type OldTree, oldTreesIn } from '../../src/gate/old-trees.ts';

const live = '/srv/app';
const at = (day: number) => new Date(Date.UTC(2026, 4, 1 + day)).toISOString();
const now = new Date(at(100));
const stamp = (day: number) => `20260501T0000${String(day % 60).padStart(2, '0')}Z`;
const pre = (day: number) => `${live}.pre-r${day}-${stamp(day)}`;

const line = (entry: object) => JSON.stringify({ run: 'r', gate: 'promote', state: 'end', ...entry });
const promoted = (day: number, was: string) =>
  line({ at: at(day), live, incoming: `${live}.staged-r${day}`, outgoing: pre(day), was });

describe('old trees by the host’s journal', () => {
  it('are what promotes and rollbacks have left and nothing has moved since', () => {
    const trees = oldTreesIn(
      [
        promoted(1, 'O'),
        promoted(2, 'A'),
        line({ at: at(3), live, incoming: pre(2), outgoing: `${live}.bad-r2`, was: 'B' }),
      ],
      live,
    );
    expect(trees.map(({ path, digest, kind }) => [path, digest, kind])).toEqual([
      [pre(1), 'O', 'backup'],
      [`${live}.bad-r2`, 'B', 'bad'],
    ]);
  });

  it('are a first tree that was taken out, too', () => {
    const removal = line({ at: at(1), from: live, to: `${live}.bad-r1`, tree: 'A' });
    const placing = line({ at: at(0), from: `${live}.staged-r1`, to: live, tree: 'A' });
    expect(oldTreesIn([placing, removal], live)).toMatchObject([{ path: `${live}.bad-r1`, digest: 'A' }]);
  });

  it.each([
    ['of another live path', line({ at: at(1), live: '/srv/app2', outgoing: pre(1), was: 'O' })],
    ['of another name', line({ at: at(1), live, outgoing: '/srv/app.v1', was: 'O' })],
    [
      'of something inside the live tree',
      line({ at: at(1), live, outgoing: `${live}/.pre-r1-${stamp(1)}`, was: 'O' }),
    ],
    [
      'that leads elsewhere',
      line({ at: at(1), live, outgoing: `${live}.pre-r1/../../etc-${stamp(1)}`, was: 'O' }),
    ],
    ['of an exchange that did not end', promoted(1, 'O').replace('"end"', '"begin"')],
    ['that is torn', '{"run":"r","at'],
    ['without a time', line({ at: 'yesterday', live, outgoing: pre(1), was: 'O' })],
  ])('are not in a line %s', (_name, text) => {
    expect(oldTreesIn([text], live)).toEqual([]);
  });

  it('are gone once their removal has ended, and to be finished while it has not', () => {
    const begin = line({ at: at(4), state: 'begin', prune: pre(1) });
    expect(oldTreesIn([promoted(1, 'O'), begin], live)).toMatchObject([{ begun: true }]);
    expect(oldTreesIn([promoted(1, 'O'), begin, line({ at: at(4), prune: pre(1) })], live)).toEqual([]);
  });

  it('count as bad where that tree was rolled back from elsewhere', () => {
    const bad = line({ at: at(1), live, incoming: 'x', outgoing: `${live}.bad-r0`, was: 'A' });
    expect(oldTreesIn([bad, promoted(2, 'A')], live).map(({ kind }) => kind)).toEqual(['bad', 'bad']);
  });
});

describe('the choice of old trees to remove', () => {
  const trees: fc.Arbitrary<OldTree[]> = fc
    .array(fc.record({ isBad: fc.boolean(), day: fc.nat({ max: 99 }) }), { maxLength: 12 })
    .map((all) =>
      all
        .toSorted((a, b) => a.day - b.day)
        .map(({ isBad, day }, index) => ({
          path: isBad ? `${live}.bad-r${index}` : pre(index),
          digest: null,
          at: at(day),
          kind: isBad ? ('bad' as const) : ('backup' as const),
          begun: false,
        })),
    );

  it('never takes the anchor, nor the newest of a kind, nor more than count and age say', () => {
    const keeping = fc.record({
      count: fc.integer({ min: 1, max: 6 }),
      days: fc.option(fc.integer({ min: 1, max: 90 })),
    });
    fc.assert(
      fc.property(trees, keeping, fc.nat(), (all, { count, days }, pick) => {
        const backups = all.filter(({ kind }) => kind === 'backup');
        const anchor = backups[pick % Math.max(1, backups.length)]?.path ?? null;
        const gone = chooseOldTrees(all, { count, days: days ?? undefined, anchor, now });
        const paths = gone.map(({ path }) => path);
        expect(paths).not.toContain(anchor);
        for (const kind of ['backup', 'bad'] as const) {
          const of = all.filter((each) => each.kind === kind);
          expect(paths).not.toContain(of.at(-1)?.path);
          const kept = of.filter(({ path }) => !paths.includes(path));
          const excess = kept.filter(({ path }) => path !== anchor).length;
          expect(excess).toBeLessThanOrEqual(count);
          if (days === null) expect(kept.length).toBeGreaterThanOrEqual(Math.min(count, of.length));
          for (const { path, at: since } of gone.filter((each) => each.kind === kind)) {
            const newer = of.length - 1 - of.findIndex((each) => each.path === path);
            const isOld = days !== null && Date.parse(since) < now.getTime() - days * 86_400_000;
            expect(newer >= count || isOld).toBe(true);
          }
        }
      }),
    );
  });
});
