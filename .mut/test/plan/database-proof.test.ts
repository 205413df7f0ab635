import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { databaseProofSchema } from '../../src/plan/schema-database-proof.ts';

const step = { title: 's', sql: 'select 1', expect: { value: 1 } };
const proof = { id: 'p', title: 'p', database: 'd', readOnly: true, steps: [step] };
const faults = (more: object) =>
  (databaseProofSchema.safeParse({ ...proof, ...more }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('/')}: ${message}`,
  );

describe('a proof on a database, as a plan writes it', () => {
  it('says what its defaults are: nothing is allowed, and it waits for nobody for long', () => {
    expect(databaseProofSchema.parse(proof)).toMatchObject({
      searchPath: ['public'],
      statementTimeoutMs: 10_000,
      lockTimeoutMs: 2_000,
      watch: [],
      allow: { functions: [], extensions: [], sequences: [], superuser: false },
      steps: [{ params: [] }],
    });
  });

  it('must expect something of each step, and either an error or a result', () => {
    expect(faults({ steps: [{ ...step, expect: {} }] })).toEqual([
      'steps/0/expect: at least one expectation',
    ]);
    expect(faults({ steps: [{ ...step, expect: { error: '42501', rowCount: 1 } }] })).toEqual([
      'steps/0/expect: either an error or a result: a statement that fails returns nothing',
    ]);
  });

  it('may expect counts of watched tables alone, each watched once', () => {
    const steps = [{ ...step, expect: { change: { a: 1 }, counts: { b: 1 } } }];
    expect(faults({ steps, watch: [{ table: 'a' }, { table: 'a' }] })).toEqual([
      'watch: expected each table once',
      'steps/0/expect/counts/b: expected a table of `watch`, got b',
    ]);
  });

  it('is bounded everywhere', () => {
    for (const more of [
      { steps: [] },
      { steps: Array(51).fill(step) },
      { steps: [{ ...step, sql: `select ${'1'.repeat(8_000)}` }] },
      { steps: [{ ...step, expect: { rows: Array(101).fill([1]) } }] },
      { steps: [{ ...step, params: [{}] }] },
      { steps: [{ ...step, role: 'none' }] },
      { role: 'a"; commit' },
      { searchPath: ['a, b'] },
      { watch: [{ table: 'a; commit' }] },
      { statementTimeoutMs: 0 },
      { allow: { procedures: ['a.b'] } },
    ])
      expect(faults(more), JSON.stringify(more).slice(0, 80)).not.toEqual([]);
  });

  it('describes every field to an editor', () => {
    const schema = JSON.stringify(z.toJSONSchema(databaseProofSchema, { io: 'input' }));
    const undescribed: string[] = [];
    JSON.parse(schema, function (this: unknown, key, value) {
      if (key === 'properties')
        for (const [name, field] of Object.entries(value as Record<string, { description?: string }>))
          if (!field.description) undescribed.push(name);
      return value;
    });
    expect(undescribed).toEqual([]);
  });
});
