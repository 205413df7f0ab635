import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createRedactor } from '../../src/evidence/redact.ts';
import { Secret } from '../../src/evidence/secret.ts';
import type { GateContext } from '../../src/gate/context.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { LocalHost } from '../../src/host/local-host.ts';
import { momentOf } from '../../src/plan/expected-now.ts';
import type { PlanGate } from '../../src/plan/schema-gates.ts';
import { type Probe, probeSchema } from '../../src/plan/schema-probes.ts';
import { planFor } from '../../src/plan/sections.ts';
import { compareSnapshots, takeSnapshot } from '../../src/probe/take-snapshot.ts';
import { referencePlan } from '../fixtures/reference-plan.ts';

const { redact } = createRedactor({
  literals: [new Secret('first-quiet-word'), new Secret('other-quiet-word')],
});
const local = new LocalHost({ name: 'web-1' });
let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-snapshot-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

async function snapshot(probes: Probe[], moment: 'before' | 'after' = 'before') {
  // Of a gate's context a snapshot uses no more than this.
  const context: Pick<
    GateContext,
    'plan' | 'record' | 'signal' | 'redact' | 'host' | 'secret' | 'progress' | 'now'
  > = {
    plan: { ...planFor(referencePlan(), { id: 'G0', kind: 'survey' }), probes },
    record: createRecorder(redact),
    signal: new AbortController().signal,
    redact,
    host: async () => local,
    secret: () => undefined,
    progress: async () => undefined,
    now: () => new Date('2026-05-21T05:31:41.000Z'),
  };
  return takeSnapshot(context as GateContext, moment);
}

it('sees that a reading changed in nothing but a secret, without keeping the secret', async () => {
  const constant = (expectation: object) =>
    probeSchema.parse({
      id: 'word',
      title: 'the word',
      kind: 'constant',
      host: 'web-1',
      path: directory,
      file: 'word',
      pattern: '^word: (.+)$',
      expect: expectation,
    });
  const unchanged = [constant({ unchanged: true })];
  const matching = [constant({ matches: '^first-.+ stands$' })];
  const write = (word: string) => writeFile(join(directory, 'word'), `word: ${word} stands\n`);
  await write('first-quiet-word');
  const [before, fixed] = [await snapshot(unchanged), await snapshot(matching)];
  expect(before).toMatchObject([
    {
      status: 'pass',
      shown: '[redacted:secret] stands',
      value: { redacted: '[redacted:secret] stands', sha256: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) },
    },
  ]);
  expect(compareSnapshots(unchanged, before, await snapshot(unchanged))).toMatchObject([{ status: 'pass' }]);
  // What is fixed is held against the very value, though what is kept of it is not.
  expect(compareSnapshots(matching, fixed, await snapshot(matching))).toMatchObject([
    { status: 'pass', reason: null },
  ]);
  await write('other-quiet-word');
  const after = await snapshot(unchanged);
  expect(compareSnapshots(unchanged, before, after)).toMatchObject([{ status: 'fail' }]);
  const missed = compareSnapshots(matching, fixed, await snapshot(matching));
  expect(missed).toMatchObject([{ status: 'fail' }]);
  expect(JSON.stringify([before, after, fixed, missed])).not.toContain('quiet');
});

