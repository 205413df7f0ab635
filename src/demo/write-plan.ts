// The demo's plan: examples/plans/o8b-retry.yaml with this world's own places, keys, people and digests.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseDocument } from 'yaml';
import type { World } from '../../examples/world/build-world.ts';

export interface PlanPlaces {
  readonly world: World;
  readonly ssh: {
    readonly host: string;
    readonly port: number;
    readonly hostKey: string;
    readonly user: string;
  };
  readonly channel: string;
  readonly requester: string;
  readonly approver: string;
}

/** Writes the plan to `file`, comments and all. */
export async function writePlan(
  template: string,
  file: string,
  { world, ssh, channel, requester, approver }: PlanPlaces,
): Promise<void> {
  const document = parseDocument(await readFile(template, 'utf8'));
  const { ssot, staging, host, counts, knowledgeBase } = world;
  const set = (path: (string | number)[], value: unknown) => document.setIn(path, document.createNode(value));
  set(['source', 'repository'], ssot.directory);
  set(['source', 'baseline'], ssot.baseline);
  set(['changeSet', 'directory'], staging.directory);
  set(['changeSet', 'ratifiedList'], staging.ratifiedList);
  set(['changeSet', 'files'], Object.fromEntries(staging.files.map(({ path, sha256 }) => [path, sha256])));
  set(['tests', 'targeted', 'expect', 'passed'], counts.promoted.targeted);
  set(['tests', 'full', 'expect', 'passed'], counts.promoted.full);
  set(['proofs', 'expect'], counts.promoted.proofs);
  set(['hosts', 'contabo'], {
    address: ssh.host,
    port: ssh.port,
    user: ssh.user,
    hostKey: ssh.hostKey,
    credential: 'deploy',
  });
  set(['target', 'livePath'], host.live);
  const probes: unknown = document.toJS().probes;
  for (const [index, probe] of (probes as { id: string }[]).entries()) {
    if (probe.id === 'row-counts') set(['probes', index, 'tables'], Object.keys(counts.rows));
    if (probe.id === 'v0.4-head') set(['probes', index, 'path'], host.sibling);
    if (probe.id === 'execution-enabled') set(['probes', index, 'path'], host.live);
  }
  set(['approval', 'channels'], [channel]);
  set(['approval', 'requesters'], [requester]);
  set(['approval', 'groups'], { SG_1: { members: [approver], quorum: 1 } });
  set(['reports', 'publisher'], { kind: 'directory', directory: knowledgeBase });
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, document.toString({ lineWidth: 0 }));
}
