import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { answerCommand } from '../src/answer-command.ts';
import { executionEnabled } from '../src/kill-switch/execution-enabled.ts';
import { ownTree } from '../src/own-tree.ts';
import { PHASES } from '../src/phases/phase.ts';
import { VERSION } from '../src/version.ts';
import { runProgram } from './support/run-program.ts';

const HANDBOOK = join(ownTree(), 'samples', 'handbook.txt');

test('status, as a program, is one line of JSON and says what the kill switch says', async () => {
  const { code, stdout } = await runProgram('src/cli.ts', 'status');
  const status: unknown = JSON.parse(stdout);
  assert.ok(typeof status === 'object' && status !== null);
  assert.deepEqual([code, stdout.indexOf('\n')], [0, stdout.length - 1]);
  assert.equal(Reflect.get(status, 'version'), VERSION);
  assert.equal(Reflect.get(status, 'execution_enabled'), executionEnabled());
});

test('cut prints the plan and the phases of a dry run', async () => {
  const { code, stdout } = await answerCommand(['cut', HANDBOOK]);
  assert.equal(code, 0);
  assert.match(stdout, /^document handbook\n/);
  assert.match(stdout, /create 9, revise 0, keep 0, retire 0/);
  assert.equal(stdout.match(/^DRYRUN /gm)?.length, PHASES.length);
});

test('cut prints JSON when asked to', async () => {
  const { stdout } = await answerCommand(['cut', HANDBOOK, '--json']);
  const printed: unknown = JSON.parse(stdout);
  assert.ok(typeof printed === 'object' && printed !== null);
  assert.deepEqual(Object.keys(printed), ['mode', 'plan', 'outcomes']);
});

test('what cut prints carries digests and no text of the document', async () => {
  for (const args of [
    ['cut', HANDBOOK],
    ['cut', HANDBOOK, '--json'],
  ]) {
    assert.doesNotMatch((await answerCommand(args)).stdout, /"body"|Tear up/, args.join(' '));
  }
});

test('cut in LIVE is refused with exit code 3 and prints no plan', async () => {
  const { code, stdout, stderr } = await answerCommand(['cut', HANDBOOK, '--mode', 'LIVE']);
  assert.deepEqual([code, stdout], [3, '']);
  assert.match(stderr, /^expected /);
});

test('a file that is not there is named', async () => {
  const { code, stderr } = await answerCommand(['cut', '/nowhere/rules.md']);
  assert.equal(code, 2);
  assert.match(stderr, /\/nowhere\/rules\.md/);
});

test('anything else is answered with the usage', async () => {
  for (const args of [[], ['promote'], ['cut'], ['cut', 'a', 'b'], ['status', 'a']]) {
    const { code, stderr } = await answerCommand(args);
    assert.equal(code, 2, args.join(' '));
    assert.match(stderr, /^usage: /, args.join(' '));
  }
});

test('package and program have the same version', async () => {
  const manifest: unknown = JSON.parse(await readFile(join(ownTree(), 'package.json'), 'utf8'));
  assert.equal(
    typeof manifest === 'object' && manifest !== null && Reflect.get(manifest, 'version'),
    VERSION,
  );
});

test('the program needs no package', async () => {
  const manifest = await readFile(join(ownTree(), 'package.json'), 'utf8');
  assert.ok(!/ependencies/.test(manifest));
});
