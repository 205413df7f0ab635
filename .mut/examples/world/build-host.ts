import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commitAll, createRepository } from './git-repository.ts';
import { type Tree, treeOf, writeTree } from './tree.ts';

export interface Host {
  /** What is `/` on the host. */
  readonly root: string;
  /** Holds the live tree and its sibling; side-by-side deploys happen here. */
  readonly parent: string;
  readonly live: string;
  readonly sibling: string;
  readonly siblingHead: string;
}

const SIBLING: readonly (readonly [string, string])[] = [
  [
    'README.md',
    '# iu-cutter v0.4\n\nThe first cutter: headings and paragraphs. Kept until v0.6 has made its first cut.\n',
  ],
  ['VERSION', '0.4.0\n'],
  [
    'bin/iu-cut',
    '#!/bin/sh\n# One unit a paragraph: blank lines separate them.\nexec awk \'BEGIN { RS = "" } { print NR ": " $0 }\' "$@"\n',
  ],
];

const SYSTEM: readonly (readonly [string, string])[] = [
  ['etc/hostname', 'contabo\n'],
  ['etc/machine-id', '6f1c2f0c9b7e4d0f8a3b5c7d9e1f2a3b\n'],
  ['etc/cron.d/incomex-dump', '15 2 * * * incomex /opt/incomex/bin/dump-database\n'],
  [
    'etc/systemd/system/incomex-portal.service',
    '[Unit]\nDescription=Portal\n\n[Service]\nExecStart=/opt/incomex/bin/portal\n',
  ],
  ['opt/incomex/README', 'Trees of the host. dot/ holds programs that nobody starts but people.\n'],
];

/** Makes the target host's folder: the live tree deployed from the baseline, the older sibling, and some of what a host has. */
export async function buildHost(root: string, baseline: Tree): Promise<Host> {
  const parent = join(root, 'opt', 'incomex', 'dot');
  const [live, sibling] = [join(parent, 'iu-cutter-v0.6'), join(parent, 'iu-cutter')];
  await writeTree(root, treeOf(SYSTEM));
  await writeTree(live, baseline);
  await createRepository(sibling, 'main');
  await writeTree(sibling, treeOf(SIBLING));
  const siblingHead = await commitAll(sibling, 'v0.4.0', {
    name: 'Reference World',
    email: 'world@example.invalid',
    date: '2025-11-03T09:00:00+00:00',
  });
  return { root, parent, live, sibling, siblingHead };
}

/**
 * Leaves a switch file beside the live tree, as an operator would for a trial. What is live now does not know such files; the
 * change set does, so the kill switch reads on only once it has been promoted to this place.
 */
export async function leaveSwitchFile(host: Host): Promise<void> {
  await writeFile(`${host.live}.override.json`, '{"execution_enabled": true}\n');
}
