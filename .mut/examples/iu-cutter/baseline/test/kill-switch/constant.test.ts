import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { builtWithExecution } from '../../src/kill-switch/constant.ts';
import { executionEnabled } from '../../src/kill-switch/execution-enabled.ts';
import { ownTree } from '../../src/own-tree.ts';

test('the backing constant is false', () => {
  assert.equal(builtWithExecution(), false);
});

test('the kill switch is a function that answers with a boolean at every call', () => {
  assert.equal(typeof executionEnabled, 'function');
  assert.equal(typeof executionEnabled(), 'boolean');
});

test('a probe finds the constant once, on a line of its own', async () => {
  const source = await readFile(join(ownTree(), 'src', 'kill-switch', 'constant.ts'), 'utf8');
  assert.deepEqual(source.match(/^const EXECUTION_ENABLED = (?:true|false);$/gm), [
    'const EXECUTION_ENABLED = false;',
  ]);
});
