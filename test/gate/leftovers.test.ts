// What lies beside a live path, named by what it is, and what of it may go. In doubt everything stays.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { treeDigest } from '../../src/artifact/tree-digest.ts';
import { sha256Hex } from '../../src/evidence/digest.ts';
import { journalOfTrees } from '../../src/gate/journal-of-trees.ts';
import type { FoundBeside, Scene } from '../../src/gate/leftover-scene.ts';
import { judgeLeftovers } from '../../src/gate/leftovers.ts';
import { whatIsLive } from '../../src/gate/look-beside.ts';
import { readNameBeside } from '../../src/gate/names-beside.ts';
import { oldTreesIn } from '../../src/gate/old-trees.ts';
import type { KnownPlace } from '../../src/run/known-place.ts';

const live = '/srv/app';
const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
/** What is live, what was live before it, and trees that were before that. */
const [now, anchor, older, oldest, candidate, foreign] = ['1', '2', '3', '4', '5', '6'].map(digest) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const artifact = 'a'.repeat(64);
const pre = (run: string, second: number) => `${live}.pre-${run}-20260521T05330${second}Z`;
const at = (second: number) => `2026-05-21T05:33:0${second}.000Z`;
const staged = (run: string) => `${live}.staged-${run}`;

const line = (entry: object) => JSON.stringify({ run: 'r', gate: 'promote', state: 'end', ...entry });
/** r1 to r3 went live one after the other; each kept what it replaced. */
const promotes = (
  [
    ['r1', 1, oldest],
    ['r2', 2, older],
    ['r3', 3, anchor],
  ] as const
).map(([run, second, was]) =>
  line({ run, at: at(second), live, incoming: staged(run), outgoing: pre(run, second), was, becomes: now }),
);

const known: KnownPlace = {
  target: null,
  host: 'web',
  livePath: live,
  live: { tree: now, at: at(4), ofRun: 'r3' },
  whyNot: null,
  changed: { tree: now, ofRun: 'r3' },
  anchor: { path: pre('r3', 3), digest: anchor, ofRun: 'r3' },
  ways: [
    { path: pre('r1', 1), digest: oldest, ofRun: 'r1' },
    { path: pre('r2', 2), digest: older, ofRun: 'r2' },
    { path: pre('r3', 3), digest: anchor, ofRun: 'r3' },
  ],
  runs: [
    ...['r1', 'r2', 'r3'].map((run) => ({ run, ended: true, candidate: now, artifact })),
    { run: 'done', ended: true, candidate, artifact },
    { run: 'open', ended: false, candidate, artifact },
  ],
  neighbours: [],
};

let inode = 10;
const tree = (path: string, of: string | null, more: Partial<FoundBeside> = {}): FoundBeside => ({
  path,
  kind: 'directory',
  mountPoint: false,
  tree: of,
  sha256: null,
  inode: `1:${inode++}`,
  ...more,
});
const file = (path: string, sha256: string) => tree(path, null, { kind: 'file', sha256 });
const backups = [tree(pre('r1', 1), oldest), tree(pre('r2', 2), older), tree(pre('r3', 3), anchor)];

function judge(
  found: readonly FoundBeside[],
  more: Partial<Scene> & { lines?: readonly string[] } = {},
): ReturnType<typeof judgeLeftovers> {
  const { lines = [], ...scene } = more;
  const all = [...promotes, ...lines];
  return judgeLeftovers({
    known,
    journal: journalOfTrees(all, live),
    oldTrees: oldTreesIn(all, live),
    live: { tree: now, known: true, says: 'as it was seen' },
    found,
    keepBackups: 5,
    keepBackupDays: undefined,
    now: new Date(at(9)),
    ...scene,
  });
}

/** What is said of the first of these. */
const first = (found: readonly FoundBeside[], more: Parameters<typeof judge>[1] = {}) =>
  judge(found, more)[0];
const empty = (...paths: string[]) =>
  treeDigest(
    paths.map((path) => ({
      path,
      kind: 'file' as const,
      sha256: sha256Hex(''),
      bytes: 0,
      executable: false,
    })),
  );

