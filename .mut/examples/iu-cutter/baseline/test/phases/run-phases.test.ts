import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownTree } from '../../src/own-tree.ts';
import { Mode, parseMode } from '../../src/phases/mode.ts';
import { PHASES } from '../../src/phases/phase.ts';
import { runPhases } from '../../src/phases/run-phases.ts';
import { sampleOrder, samplePlan } from '../support/sample-order.ts';

test('a dry run goes through all five phases in order', async () => {
  const outcomes = await runPhases({ mode: Mode.DRYRUN, order: sampleOrder() });
  assert.deepEqual(
    outcomes.map(({ phase }) => phase),
    [...PHASES],
  );
});

test('an empty plan is refused', async () => {
  const order = sampleOrder({ ...samplePlan(), rows: [] });
  await assert.rejects(runPhases({ mode: Mode.DRYRUN, order }), { name: 'Refusal', code: 'empty-plan' });
});

test('a mode that does not exist is refused', async () => {
  const mode = 'TEST' as Mode;
  await assert.rejects(runPhases({ mode, order: sampleOrder() }), { name: 'Refusal', code: 'unknown-mode' });
});

test('nothing but the run over the phases and the proofs knows the simulator', async () => {
  const src = join(ownTree(), 'src');
  const files = (await readdir(src, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const importers: string[] = [];
  for (const file of files) {
    if (/from '[./a-z-]*\/simulator\.ts'/.test(await readFile(join(src, file), 'utf8'))) importers.push(file);
  }
  assert.deepEqual(
    importers.filter((file) => !file.startsWith('proofs')),
    [join('phases', 'run-phases.ts')],
  );
});

test('there are two modes', () => {
  assert.deepEqual(Object.values(Mode).sort(), ['DRYRUN', 'LIVE']);
});

test('each mode reads as itself', () => {
  for (const mode of Object.values(Mode)) assert.equal(parseMode(mode), mode);
});

test('nothing else is guessed into a mode', () => {
  for (const text of ['', 'live', 'Live', 'LIVE ', 'DRY-RUN', 'true']) {
    assert.throws(() => parseMode(text), { name: 'Refusal', code: 'unknown-mode' }, text);
  }
});
