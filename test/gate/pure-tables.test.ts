// Small pure parts of the gates, each as a table: which tree comes back, what the host's journal says, which old trees go, what is
// written down, and what speaks against a host.
import { describe, expect, it } from 'vitest';
import { anchorOf, probesBefore } from '../../src/gate/anchor.ts';
import { concludeGate, requireBefore, tolerate } from '../../src/gate/conclude.ts';
import { GateStop } from '../../src/gate/context.ts';
import { journalOfTrees } from '../../src/gate/journal-of-trees.ts';
import { lastBegun } from '../../src/gate/last-begun.ts';
import {
  archivePathOf,
  backupPathOf,
  badPathOf,
  namesBefore,
  readNameBeside,
  rehearsalPathsOf,
  stagedPathOf,
} from '../../src/gate/names-beside.ts';
import { chooseOldTrees, type OldTree, oldTreesIn } from '../../src/gate/old-trees.ts';
import { promotionOf } from '../../src/gate/promotion.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { rollbackCommands } from '../../src/gate/rollback-commands.ts';
import { readableBytes, readableCount } from '../../src/gate/size-words.ts';
import { judgeRoom, parentObstacles, treeObstacles, wayObstacles } from '../../src/gate/target-obstacles.ts';
import { targetsToChange } from '../../src/gate/targets-to-change.ts';
import type { TargetReadiness } from '../../src/host/commands/observe-readiness.ts';
import { requireFacts } from '../../src/run/facts.ts';
import type { Check } from '../../src/run/gate-result.ts';
import { factsWith } from '../fixtures/reference-facts.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';

const live = '/srv/app';
const line = (entry: object) => JSON.stringify({ run: 'r1', gate: 'promote', state: 'begin', ...entry });

describe('the tree that comes back', () => {
  const tree = (digit: string) => ({ digest: `sha256:${digit.repeat(64)}` });
  const staged = factsWith('stage', { liveTree: tree('2') });
  it.each([
    [
      'is the one that was seen last before the approval was used',
      { stage: staged, drift: factsWith('drift', { liveTree: tree('9') }) },
      tree('9'),
    ],
    ['is the one of staging where nobody looked once more', { stage: staged }, tree('2')],
    [
      'is nothing where nothing was seen',
      { stage: staged, drift: factsWith('drift', { liveTree: null }) },
      null,
    ],
    [
      'is nothing where nothing was staged over',
      { stage: factsWith('stage', { liveTree: null, backupPath: null }) },
      null,
    ],
  ])('%s', (_, facts, expected) => {
    expect(anchorOf(facts)).toEqual(expected);
  });

  it('goes with the probes that were approved, or else the first', () => {
    const probe = (id: string) => ({
      ...(factsWith('precheck')['probes'] as { [field: string]: never }[])[0],
      id,
    });
    const [first, shown] = [[probe('first')], [probe('shown')]];
    const ids = (facts: Parameters<typeof probesBefore>[0]) => probesBefore(facts).map(({ id }) => id);
    const precheck = factsWith('precheck', { probes: first });
    expect(ids({ precheck, drift: factsWith('drift', { probes: shown }) })).toEqual(['shown']);
    expect(ids({ precheck, drift: factsWith('drift', { probes: [] }) })).toEqual(['first']);
    expect(ids({ precheck })).toEqual(['first']);
    expect(ids({})).toEqual([]);
  });
});