describe('what may go', () => {
  const rows: [string, FoundBeside, string][] = [
    ['the candidate of a run that has ended', tree(staged('done'), candidate), 'candidate'],
    ['its artifact', file(`${live}.artifact-done.tar.gz`, artifact), 'archive'],
    ['a part of its upload', file(`${live}.artifact-done.tar.gz.part`, 'b'.repeat(64)), 'part'],
    [
      'a part of its upload, with a name of its own',
      file(`${live}.artifact-done.tar.gz.0b0ec2c4-6d4a-4c1b-9a55-0f2f8b0d5b11.part`, 'b'.repeat(64)),
      'part',
    ],
    ['half a tree that was being unpacked', tree(`${staged('done')}.part`, foreign), 'part'],
    ['a copy of the rehearsal, half made', tree(`${live}.rehearsal-live-done`, foreign), 'rehearsal'],
    ['scratch directories', tree('/srv/.interlock-exchange.abc123', empty('a/was-a')), 'scratch'],
  ];
  it.each(rows)('%s', (_name, found, what) => {
    expect(first([found, ...backups])).toMatchObject({ what, kept: false });
  });

  it('a second copy of the anchor that a run has staged, while the backup holds it', () => {
    const again = {
      ...known,
      runs: [...known.runs, { run: 'again', ended: true, candidate: anchor, artifact: null }],
    };
    expect(first([tree(staged('again'), anchor), ...backups], { known: again })).toMatchObject({
      what: 'candidate',
      kept: false,
    });
    expect(first([tree(staged('again'), anchor)], { known: again })).toMatchObject({
      ...{ what: 'only copy', kept: true, next: '/rollback r3' },
    });
  });

  it('backups beyond keepBackups, and never the anchor nor the newest', () => {
    expect(judge(backups, { keepBackups: 1 }).map(({ what, kept }) => [what, kept])).toEqual([
      ['backup', false],
      ['backup', false],
      ['way back', true],
    ]);
    const back = { ...known, anchor: { path: pre('r1', 1), digest: oldest, ofRun: 'r1' } };
    expect(judge(backups, { keepBackups: 1, known: back }).map(({ kept }) => kept)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('a tree whose removal was cut off, known again by its directory', () => {
    const half = tree(staged('done'), foreign, { inode: '1:5' });
    const begun = line({ state: 'begin', prune: staged('done'), inode: '1:5', at: at(5) });
    expect(first([half, ...backups], { lines: [begun] })).toMatchObject({ what: 'part', kept: false });
    const aside = tree(`${staged('done')}.part`, foreign, { inode: '1:5' });
    expect(first([aside], { lines: [begun] })).toMatchObject({ what: 'part', kept: false });
    const other = tree(staged('done'), foreign, { inode: '1:6' });
    expect(first([other, ...backups], { lines: [begun] })).toMatchObject({ kept: true });
    const used = line({
      state: 'begin',
      live,
      incoming: staged('done'),
      outgoing: pre('x', 8),
      becomes: now,
    });
    expect(first([half, ...backups], { lines: [begun, used] })).toMatchObject({ kept: true });
  });
});

describe('what stays', () => {
  const rows: [string, FoundBeside, string, string][] = [
    ['the only copy of what was live', tree(staged('r3'), anchor), 'only copy', 'does not hold it'],
    ['the same under another name', tree(`${live}.rehearsal-anchor-done`, older), 'only copy', ''],
    ['the same as a part', tree(`${staged('done')}.part`, oldest), 'only copy', ''],
    ['the same of a run that nobody knows', tree(staged('nobody'), anchor), 'only copy', ''],
    ['another tree than was staged', tree(staged('done'), foreign), 'not known', 'may be one that was live'],
    ['a tree with a device in it', tree(staged('done'), null), 'not known', ''],
    ['what a run has staged that has not ended', tree(staged('open'), candidate), 'candidate', 'not ended'],
    ['of a run that the ledger does not know', tree(staged('nobody'), candidate), 'not known', 'no run'],
    ['a symlink', tree(staged('done'), null, { kind: 'symlink' }), 'not known', 'got a symlink'],
    ['a mount point', tree(staged('done'), null, { mountPoint: true }), 'not known', 'mount point'],
    ['a file where a tree belongs', file(staged('done'), artifact), 'not known', 'got a file'],
    ['another archive', file(`${live}.artifact-done.tar.gz`, 'b'.repeat(64)), 'not known', ''],
    ['a backup of which the journal does not know', tree(pre('done', 7), foreign), 'not known', 'journal'],
    ['a backup that was changed', tree(pre('r2', 2), foreign), 'not known', 'as the host’s journal has it'],
    ['a tree that nobody rolled back from', tree(`${live}.bad-done`, foreign), 'not known', 'journal'],
    ['scratch with more in it', tree('/srv/.interlock-place.abc123', foreign), 'not known', 'more than'],
    ['a name of somebody else', tree(`${live}.v2`, null, { kind: 'not looked at' }), 'not ours', ''],
  ];
  it.each(rows)('%s', (_name, found, what, why) => {
    expect(first([found])).toMatchObject({ what, kept: true, why: expect.stringContaining(why) });
  });

  it('what a run has staged on a path that it meets twice, until it has ended for both', () => {
    const twice = { ...known, runs: [...known.runs, { run: 'done', ended: false, candidate, artifact }] };
    const found = tree(staged('done'), candidate);
    expect(first([found, ...backups], { known: twice })).toMatchObject({ kept: true, what: 'candidate' });
  });

  it('everything while it is not known what is live', () => {
    const doubtful = { tree: foreign, known: false, says: 'what is live is not known' };
    const found = [tree(staged('done'), candidate), ...backups];
    expect(judge(found, { live: doubtful, keepBackups: 1 }).every(({ kept }) => kept)).toBe(true);
  });

  it('parts and copies while a way back is not whole, and a tree whose part is kept', () => {
    const copy = tree(`${live}.rehearsal-live-done`, now);
    expect(first([copy, ...backups.slice(1)])).toMatchObject({ what: 'rehearsal', kept: true });
    const part = tree(`${staged('done')}.part`, null, { kind: 'symlink' });
    expect(first([tree(staged('done'), candidate), part, ...backups])).toMatchObject({
      ...{ what: 'candidate', kept: true, why: expect.stringContaining('would go with it') },
    });
  });

  it('the last copy of the anchor among the backups, wherever it lies', () => {
    const lost = { ...known, anchor: { path: pre('gone', 8), digest: older, ofRun: 'gone' } };
    const found = backups.filter(({ path }) => path === pre('r2', 2));
    expect(judge(found, { known: lost, keepBackups: 1 })).toMatchObject([{ what: 'only copy', kept: true }]);
  });

  it('scratch directories while a run is open beside them', () => {
    const scratch = tree('/srv/.interlock-exchange.abc123', empty());
    const busy = { ...known, neighbours: ['other-app-1'] };
    expect(first([scratch], { known: busy })).toMatchObject({ kept: true });
  });
});

describe('a tree that was taken out of service', () => {
  const bad = `${live}.bad-done`;
  const byItself = line({ run: 'done', at: at(6), live, incoming: 'x', outgoing: bad, was: null });

  it('by the run’s own way back is known by the candidate of that run', () => {
    expect(first([tree(bad, candidate)], { lines: [byItself] })).toMatchObject({
      ...{ what: 'taken out', kept: true, why: expect.stringContaining('keepBackups') },
    });
    expect(first([tree(bad, foreign)], { lines: [byItself] })).toMatchObject({ what: 'not known' });
  });

  it('and not named yet is no backup, whatever its name says', () => {
    const stopped = { ...known, runs: [{ run: 'r2', ended: true, candidate: foreign, artifact: null }] };
    expect(first([tree(pre('r2', 2), foreign)], { known: stopped })).toMatchObject({
      ...{ what: 'taken out', kept: true, why: expect.stringContaining('its own name') },
    });
  });

  it('is known by its directory when something was written into it', () => {
    const exchange = { state: 'begin', run: 'r3', live, incoming: staged('r3'), becomes: now };
    const lines = [line({ ...exchange, inodes: { live: '1:7', incoming: '1:8' } })];
    expect(first([tree(staged('r3'), foreign, { inode: '1:7' })], { lines })).toMatchObject({
      ...{ what: 'not known', kept: true, says: expect.stringContaining('exchange of run r3') },
    });
    expect(
      first([tree(`${live}.rehearsal-bad-done`, foreign, { inode: '1:7' }), ...backups], { lines }),
    ).toMatchObject({ kept: true });
  });
});

describe('whatever lies there', () => {
  const names = [
    ...['r3', 'done', 'open', 'nobody'].flatMap((run) => [
      staged(run),
      `${staged(run)}.part`,
      `${live}.bad-${run}`,
      `${live}.rehearsal-anchor-${run}`,
    ]),
    ...backups.map(({ path }) => path),
    pre('done', 7),
  ];
  const scenes = fc.record({
    trees: fc.array(fc.constantFrom(now, anchor, older, oldest, candidate, foreign, null), {
      minLength: names.length,
      maxLength: names.length,
    }),
    there: fc.array(fc.boolean(), { minLength: names.length, maxLength: names.length }),
    keepBackups: fc.integer({ min: 1, max: 4 }),
    ofRuns: fc.array(fc.constantFrom(anchor, older, candidate), { minLength: 4, maxLength: 4 }),
    removing: fc.subarray(names),
  });

  it('a copy of what is the way back from what is live stays, and of every other way back that is no old backup', () => {
    fc.assert(
      fc.property(scenes, ({ trees, there, keepBackups, ofRuns, removing }) => {
        const found = names.flatMap((path, index) =>
          there[index] ? [tree(path, trees[index] ?? null, { inode: `1:${100 + index}` })] : [],
        );
        const place = {
          ...known,
          runs: known.runs.map((run, index) => ({ ...run, candidate: ofRuns[index % 4] ?? null })),
        };
        const lines = removing.map((path) =>
          line({ state: 'begin', prune: path, inode: `1:${100 + names.indexOf(path)}`, at: at(6) }),
        );
        const judged = judge(found, { known: place, keepBackups, lines });
        const staying = judged.filter(({ kept }) => kept);
        const has = (all: typeof judged, of: string) => all.some((each) => each.tree === of);
        if (has(judged, anchor)) expect(has(staying, anchor)).toBe(true);
        for (const of of [older, oldest]) {
          const copies = judged.filter((each) => each.tree === of);
          const gone = copies.every(({ kept }) => !kept);
          if (gone) for (const { what } of copies) expect(what).toBe('backup');
        }
        for (const { kept, run } of judged) if (run === 'open' || run === 'nobody') expect(kept).toBe(true);
      }),
      { numRuns: 800 },
    );
  });
});

describe('what is live', () => {
  const put = line({
    state: 'begin',
    run: 'r3',
    live,
    incoming: staged('r3'),
    becomes: now,
    inodes: { live: '1:1', incoming: '1:2' },
  });
  const journal = journalOfTrees([put], live);
  const none = journalOfTrees([], live);
  it.each([
    ['what was seen last', known, none, { digest: now, inode: '1:9' }, true],
    ['another tree', known, none, { digest: foreign, inode: '1:9' }, false],
    [
      'the directory of the last exchange, whatever was written into it',
      known,
      journal,
      { digest: foreign, inode: '1:2' },
      true,
    ],
    ['another directory', known, journal, { digest: foreign, inode: '1:3' }, false],
    [
      'the directory of an exchange that the ledger does not know',
      { ...known, changed: { tree: candidate, ofRun: 'r2' } },
      journal,
      { digest: foreign, inode: '1:2' },
      false,
    ],
    [
      'what is no tree, where the ledger has nothing',
      { ...known, live: { tree: null, at: at(4), ofRun: 'r3' } },
      none,
      { digest: null, inode: '1:9', strange: 'a symlink' },
      false,
    ],
    [
      'not known to the ledger',
      { ...known, live: null, whyNot: 'nobody looked' },
      journal,
      { digest: now, inode: '1:2' },
      false,
    ],
    [
      'nothing, as the ledger has it',
      { ...known, live: { tree: null, at: at(4), ofRun: 'r3' } },
      none,
      { digest: null, inode: null },
      true,
    ],
  ])('is known or not: %s', (_name, place, lines, seen, isKnown) => {
    expect(whatIsLive(place, lines, { strange: null, ...seen }).known).toBe(isKnown);
  });
});

it('a name that Interlock gives is read again, and no other', () => {
  const read = (rest: string) => readNameBeside(`${live}.${rest}`, live);
  expect(read('staged-my.app-abc123')).toEqual({ kind: 'staged', run: 'my.app-abc123', part: false });
  expect(read('pre-my-app-abc123-20260521T053334Z')).toMatchObject({ kind: 'backup', run: 'my-app-abc123' });
  expect(read('bad-a-abc123.part.part')).toEqual({ kind: 'bad', run: 'a-abc123', part: true });
  for (const other of [
    'staged-',
    'staged-a b',
    'pre-a-2026',
    'v2',
    'v2.staged-a',
    'staged-a/b',
    'staged-../x',
  ])
    expect(read(other), other).toBeNull();
  expect(readNameBeside('/tmp/.interlock-exchange.abc123', live)).toBeNull();
});
