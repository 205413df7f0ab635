// `interlock plan check` on plans whose reports would stand among others.
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { knownBeside, placeFaults } from '../../src/cli/find-shared-places.ts';
import { renderDocuments } from '../../src/report/documents.ts';
import { createDirectoryPublisher } from '../../src/report/publish-directory.ts';
import { stateAtSigning } from '../fixtures/run-events.ts';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-shared-'));
  await mkdir(join(directory, 'kb'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function write(name: string, path: string, kb = join(directory, 'kb')): Promise<string> {
  const plan = parseDocument(await readFile('examples/plans/o8b-retry.yaml', 'utf8'));
  plan.setIn(['reports', 'publisher'], plan.createNode({ kind: 'directory', directory: kb }));
  plan.setIn(['reports', 'path'], path);
  const file = join(directory, `${name}.yaml`);
  await writeFile(file, plan.toString({ lineWidth: 0 }));
  return file;
}

const faultsOf = async (file: string) =>
  (await placeFaults(file, await knownBeside([file]))).map(({ path, message }) => `${path}: ${message}`);

it('two plans that publish into one folder need one for each run; another place, or {run}, is enough', async () => {
  const [a, b] = [await write('a', 'team/reports'), await write('b', 'team/reports')];
  for (const [file, other] of [
    [a, b],
    [b, a],
  ] as const)
    expect(await faultsOf(file)).toEqual([
      `reports/path: expected a folder for each run, got "team/reports", and ${other} publishes there too; write "team/reports/{run}"`,
    ]);
  const [fault] = await placeFaults(a, await knownBeside([a]));
  const lines = (await readFile(a, 'utf8')).split('\n');
  expect(lines[(fault?.line ?? 0) - 1]).toContain('path: team/reports');
  await write('b', 'team/reports', join(directory, 'other-kb'));
  expect(await faultsOf(a)).toEqual([]);
  for (const name of ['a', 'b']) await write(name, 'team/reports/{run}');
  expect([await faultsOf(a), await faultsOf(b)]).toEqual([[], []]);
});

it('a folder that holds the documents of a run is not used for another', async () => {
  const publisher = createDirectoryPublisher({ root: join(directory, 'kb'), folder: 'used' });
  const file = await write('used', 'used');
  expect(await faultsOf(file)).toEqual([]);
  await publisher.publish(renderDocuments(stateAtSigning({ runId: 'o8b-retry-aaaaaa' })));
  expect(await faultsOf(file)).toEqual([
    expect.stringContaining('the documents of the run o8b-retry-aaaaaa stand there; write "used/{run}"'),
  ]);
});