describe('what a promote does', () => {
  const approved = `sha256:${'9'.repeat(64)}`;
  const drift = (liveTree: { digest: string } | null) => factsWith('drift', { liveTree });

  it('is to exchange the tree that was approved to go, and no other, for what was staged', () => {
    const stage = factsWith('stage');
    const { livePath, stagedPath, backupPath, stagedTree } = requireFacts('stage', stage);
    const promotion = promotionOf({ stage, drift: drift({ digest: approved }) });
    expect(promotion).toMatchObject({
      kind: 'exchange',
      exchange: { live: livePath, incoming: stagedPath, outgoing: backupPath, was: approved },
    });
    expect(promotion).toMatchObject({ exchange: { becomes: stagedTree.digest } });
  });

  it('is blocked where what was live is gone, and is to place where nothing was', () => {
    expect(() => promotionOf({ stage: factsWith('stage'), drift: drift(null) })).toThrow(GateStop);
    const stage = factsWith('stage', { backupPath: null, liveTree: null });
    const { livePath, stagedPath, stagedTree } = requireFacts('stage', stage);
    expect(promotionOf({ stage })).toMatchObject({
      kind: 'placing',
      placing: { from: stagedPath, to: livePath, tree: stagedTree.digest },
    });
  });
});

describe('the exchange that a run has begun last', () => {
  const inodes = { live: '1:1', incoming: '1:2' };
  const exchanged = line({ live, inodes });
  it.each<[string, string[], unknown]>([
    ['is none without lines', [], null],
    ['is the one that the journal has', [exchanged], { gate: 'promote', ...inodes }],
    [
      'is the last one',
      [exchanged, line({ live, gate: 'rollback', inodes: { live: '1:2', incoming: '1:1' } })],
      { gate: 'rollback', live: '1:2', incoming: '1:1' },
    ],
    [
      'is not one of another run',
      [exchanged, line({ run: 'r2', live, gate: 'rollback', inodes })],
      { gate: 'promote', ...inodes },
    ],
    ['is not one of another live path', [line({ live: '/srv/other', inodes })], null],
    ['is not one that names no directories', [line({ live })], null],
    ['is not its end', [line({ live, inodes, state: 'end' })], null],
    ['is not what is torn', ['{"run":"r1"', 'null'], null],
    [
      'is a first tree that was placed',
      [line({ from: `${live}.staged-r1`, to: live, inode: '1:3' })],
      { gate: 'promote', live: null, incoming: '1:3' },
    ],
    [
      'is a first tree that was taken out',
      [line({ from: live, to: `${live}.bad-r1`, inode: '1:3' })],
      { gate: 'promote', live: '1:3', incoming: null },
    ],
    ['is not a rename elsewhere', [line({ from: '/srv/a', to: '/srv/b', inode: '1:3' })], null],
    [
      'is not a rename that names no directory',
      [line({ from: live, to: `${live}.bad-r1`, inode: null })],
      null,
    ],
  ])('%s', (_, lines, expected) => {
    expect(lastBegun(lines, 'r1', live)).toEqual(expected);
  });
});