describe('a change that is expected', () => {
  const version = (expectation: object) => [
    probeSchema.parse({
      id: 'version',
      title: 'the version',
      kind: 'constant',
      host: 'web-1',
      path: directory,
      file: 'version',
      pattern: '^version: (.+)$',
      expect: expectation,
    }),
  ];
  const write = (text: string) => writeFile(join(directory, 'version'), `version: ${text}\n`);
  const expected = { before: '1.4', after: { matches: '^1\\.[56]$' } };

  it('is one reading before and another after', async () => {
    const probes = version(expected);
    await write('1.4');
    const before = await snapshot(probes);
    expect(before).toMatchObject([{ status: 'pass' }]);
    await write('1.5');
    const after = await snapshot(probes, 'after');
    expect(compareSnapshots(probes, before, after)).toMatchObject([
      { status: 'pass', before: '1.4', after: '1.5', reason: null },
    ]);
  });

  it('that did not come, or came to something else, fails', async () => {
    const probes = version(expected);
    await write('1.4');
    const before = await snapshot(probes);
    expect(compareSnapshots(probes, before, await snapshot(probes, 'after'))).toMatchObject([
      { status: 'fail', reason: 'expected the change 1.4 → a match of ^1\\.[56]$, got no change: 1.4' },
    ]);
    await write('2.0');
    expect(compareSnapshots(probes, before, await snapshot(probes, 'after'))).toMatchObject([
      { status: 'fail', reason: expect.stringContaining('got 2.0') },
    ]);
    const loose = version({ before: { matches: '^1' }, after: { matches: '^1' } });
    await write('1.4');
    const first = await snapshot(loose);
    expect(compareSnapshots(loose, first, await snapshot(loose, 'after'))).toMatchObject([
      { status: 'fail' },
    ]);
  });

  it('is not concluded from a reading before that was another, or is missing', async () => {
    const probes = version(expected);
    await write('1.5');
    const before = await snapshot(probes);
    expect(before).toMatchObject([{ status: 'fail', reason: expect.stringContaining('"1.4"') }]);
    const after = await snapshot(probes, 'after');
    for (const known of [before, []])
      expect(compareSnapshots(probes, known, after)).toMatchObject([{ status: 'inconclusive' }]);
  });

  it('is not expected yet of a gate before promote', async () => {
    const probes = version(expected);
    await write('1.4');
    const before = await snapshot(probes);
    expect(compareSnapshots(probes, before, await snapshot(probes, 'before'), 'before')).toMatchObject([
      { status: 'pass' },
    ]);
    const gates = referencePlan().gates;
    const of = (kind: string) =>
      momentOf(gates, gates.find((gate) => gate.kind === kind) ?? expect.fail(kind), 'LIVE');
    expect([of('survey'), of('stage'), of('promote'), of('prove')]).toEqual([
      'before',
      'before',
      'after',
      'after',
    ]);
    const looking = gates.filter(({ kind }) => kind !== 'promote' && kind !== 'rollback');
    expect(momentOf(looking, looking[1] ?? expect.fail('no gate'), 'LIVE')).toBe('after');
    const prove = gates.find(({ kind }) => kind === 'prove') ?? expect.fail('no gate');
    expect(momentOf(gates, prove, 'DRYRUN')).toBe('before');
    expect(momentOf(gates, { id: 'G1', kind: 'verify', title: 'verify' } as PlanGate, 'LIVE')).toBe('after');
  });
});

it('says of what is absent that nothing could be seen, and of a missing file that it is not there', async () => {
  const probe = (fields: object) =>
    probeSchema.parse({ id: 'p', title: 'p', host: 'web-1', expect: { unchanged: true }, ...fields });
  const bare = [probe({ kind: 'git-head', path: directory })];
  const before = await snapshot(bare);
  expect(before).toMatchObject([{ status: 'pass', unseen: 'nothing there, so nothing could be seen' }]);
  expect(compareSnapshots(bare, before, await snapshot(bare, 'after'))).toMatchObject([
    { status: 'pass', unseen: 'nothing there, so nothing could be seen' },
  ]);
  const file = [probe({ kind: 'file-digest', path: join(directory, 'none') })];
  const [none] = await snapshot(file);
  expect(none?.unseen).toBeUndefined();
});

it('does not take a reading that an earlier version made in another form for a change', async () => {
  const tree = [
    probeSchema.parse({
      id: 'tree',
      title: 'tree',
      kind: 'tree-digest',
      host: 'web-1',
      path: directory,
      expect: { unchanged: true },
    }),
  ];
  const [reading] = await snapshot(tree);
  const { form: _, ...old } = reading ?? expect.fail('no reading');
  expect(
    compareSnapshots(tree, [{ ...old, value: 'sha256:old' }], await snapshot(tree, 'after')),
  ).toMatchObject([{ status: 'inconclusive', reason: expect.stringContaining('another version') }]);
});
