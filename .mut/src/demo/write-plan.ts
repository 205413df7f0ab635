// A plan of examples/plans with this world's own places, keys, people and digests.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Document, isMap, isSeq, parseDocument, visit } from 'yaml';
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
  /** File that names the PostgreSQL server of integration suites; there is none without it. */
  readonly integrationFile?: string;
}

/** Writes the plan to `file`, comments and all. */
export async function writePlan(template: string, file: string, places: PlanPlaces): Promise<void> {
  const document = parseDocument(await readFile(template, 'utf8'));
  movePlaces(document, places);
  setSource(document, places.world);
  setCounts(document, places.world);
  setPeople(document, places);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, document.toString({ lineWidth: 0 }));
}

/** Every path of the examples becomes one of this world, wherever it stands: alone, or as the value of an option. */
function movePlaces(document: Document, { world, integrationFile }: PlanPlaces): void {
  const moves: readonly (readonly [from: RegExp, to: string])[] = [
    [
      /(?<=^|=)\/srv\/ssot\/iu-cutter-integration\.env$/,
      integrationFile ?? '/srv/ssot/iu-cutter-integration.env',
    ],
    [/(?<=^|=)\/srv\/ssot\/iu-cutter(?=\/|$)/, world.ssot.directory],
    [/(?<=^|=)\/srv\/staging\/[^/]+/, world.staging.directory],
    [/(?<=^|=)\/srv\/knowledge-base(?=\/|$)/, world.knowledgeBase],
    [/(?<=^|=)\/opt\/incomex\/dot(?=\/|$)/, world.host.parent],
  ];
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value !== 'string') return;
      const text = node.value;
      const move = moves.find(([from]) => from.test(text));
      if (move) node.value = text.replace(move[0], () => move[1]);
    },
  });
}

function setSource(document: Document, { ssot, staging }: World): void {
  if (document.has('source')) document.setIn(['source', 'baseline'], ssot.baseline);
  if (!document.has('changeSet')) return;
  const files = Object.fromEntries(staging.files.map(({ path, sha256 }) => [path, sha256]));
  document.setIn(['changeSet', 'ratifiedList'], staging.ratifiedList);
  document.setIn(['changeSet', 'files'], document.createNode(files));
}

/** A scenario changes the tree, and so how many tests there are. */
function setCounts(document: Document, { counts }: World): void {
  for (const [name, passed] of Object.entries(counts.promoted)) {
    if (document.hasIn(['tests', name])) document.setIn(['tests', name, 'expect', 'passed'], passed);
    if (name === 'proofs' && document.has('proofs')) document.setIn(['proofs', 'expect'], passed);
  }
  const probes = document.get('probes');
  if (!isSeq(probes)) return;
  for (const probe of probes.items)
    if (isMap(probe) && probe.get('id') === 'row-counts')
      probe.set('tables', document.createNode(Object.keys(counts.rows)));
}

function setPeople(document: Document, { ssh, channel, requester, approver }: PlanPlaces): void {
  const { host: address, port, user, hostKey } = ssh;
  const host = { address, port, user, hostKey, credential: 'deploy' };
  document.setIn(['hosts', 'contabo'], document.createNode(host));
  const { approval }: { approval?: { groups?: Record<string, unknown> } } = document.toJS();
  document.setIn(['approval', 'channels'], document.createNode([channel]));
  document.setIn(['approval', 'requesters'], document.createNode([requester]));
  if (Object.keys(approval?.groups ?? {}).length > 0)
    document.setIn(['approval', 'groups'], document.createNode({ SG_1: { members: [approver], quorum: 1 } }));
}
