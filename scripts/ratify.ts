// `node scripts/ratify.ts`: writes the ratified list of each follow-up change set of the payload, and the same into its plan. Run it after
// an edit of a change set, and of the ones after it when the edited one is not the last; a test fails while they are stale.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { treeAsOf } from '../examples/world/build-ssot.ts';
import { CHANGE_SETS, LINEAGE, predecessorsOf } from '../examples/world/lineage.ts';
import { ratify } from '../examples/world/ratify.ts';
import { payloadFolder, RATIFIED_LIST, readPayload } from '../examples/world/tree.ts';

for (const name of CHANGE_SETS.filter((each) => each !== 'o8b')) {
  const applied = predecessorsOf(name);
  const { folder } = LINEAGE[name];
  const { files, modified, added, list } = ratify(await readPayload(folder), await treeAsOf(applied));
  await writeFile(join(payloadFolder(folder), RATIFIED_LIST), list);

  const plan = `examples/plans/${name}.yaml`;
  const listed = files.map(({ path, sha256 }) => `    ${path}: ${sha256}\n`).join('');
  const text = (await readFile(plan, 'utf8'))
    .replace(/^ {2}baseline: .*$/m, `  baseline: ${LINEAGE[applied.at(-1) ?? 'o8b'].commit.id}`)
    .replace(/^ {2}modified: .*$/m, `  modified: ${modified}`)
    .replace(/^ {2}added: .*$/m, `  added: ${added}`)
    .replace(/^ {2}files:\n(?: {4}.*\n)*/m, `  files:\n${listed}`);
  await writeFile(plan, text);
  console.log(`${name}: ${modified} modified, ${added} added`);
}
