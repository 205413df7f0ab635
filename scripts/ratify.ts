// `node scripts/ratify.ts`: writes the ratified list of each follow-up change set of the payload, and the same into its plan. Run it after
// an edit of any change set: the ones after it stand on another commit then. It says what `examples/world/lineage.ts` has to know; a test
// fails while anything of this is stale.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSsot, treeAsOf } from '../examples/world/build-ssot.ts';
import { CHANGE_SETS, LINEAGE, predecessorsOf } from '../examples/world/lineage.ts';
import { ratify } from '../examples/world/ratify.ts';
import { payloadFolder, RATIFIED_LIST, readPayload } from '../examples/world/tree.ts';

for (const name of CHANGE_SETS) {
  const applied = predecessorsOf(name);
  const { folder, plan, commit } = LINEAGE[name];
  const made = await commitAfter([...applied, name]);
  console.log(`${name}: commit ${made}${made === commit.id ? '' : ', lineage.ts has another'}`);
  if (applied.length === 0) continue;

  const { files, modified, added, list } = ratify(await readPayload(folder), await treeAsOf(applied));
  await writeFile(join(payloadFolder(folder), RATIFIED_LIST), list);
  const listed = files.map(({ path, sha256 }) => `    ${path}: ${sha256}\n`).join('');
  const file = `examples/plans/${plan}.yaml`;
  const text = (await readFile(file, 'utf8'))
    .replace(/^ {2}baseline: .*$/m, `  baseline: ${await commitAfter(applied)}`)
    .replace(/^ {2}modified: .*$/m, `  modified: ${modified}`)
    .replace(/^ {2}added: .*$/m, `  added: ${added}`)
    .replace(/^ {2}files:\n(?: {4}.*\n)*/m, `  files:\n${listed}`);
  await writeFile(file, text);
  console.log(`${name}: ${modified} modified, ${added} added, in ${file}`);
}

async function commitAfter(applied: Parameters<typeof treeAsOf>[0]): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'interlock-ratify-'));
  try {
    return (await buildSsot(join(directory, 'ssot'), applied)).head;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
