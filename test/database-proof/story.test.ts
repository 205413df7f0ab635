import { afterAll, beforeAll, expect, it } from 'vitest';
import { productionRows } from '../fixtures/production-rows.ts';
import { documentedProof, type ProofFixture, startProofWorld } from '../fixtures/proof-world.ts';

let world: ProofFixture;
beforeAll(async () => {
  world = await startProofWorld();
});
afterAll(() => world.close());

it('shows the documented proof: 158, 159 inside, 158 after, and nothing of it left', async () => {
  const rows = await productionRows(world.dsn);
  const { facts, faults } = await world.prove(await documentedProof());
  expect(faults).toEqual([]);
  expect(facts.tables).toEqual([
    { table: 'information_unit', before: 158, inside: 159, after: 158, contents: 'same', ours: 0 },
    { table: 'iu_lifecycle_log', before: 60, inside: 61, after: 60, contents: 'same', ours: 0 },
  ]);
  expect(await productionRows(world.dsn)).toEqual(rows);
});
