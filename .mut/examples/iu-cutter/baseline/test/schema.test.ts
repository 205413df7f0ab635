import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { ownTree } from '../src/own-tree.ts';
import { PHASES } from '../src/phases/phase.ts';
import { PhaseSimulator } from '../src/phases/simulator.ts';
import { sampleOrder } from './support/sample-order.ts';

const schema = await readFile(join(ownTree(), 'sql', 'schema.sql'), 'utf8');
const tables = [...schema.matchAll(/^CREATE TABLE (\w+)/gm)].map((match) => match[1] ?? '');

test('the schema has the nine production tables', () => {
  assert.deepEqual([...tables].sort(), [
    'cut_authorization',
    'cut_manifest',
    'governance_ruling',
    'governance_signature',
    'information_unit',
    'iu_lifecycle_log',
    'revert_record',
    'unit_version',
    'verify_record',
  ]);
});

test('a table refers only to tables that stand before it', () => {
  for (const [index, part] of schema
    .split(/^CREATE TABLE /m)
    .slice(1)
    .entries()) {
    for (const [, referred] of part.matchAll(/REFERENCES (\w+)/g)) {
      assert.ok(
        tables.indexOf(referred ?? '') >= 0 && tables.indexOf(referred ?? '') < index,
        `${tables[index]} → ${referred}`,
      );
    }
  }
});

test('every table that a phase would write is in the schema', async () => {
  const simulator = new PhaseSimulator();
  for (const phase of PHASES) {
    for (const table of Object.keys((await simulator[phase](sampleOrder())).rows))
      assert.ok(tables.includes(table), table);
  }
});
