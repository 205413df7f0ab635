import { mkdir, readdir, realpath, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildHost, type Host, leaveSwitchFile } from './build-host.ts';
import { buildSsot, type Ssot, treeAsOf } from './build-ssot.ts';
import { buildStaging, changeSetTree, type Staging } from './build-staging.ts';
import { type Database, insertUnit, seedProduction, startEmbeddedDatabase } from './database.ts';
import { BASELINE_COUNTS, type Counts, ROW_COUNTS, type Table } from './facts.ts';
import { type ChangeSetName, LINEAGE, predecessorsOf } from './lineage.ts';
import type { Scenario } from './scenario.ts';
import { treeOf, writeTree } from './tree.ts';

export interface WorldOptions {
  /** An empty or missing folder; everything is made in it. */
  readonly directory: string;
  readonly scenario?: Scenario;
  /** What is staged; the first one unless told otherwise. */
  readonly changeSet?: ChangeSetName;
  /** What earlier runs have brought to repo and host, in order; all that comes before the staged one unless told otherwise. */
  readonly applied?: readonly ChangeSetName[];
  /** Gives an empty database; the embedded one unless told otherwise. `none` leaves the database out, which saves 2 to 3 s. */
  readonly database?: (() => Promise<Database>) | 'none';
  /** An empty data directory of PGlite for the embedded database to start from, which saves 2 to 3 s. */
  readonly cluster?: string | null;
}

export interface World {
  readonly scenario: Scenario;
  readonly directory: string;
  /** Root folder of the machine that holds the SSOT repo: `etc/hostname` and `etc/machine-id` say which it is. */
  readonly ssotMachine: string;
  readonly ssot: Ssot;
  readonly staging: Staging;
  readonly host: Host;
  readonly knowledgeBase: string;
  /** `undefined` only if it was left out. */
  readonly database: Database | undefined;
  readonly counts: {
    readonly baseline: Counts;
    readonly promoted: Counts;
    readonly rows: Readonly<Record<Table, number>>;
  };
  /** Somebody writes to production: one more row in `information_unit`. @throws Error without a database */
  disturb(): Promise<void>;
  /** Ends what was started; the folder stays, and may then be deleted. Safe to call twice. */
  close(): Promise<void>;
}

/**
 * Makes the reference world: what a run of the reference plan deploys from, to, and must not touch.
 * @throws Error if the folder holds something already; nothing that was started is left running
 */
export async function buildWorld(options: WorldOptions): Promise<World> {
  const { scenario = 'pass', changeSet = 'o8b' } = options;
  const { applied = predecessorsOf(changeSet) } = options;
  const directory = await openDirectory(options.directory);
  const { cluster = null } = options;
  const at = cluster === null ? null : { directory: join(directory, 'database'), cluster };
  const [places, opened] = await Promise.allSettled([
    buildPlaces(directory, scenario, changeSet, applied),
    openDatabase(options.database ?? (() => startEmbeddedDatabase(at))),
  ]);
  if (opened.status === 'rejected') throw opened.reason;
  const database = opened.value;
  if (places.status === 'rejected') {
    await database?.close();
    throw places.reason;
  }
  return {
    scenario,
    directory,
    ...places.value,
    database,
    counts: { baseline: countsAsOf(applied), promoted: LINEAGE[changeSet].counts, rows: ROW_COUNTS },
    disturb: async () => {
      if (database === undefined)
        throw new Error('expected a world with a database, got one without. Build it with one.');
      await insertUnit(database);
    },
    close: async () => database?.close(),
  };
}

type Places = Pick<World, 'ssot' | 'staging' | 'host' | 'ssotMachine' | 'knowledgeBase'>;

function countsAsOf(applied: readonly ChangeSetName[]): Counts {
  const last = applied.at(-1);
  return last === undefined ? BASELINE_COUNTS : LINEAGE[last].counts;
}

async function buildPlaces(
  directory: string,
  scenario: Scenario,
  changeSet: ChangeSetName,
  applied: readonly ChangeSetName[],
): Promise<Places> {
  const baseline = await treeAsOf(applied);
  const drift = scenario === 'drift' ? LINEAGE[changeSet].variants.drift : undefined;
  const [ssot, staging, host, ssotMachine, knowledgeBase] = await Promise.all([
    buildSsot(join(directory, 'ssot'), applied, drift),
    buildStaging(join(directory, 'staging'), baseline, await changeSetTree(scenario, changeSet)),
    buildHost(join(directory, 'host'), baseline),
    nameSsotMachine(join(directory, 'ssot-machine')),
    openKnowledgeBase(join(directory, 'knowledge-base')),
  ]);
  if (scenario === 'failing-proof') await leaveSwitchFile(host);
  return { ssot, staging, host, ssotMachine, knowledgeBase };
}

/** Git names resolved paths, and a temporary directory may lie behind a symbolic link: hand out resolved ones only. */
async function openDirectory(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const present = await readdir(folder);
  if (present.length > 0) {
    throw new Error(
      `expected an empty folder, got ${folder} with ${present.length} entries. Name another or delete it.`,
    );
  }
  return realpath(folder);
}

async function nameSsotMachine(root: string): Promise<string> {
  const files = [
    ['etc/hostname', 'mac-ssot\n'],
    ['etc/machine-id', '1b4e8a7d3c5f46209d8e7f6a5b4c3d2e\n'],
  ] as const;
  await writeTree(root, treeOf(files));
  return root;
}

async function openKnowledgeBase(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'README.md'), '# Knowledge base\n\nReports of runs, one folder a run.\n');
  return folder;
}

async function openDatabase(provider: (() => Promise<Database>) | 'none'): Promise<Database | undefined> {
  if (provider === 'none') return undefined;
  const database = await provider();
  try {
    await seedProduction(database);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}
