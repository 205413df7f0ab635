// The demo's stage: the reference world, a host behind SSH, a local Slack workspace, and Interlock itself on top of them.
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { buildWorld, type World, type WorldOptions } from '../../examples/world/build-world.ts';
import type { Scenario } from '../../examples/world/scenario.ts';
import { keptCluster } from '../ledger/fresh-cluster.ts';
import { installMissing } from './debian-packages.ts';
import { defaultPlan, type ExamplePlan, examplePlans, postgresPackages } from './example-plans.ts';
import { type LocalSlack, startLocalSlack } from './local-slack.ts';
import { startPostgresServer } from './postgres-server.ts';
import { generateSshKeyPair } from './ssh-key-pair.ts';
import { startSshProcess } from './ssh-process.ts';
import { writePlan } from './write-plan.ts';

const projectRoot = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export const people = {
  requester: { id: 'U0REQUESTER', name: 'dana', realName: 'Dana Requester' },
  approver: { id: 'U0APPROVER', name: 'alex', realName: 'Alex Approver' },
  bystander: { id: 'U0BYSTANDER', name: 'kim', realName: 'Kim Bystander' },
} as const;
export const channel = { id: 'C0DEPLOYS', name: 'deploys' } as const;

/** An SSH server that plays the host: the demo's own, or OpenSSH in tests. */
export type StartSsh = (options: {
  root: string;
  authorizedKey: string;
}) => Promise<{ host: string; port: number; hostKey: string; close(): Promise<void> }>;

export interface DemoOptions {
  readonly directory: string;
  readonly scenario: Scenario;
  /** Name of a plan of examples/plans. */
  readonly plan?: string;
  readonly say: (line: string) => void;
  readonly slackBinary?: string | undefined;
  readonly startSsh?: StartSsh;
  readonly production?: WorldOptions['database'];
}

export interface DemoStage {
  readonly directory: string;
  readonly world: World;
  readonly slack: LocalSlack;
  readonly planFile: string;
  /** Configuration file for `settingsFor('up', file)`; its secrets are files beside it. */
  readonly configFile: string;
  close(): Promise<void>;
}

/** Opens everything but Interlock. What was started is stopped again when a later part fails. */
export async function openStage(options: DemoOptions): Promise<DemoStage> {
  const { directory, scenario, say, plan = defaultPlan } = options;
  const example = exampleNamed(plan);
  await using started = new AsyncDisposableStack();
  say('building the reference world: repository, change set, host, database, knowledge base');
  const world = await buildWorld({
    directory: join(directory, 'world'),
    scenario,
    changeSet: example.changeSet,
    cluster: await keptCluster(),
    ...(example.applied ? { applied: example.applied } : {}),
    ...(options.production ? { database: options.production } : {}),
  });
  started.defer(() => world.close());

  const login = await makeLogin(join(directory, 'config', 'deploy_ed25519'));
  const startSsh = options.startSsh ?? startSshProcess;
  const ssh = await startSsh({ root: world.host.root, authorizedKey: login });
  started.defer(() => ssh.close());
  say(`the host "contabo" answers SSH on ${ssh.host}:${ssh.port}`);

  const slack = await startLocalSlack({
    dir: join(directory, 'slack'),
    binary: options.slackBinary,
    people: Object.values(people),
    channels: [{ ...channel, members: Object.values(people).map(({ id }) => id) }],
    mode: 'socket',
  });
  started.defer(() => slack.close());
  say(`the local Slack workspace is at ${slack.pageUrl}`);

  const integrationFile = example.needsPostgres ? await openPostgres(directory, say, started) : null;
  const planFile = join(directory, 'plans', `${plan}.yaml`);
  for (const name of [plan, ...(example.after ? [example.after] : [])]) {
    await writePlan(exampleFile(name), join(directory, 'plans', `${name}.yaml`), {
      world,
      ssh: { ...ssh, user: userInfo().username },
      channel: channel.id,
      requester: people.requester.id,
      approver: people.approver.id,
      ...(integrationFile === null ? {} : { integrationFile }),
    });
  }
  const configFile = await writeConfig(directory, scenario, slack, world);
  const closing = started.move();
  return { directory, world, slack, planFile, configFile, close: () => closing.disposeAsync() };
}

/** Throws a RangeError that names the plans there are. */
export function exampleNamed(name: string): ExamplePlan {
  const found = examplePlans[name];
  if (found) return found;
  throw new RangeError(
    `expected a plan of examples/plans (${Object.keys(examplePlans).join(', ')}), got ${JSON.stringify(name)}`,
  );
}

function exampleFile(name: string): string {
  return join(projectRoot, 'examples', 'plans', `${name}.yaml`);
}

/** A server for suites that write; returns the file that tells them where it is. */
async function openPostgres(
  directory: string,
  say: (line: string) => void,
  started: AsyncDisposableStack,
): Promise<string> {
  installMissing(postgresPackages, 'this plan', say);
  say('starting a PostgreSQL server for the integration suite');
  const server = await startPostgresServer();
  started.defer(() => server.close());
  const file = join(directory, 'config', 'integration.env');
  await writePrivate(file, `IU_CUTTER_TEST_DSN=${await server.createDatabase()}\n`);
  return file;
}

async function makeLogin(file: string): Promise<string> {
  const { publicKey, privateKey } = generateSshKeyPair();
  await writePrivate(file, privateKey);
  return publicKey;
}

/** The worker of `wrong-host` runs on the target, which does not hold the repository. */
async function writeConfig(
  directory: string,
  scenario: Scenario,
  slack: LocalSlack,
  world: World,
): Promise<string> {
  const file = join(directory, 'config', 'interlock.yaml');
  const secrets = {
    botToken: slack.botToken,
    appToken: slack.appToken,
    signingSecret: slack.signingSecret,
    dsn: world.database?.dsn ?? '',
  };
  for (const [name, value] of Object.entries(secrets))
    await writePrivate(join(directory, 'config', name), value);
  const config = {
    machine: scenario === 'wrong-host' ? 'contabo' : 'mac-ssot',
    data: '../data',
    plans: ['../plans'],
    execution: 'enabled',
    slack: {
      mode: 'socket',
      apiUrl: slack.apiUrl,
      botToken: { file: 'botToken' },
      appToken: { file: 'appToken' },
      signingSecret: { file: 'signingSecret' },
    },
    worker: { roles: ['ssot'] },
    credentials: { deploy: { privateKey: 'deploy_ed25519' } },
    secrets: { IU_CUTTER_DSN: { file: 'dsn' } },
  };
  await writeFile(file, stringify(config));
  return file;
}

async function writePrivate(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
  await chmod(file, 0o600);
}