describe('what the host’s journal says of the names beside a live path', () => {
  const bad = `${live}.bad-r1`;
  const begun = line({ prune: bad, inode: '1:5' });
  const end = line({ prune: bad, state: 'end', why: 'old' });
  const of = (...lines: string[]) => journalOfTrees(lines, live);

  it('is which were moved, by exchanges and renames alike, begun or ended', () => {
    const moved = of(
      line({ live, incoming: 'a', outgoing: 'b' }),
      line({ from: 'c', to: 'd', state: 'end' }),
    ).moved;
    expect([...moved].sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(of(begun).moved.size).toBe(0);
  });

  it('is which removals have begun and not ended, unless something was moved there since', () => {
    expect([...of(begun).removing]).toEqual([[bad, { run: 'r1', inode: '1:5' }]]);
    expect([...of(line({ prune: bad })).removing]).toEqual([[bad, { run: 'r1', inode: null }]]);
    expect([...of(begun, end).removing]).toEqual([]);
    expect([...of(end, begun).removing.keys()]).toEqual([bad]);
    for (const entry of [{ live, incoming: bad }, { live, outgoing: bad }, { from: bad }, { to: bad }])
      expect([...of(begun, line(entry)).removing]).toEqual([]);
    expect([...of(begun, line({ live, incoming: 'a', outgoing: 'b' })).removing.keys()]).toEqual([bad]);
  });

  it('is which removals have ended, in their order, and why', () => {
    expect(of(begun, end, line({ run: 'r2', prune: 'x', state: 'end' })).removed).toEqual([
      { path: bad, run: 'r1', why: 'old' },
      { path: 'x', run: 'r2', why: null },
    ]);
  });

  it('is which directories were taken out of service, and not those that came back', () => {
    const first = line({ live, inodes: { live: '1:1', incoming: '1:2' } });
    const back = line({ run: 'r2', live, inodes: { live: '1:2', incoming: '1:1' } });
    expect([...of(first).takenOut]).toEqual([['1:1', 'r1']]);
    expect([...of(first, back).takenOut]).toEqual([['1:2', 'r2']]);
    expect([...of(line({ live, inodes: { live: null, incoming: null } })).takenOut]).toEqual([]);
  });

  it('is what was begun last on the live path, with the directory that it puts there', () => {
    const entry = { live, becomes: 'B', inodes: { live: '1:1', incoming: '1:2' } };
    expect(of(line(entry)).last).toEqual({ run: 'r1', becomes: 'B', inode: '1:2' });
    expect(of(line({ live, becomes: 'B' })).last).toEqual({ run: 'r1', becomes: 'B', inode: null });
    expect(of(line(entry), line({ ...entry, becomes: 'C', run: 'r2' })).last).toMatchObject({
      run: 'r2',
      becomes: 'C',
    });
    for (const other of [{ ...entry, state: 'end' }, { ...entry, live: '/srv/other' }, { live }])
      expect(of(line(other)).last).toBeNull();
    expect(of('torn', 'null', '7')).toMatchObject({ last: null, removed: [] });
  });
});

describe('old trees', () => {
  const path = (day: number) => `${live}.pre-r${day}-2026050${day}T000000Z`;
  const at = (day: number) => `2026-05-0${day}T00:00:00.000Z`;
  const old = (day: number, more: Partial<OldTree> = {}): OldTree => ({
    ...{ path: path(day), digest: null, at: at(day), kind: 'backup', begun: false },
    ...more,
  });
  const choose = (trees: OldTree[], more: object = {}) =>
    chooseOldTrees(trees, { count: 2, days: undefined, anchor: null, now: new Date(at(9)), ...more }).map(
      (each) => [each.path, each.why],
    );
  const bad = (day: number) => old(day, { path: `${live}.bad-r${day}`, kind: 'bad' });

  it('go by their number, each kind for itself', () => {
    expect(choose([old(1), old(2), old(3)])).toEqual([[path(1), '2 newer are kept']]);
    expect(choose([old(1), old(2), bad(3), bad(4)])).toEqual([]);
    expect(choose([bad(1), bad(2), bad(3), old(4)])).toEqual([[`${live}.bad-r1`, '2 newer are kept']]);
    expect(choose([old(1), old(2), old(3)], { anchor: path(1) })).toEqual([]);
  });

  it('go by their age, but for the newest of a kind and the anchor', () => {
    const gone = (days: number, more: object = {}) =>
      choose([old(1), old(2), old(3)], { count: 9, days, ...more });
    expect(gone(7)).toEqual([[path(1), 'older than 7 days']]);
    expect(gone(8)).toEqual([]);
    expect(gone(1)).toEqual([
      [path(2), 'older than 1 days'],
      [path(1), 'older than 1 days'],
    ]);
    expect(gone(1, { anchor: path(2) })).toEqual([[path(1), 'older than 1 days']]);
  });

  it('are in the order in which the journal named them last, and none for a line that says little', () => {
    const promoted = (day: number, was: string | null, more: object = {}) =>
      line({
        at: at(day),
        state: 'end',
        live,
        incoming: `${live}.staged-r${day}`,
        outgoing: path(day),
        was,
        ...more,
      });
    const paths = (...lines: string[]) => oldTreesIn(lines, live).map((each) => each.path);
    expect(paths(promoted(1, 'A'), promoted(2, 'B'), promoted(1, 'C'))).toEqual([path(2), path(1)]);
    expect(paths(line({ at: at(1), state: 'end', live }))).toEqual([]);
    expect(paths(line({ at: at(1), state: 'end', from: '/srv/other', to: `${live}.bad-r1` }))).toEqual([]);
    expect(paths(line({ at: at(1), from: live, to: `${live}.bad-r1` }))).toEqual([]);
    expect(paths(promoted(1, 'A', { outgoing: `${live}.staged-r7` }))).toEqual([]);
    // A digest that nobody knows makes no other tree a bad one.
    const unknown = line({ at: at(1), state: 'end', from: live, to: `${live}.bad-r1` });
    expect(oldTreesIn([unknown, promoted(2, null)], live).map(({ kind }) => kind)).toEqual(['bad', 'backup']);
  });
});

describe('a name beside a live path', () => {
  const at = new Date('2026-05-21T05:33:34.567Z');
  it('is read as it was made', () => {
    const { live: copy, anchor, bad } = rehearsalPathsOf(live, 'r-1');
    const made = [
      [stagedPathOf(live, 'r-1'), `${live}.staged-r-1`, 'staged'],
      [archivePathOf(live, 'r-1'), `${live}.artifact-r-1.tar.gz`, 'archive'],
      [backupPathOf(live, 'r-1', at), `${live}.pre-r-1-20260521T053334Z`, 'backup'],
      [badPathOf(live, 'r-1'), `${live}.bad-r-1`, 'bad'],
      [copy, `${live}.rehearsal-live-r-1`, 'rehearsal'],
      [anchor, `${live}.rehearsal-anchor-r-1`, 'rehearsal'],
      [bad, `${live}.rehearsal-bad-r-1`, 'rehearsal'],
    ] as const;
    for (const [path, expected, kind] of made) {
      expect(path).toBe(expected);
      expect(readNameBeside(path, live)).toEqual({ kind, run: 'r-1', part: false });
      expect(readNameBeside(`${path}.part`, live)).toEqual({ kind, run: 'r-1', part: true });
      expect(readNameBeside(`${path}.0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f.part`, live)).toMatchObject({
        part: true,
      });
      expect(readNameBeside(path, '/srv/app2')).toBeNull();
      expect(readNameBeside(`/elsewhere${path}`, live)).toBeNull();
    }
  });

  it('is read of scratch directories, and not of what is anybody’s', () => {
    expect(readNameBeside('/srv/.interlock-exchange.aB3dE6', live)).toEqual({
      kind: 'scratch',
      run: null,
      part: false,
    });
    for (const name of [
      'app',
      'app.v1',
      'app.pre-r1',
      'app.staged-',
      'app.staged--x',
      '.interlock-exchange.x',
      'appx.bad-r1',
    ])
      expect(readNameBeside(`/srv/${name}`, live), name).toBeNull();
  });

  it('has had those before its removal', () => {
    expect(namesBefore('/srv/a')).toEqual(['/srv/a']);
    expect(namesBefore('/srv/a.part.part')).toEqual(['/srv/a.part.part', '/srv/a.part', '/srv/a']);
  });
});

describe('the way back as it is written down', () => {
  it('exchanges and names the loser, or only names it where nothing was live', () => {
    const [exchange = '', rename = '', ...more] = rollbackCommands('mv', live, `${live}.pre-r1`, 'r1');
    expect(exchange).toContain(`${live} ${live}.pre-r1`);
    expect(rename).toContain(`${live}.pre-r1 ${live}.bad-r1`);
    expect(more).toEqual([]);
    const first = rollbackCommands('mv', live, null, 'r1');
    expect(first).toHaveLength(1);
    expect(first[0]).toContain(`${live} ${live}.bad-r1`);
  });

  it.each([
    [`${live}\u001b[2K`, null, 'r1'],
    [live, `${live}\n`, 'r1'],
    [live, null, 'r1\u0007'],
  ])('is refused for a name that a terminal would obey: case %#', (path, anchor, run) => {
    expect(() => rollbackCommands('mv', path, anchor, run)).toThrow(
      expect.objectContaining({ code: 'usage' }),
    );
  });
});

describe('sizes in words', () => {
  it.each([
    [0, '0 bytes'],
    [99_999, '99,999 bytes'],
    [100_000, '0.1 MB'],
    [2_000_000, '2 MB'],
    [99_949_000, '99.9 MB'],
    [99_950_000, '100 MB'],
    [949_999_999, '950 MB'],
    [950_000_000, '0.9 GB'],
    [960_000_000, '1 GB'],
    [82_700_000_000, '82.7 GB'],
    [949_999_999_999, '950 GB'],
    [960_000_000_000, '1 TB'],
  ])('%d is %s', (bytes, words) => {
    expect(readableBytes(bytes)).toBe(words);
  });
  it.each([
    [9_949, '9,949'],
    [9_950, '9.9 k'],
    [16_000, '16 k'],
    [949_999, '950 k'],
    [950_000, '0.9 M'],
    [16_000_000, '16 M'],
  ])('%d inodes are %s', (count, words) => {
    expect(readableCount(count)).toBe(words);
  });
});

describe('the live paths that a run is going to change', () => {
  it('are those of gates that change one, in the order of the plan, and none of a look', () => {
    const plan = referencePlan();
    const labels = (operation: 'deploy' | 'verify' | 'rollback' | 'tidy', of = plan) =>
      targetsToChange(of, operation).map(({ label, gate }) => [label, gate]);
    expect(labels('deploy')).toEqual([['target', {}]]);
    expect(labels('rollback')).toEqual([['target', {}]]);
    expect(labels('verify')).toEqual([]);
    const targets = {
      web: { host: 'contabo', livePath: '/srv/web' },
      idle: { host: 'contabo', livePath: '/srv/idle' },
    };
    const gates = plan.gates.map((gate) => (gate.kind === 'promote' ? { ...gate, target: 'web' } : gate));
    const two = { ...plan, targets: referencePlan({ targets }).targets, gates };
    expect(
      labels('deploy', two)
        .map(([label]) => label)
        .sort(),
    ).toEqual(['target', 'web']);
    const only = { ...two, gates: gates.filter(({ kind }) => kind === 'precheck' || kind === 'promote') };
    expect(labels('deploy', only)).toEqual([['web', { target: 'web' }]]);
  });
});

describe('what speaks against a host', () => {
  const directory = (path: string, more: object = {}) => ({
    ...{
      path,
      kind: 'directory' as const,
      mountPoint: false,
      device: 1,
      uid: 7,
      gid: 7,
      mode: 0o755,
      inode: '1.0',
    },
    ...more,
  });
  const seen = (more: object = {}) =>
    ({
      ...{
        live: directory(live),
        parent: directory('/srv'),
        parentWritable: true,
        parentFlags: '',
        liveFlags: '',
      },
      ...{
        lockedOut: [],
        unreadable: [],
        special: [],
        notText: [],
        fileSystem: 'ext4',
        treeBytes: 100,
        treeNames: 10,
      },
      disk: { freeBytes: 1_000, freeInodes: 100, totalInodes: 1_000 },
      ...more,
    }) as unknown as TargetReadiness;

  it.each<[string, object, number, number]>([
    [
      'a sticky parent of another, with a tree of a third',
      { parent: directory('/srv', { mode: 0o1777, uid: 0 }) },
      9,
      1,
    ],
    ['the same as root', { parent: directory('/srv', { mode: 0o1777, uid: 0 }) }, 0, 0],
    ['the same for whoever owns the tree', { parent: directory('/srv', { mode: 0o1777, uid: 0 }) }, 7, 0],
    ['the same for whoever owns the parent', { parent: directory('/srv', { mode: 0o1777, uid: 9 }) }, 9, 0],
    [
      'the same where nothing is live',
      { parent: directory('/srv', { mode: 0o1777, uid: 0 }), live: { path: live, kind: 'absent' } },
      9,
      0,
    ],
    ['a parent that is not sticky', {}, 9, 0],
    ['a parent that cannot be written', { parentWritable: false }, 9, 1],
    ['a parent that is a file', { parent: { ...directory('/srv'), kind: 'file' } }, 9, 1],
    ['an immutable parent', { parentFlags: 'ei' }, 9, 1],
    ['an append-only one', { parentFlags: 'a' }, 9, 1],
    ['one with other attributes', { parentFlags: 'eC' }, 9, 0],
    [
      'files of our own that cannot be written',
      { lockedOut: ['/srv/.interlock', '/srv/.interlock/x'] },
      9,
      2,
    ],
  ])('by its parent: %s', (_, more, uid, count) => {
    expect(parentObstacles(seen(more), uid)).toHaveLength(count);
  });

  it('by its tree: the first of each kind, and how many more', () => {
    const names = (count: number) => Array.from({ length: count }, (_, at) => `f${at}`);
    expect(treeObstacles(seen())).toEqual([]);
    const [text = '', ...more] = treeObstacles(seen({ unreadable: names(1) }));
    expect([text.startsWith(`${live}/f0: expected that the login may read it`), more]).toEqual([true, []]);
    expect(treeObstacles(seen({ special: names(2) }))[0]).toContain(`${live}/f0 and 1 others: `);
    expect(treeObstacles(seen({ notText: names(20) }))[0]).toContain(`${live}/f0 and 19 or more others: `);
    expect(treeObstacles(seen({ unreadable: names(1), special: names(1), notText: names(1) }))).toHaveLength(
      3,
    );
  });

  it.each([
    // Archive, staged tree and two copies of what is staged; or three and a copy of what is live.
    [{ bytes: 150, files: 1 }, {}, true],
    [{ bytes: 166, files: 1 }, {}, true],
    [{ bytes: 167, files: 1 }, {}, false],
    [{ bytes: 100, files: 1 }, { treeBytes: 700 }, false],
    [{ bytes: 100, files: 1 }, { treeBytes: 699 }, true],
    [{ bytes: 1, files: 12 }, {}, true],
    [{ bytes: 1, files: 13 }, {}, false],
    [{ bytes: 1, files: 10 }, { treeNames: 70 }, false],
    [{ bytes: 1, files: 10 }, { treeNames: 69 }, true],
    // A file system that counts no inodes.
    [{ bytes: 1, files: 99 }, { disk: { freeBytes: 1_000, freeInodes: 0, totalInodes: 0 } }, true],
  ])('by its room: %j with %j holds: %s', (candidate, more, holds) => {
    expect(judgeRoom(seen(more), candidate).holds).toBe(holds);
  });

  it('by its ways: one that works is enough, and on some file systems none is', () => {
    const way = (outcome: 'works' | 'fails' | 'absent', why = '') => ({ way: 'mv' as const, outcome, why });
    const of = (ways: ReturnType<typeof way>[], fileSystem = 'ext4') =>
      wayObstacles({ ways }, seen({ fileSystem }));
    expect(of([way('fails'), way('works')])).toEqual([]);
    expect(of([way('fails', 'ENOSYS'), way('absent')])).toEqual([
      expect.stringContaining('mv: fails (ENOSYS); mv: absent'),
    ]);
    expect(of([])).toHaveLength(1);
    for (const kind of ['nfs', 'cifs', 'smb', 'smb2', 'v9fs', 'ceph', 'afs', 'exfat'])
      expect(of([way('works')], kind)).toHaveLength(1);
    expect(of([], 'nfs')).toHaveLength(2);
  });
});

describe('the criteria of a gate', () => {
  const check = (id: string, status: Check['status'], more: Partial<Check> = {}): Check => ({
    ...{ id, title: `title ${id}`, status, actual: `seen ${id}`, evidence: [] },
    ...more,
  });
  it('give the reason: the first of the gravest, what was expected, its gap, and the others by name', () => {
    const reason = (...checks: Check[]) => concludeGate(checks).reason;
    expect(reason(check('A', 'fail'))).toEqual({ code: 'a', text: 'title A: seen A' });
    expect(reason(check('A', 'fail', { expected: 'x' }))?.text).toBe('title A: expected x, got seen A');
    expect(reason(check('A', 'partial', { gap: 'F-1' }))?.text).toBe('title A: seen A (known gap F-1)');
    expect(
      reason(
        check('P', 'pass'),
        check('A', 'fail'),
        check('B', 'partial'),
        check('C', 'fail'),
        check('D', 'fail'),
      )?.text,
    ).toBe('title A: seen A (and 2 more: title C; title D)');
  });

  it('are tolerated by their own name alone, and are blocked before anything was tried', () => {
    const checks = [check('A', 'fail'), check('B', 'fail'), check('C', 'pass'), check('D', 'inconclusive')];
    const tolerates = [
      { check: 'B', gap: 'F-1' },
      { check: 'C', gap: 'F-2' },
      { check: 'D', gap: 'F-3' },
    ];
    expect(tolerate(checks, tolerates).map(({ status, gap }) => [status, gap])).toEqual([
      ...[
        ['fail', undefined],
        ['partial', 'F-1'],
        ['pass', undefined],
        ['inconclusive', undefined],
      ],
    ]);
    expect(requireBefore(checks).map(({ status }) => status)).toEqual([
      'blocked',
      'blocked',
      'pass',
      'inconclusive',
    ]);
  });
});

describe('what a gate writes down', () => {
  it('is each criterion as it was decided', () => {
    const { check, checks } = createRecorder((text) => text);
    expect(check('a', 'A', true, { actual: 'yes', gap: 'F-1' })).toBe(true);
    expect(check('b', 'B', false, { actual: 'no', expected: 'yes', gap: 'F-1', evidence: ['d'] })).toBe(
      false,
    );
    expect(check('c', 'C', false, { actual: 'no', otherwise: 'blocked' })).toBe(false);
    expect(checks).toEqual([
      { id: 'a', title: 'A', status: 'pass', actual: 'yes', evidence: [] },
      { id: 'b', title: 'B', status: 'fail', expected: 'yes', actual: 'no', gap: 'F-1', evidence: ['d'] },
      { id: 'c', title: 'C', status: 'blocked', actual: 'no', evidence: [] },
    ]);
  });

  it('is each text once, and of one that is too long both ends, its length and its digest', () => {
    const { keep, evidence } = createRecorder((text) => text);
    expect(keep('one', 'same')).toBe(keep('two', 'same'));
    keep('three', 'other');
    expect(evidence.map(({ title, bytes }) => [title, bytes])).toEqual([
      ['one', 4],
      ['three', 5],
    ]);
    keep('exact', 'x'.repeat(200_000));
    expect(evidence[2]?.bytes).toBe(200_000);
    keep('long', `${'a'.repeat(100_000)}MIDDLE${'b'.repeat(100_000)}`);
    const text = evidence[3]?.text ?? '';
    expect(text).toMatch(
      /^a{100000}\n\[… cut here: the whole is 200006 characters, sha256 [0-9a-f]{64} …\]\nb{100000}$/,
    );
  });

  it('is nothing of changes where there were none, and all of them as one', () => {
    const recorder = createRecorder((text) => text);
    recorder.keepChanges();
    expect(recorder.evidence).toEqual([]);
    const result = {
      ...{ host: 'h', title: 'first', argv: ['a'], exitCode: 0, stdout: 'out', stderr: '', stdoutBytes: 3 },
      ...{
        stdoutSha256: 'x',
        stdoutTruncated: false,
        stderrBytes: 0,
        stderrSha256: 'x',
        stderrTruncated: true,
      },
      ...{ startedAt: '2026-05-21T12:00:00.000Z', durationMs: 1 },
    };
    recorder.noteChange(result);
    recorder.noteChange({ ...result, title: 'second', stderr: 'half\nwhole' });
    recorder.keepChanges();
    const [{ title = '', text = '' } = {}, ...more] = recorder.evidence;
    expect([title, more]).toEqual(['changes made', []]);
    expect(text).toMatch(/^## first\n[\s\S]*\n\n## second\n[\s\S]*\[… cut here …\]\nwhole$/);
    expect(text).not.toContain('half');
  });
});
