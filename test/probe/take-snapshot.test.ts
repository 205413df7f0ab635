import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createRedactor } from '../../src/evidence/redact.ts';
import { Secret } from '../../src/evidence/secret.ts';
import type { GateContext } from '../../src/gate/context.ts';
import { createRecorder } from '../../src/gate/recorder.ts';
import { LocalHost } from '../../src/host/local-host.ts';
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
