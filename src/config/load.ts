// Reads the configuration, and reports all of its faults at once.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { keyFiles } from '../attestation/keys.ts';
import { findDirectoryExposure } from '../evidence/exposure.ts';
import type { Secret } from '../evidence/secret.ts';
import { shellQuote } from '../host/command.ts';
import { readSecondFactor } from './read-second-factor.ts';
import { readPrivateFile, readSecret, type SecretForm, slackForms } from './read-secret.ts';
import { readTimestampAuthority, type TimestampAuthority } from './read-timestamp-authority.ts';
import { type Config, configSchema, type SecretRef } from './schema.ts';
import { readTrustedWorkers, type TrustedWorker } from './trusted-workers.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(
      `the configuration has ${faults.length} fault${faults.length === 1 ? '' : 's'}:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`,
    );
    this.faults = faults;
  }
}

export type Purpose = 'bot' | 'worker' | 'up';

/** A configuration with its paths resolved and the secrets that its purpose needs read. */
export interface Settings
  extends Omit<Config, 'machine' | 'slack' | 'secrets' | 'secondFactors' | 'workers' | 'attestation'> {
  readonly machine: string;
  readonly slack: Omit<Config['slack'], 'botToken' | 'appToken' | 'signingSecret'> & {
    readonly botToken: Secret;
    readonly appToken: Secret;
    readonly signingSecret: Secret;
  };
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Who stamps the heads of ledgers; null without one, and on a worker. */
  readonly timestampAuthority: TimestampAuthority | null;
  /** Empty for a worker, which believes nobody's results. */
  readonly workers: readonly TrustedWorker[];
  /** Of authenticator apps, by Slack user id; none on a worker. */
  readonly secondFactors: ReadonlyMap<string, Secret>;
}

/** Throws ConfigError with every fault, each with its place and its mend. */
export function loadSettings(purpose: Purpose, file: string | undefined, env: Environment): Settings {
  const faults: string[] = [];
  const from = file === undefined ? process.cwd() : dirname(resolve(file));
  const given = withEnvironment(readYaml(file, faults), env);
  const config = parseShape(given, faults);
  const secret = (place: string, ref: SecretRef, needed: boolean, form?: SecretForm) =>
    readSecret({ place, ref, needed, ...(form && { form }) }, { env, from }, faults);
  const bot = purpose !== 'worker';
  const { slack } = config;
  const settings: Settings = {
    ...config,
    machine: config.machine ?? hostname(),
    data: resolve(from, config.data),
    plans: config.plans.map((path) => resolve(from, path)),
    slack: {
      ...slack,
      botToken: secret('slack/botToken', slack.botToken, bot, slackForms.botToken),
      appToken: secret('slack/appToken', slack.appToken, bot && slack.mode === 'socket', slackForms.appToken),
      signingSecret: secret(
        'slack/signingSecret',
        slack.signingSecret,
        bot && slack.mode === 'http',
        slackForms.signingSecret,
      ),
    },
    worker: {
      ...config.worker,
      ...(config.worker.publicKey === undefined ? {} : { publicKey: resolve(from, config.worker.publicKey) }),
    },
    timestampAuthority: bot ? readTimestampAuthority(config.attestation, from, faults) : null,
    workers: bot ? readTrustedWorkers(config.workers, from, faults) : [],
    credentials: Object.fromEntries(
      Object.entries(config.credentials).map(([name, { privateKey }]) => [
        name,
        { privateKey: resolve(from, privateKey) },
      ]),
    ),
    secrets: new Map(
      Object.entries(config.secrets).map(([name, ref]) => [name, secret(`secrets/${name}`, ref, true)]),
    ),
    secondFactors: new Map(
      Object.entries(bot ? config.secondFactors : {}).map(([userId, ref]) => [
        userId,
        readSecondFactor(userId, ref, { env, from }, faults),
      ]),
    ),
  };
  for (const [name, { privateKey }] of Object.entries(settings.credentials))
    if (readPrivateFile(`credentials/${name}/privateKey`, privateKey, faults)?.trim() === '')
      faults.push(`credentials/${name}/privateKey — expected a key in ${privateKey}, got an empty file`);
  checkConfigFile(file, config, env, faults);
  const up = `\`interlock ${file === undefined ? '' : `-c ${shellQuote(file)} `}up\``;
  if (bot) checkKeys(join(settings.data, 'keys'), faults);
  if (purpose === 'worker' && settings.redisUrl === undefined)
    faults.push(`redisUrl — a worker in a process of its own needs Redis; set REDIS_URL, or use ${up}`);
  if (purpose === 'worker' && settings.worker.publicKey === undefined)
    faults.push(
      'worker/publicKey — expected the control plane’s public key; copy it from `interlock keys show`',
    );
  if (purpose === 'bot' && settings.redisUrl === undefined)
    faults.push(`redisUrl — a bot without workers of its own needs Redis; set REDIS_URL, or use ${up}`);
  if (purpose === 'bot' && Object.keys(config.workers).length === 0)
    faults.push(
      `workers — expected a worker whose results this bot believes, got none; run \`interlock keys worker\` on the worker’s machine, and name the file as workers/NAME/publicKey with its roles; or use ${up}`,
    );
  if (faults.length > 0) throw new ConfigError(faults);
  return settings;
}

/** The data directory alone, for commands that need no secret. Throws ConfigError. */
export function dataDirectoryOf(file: string | undefined, env: Environment): string {
  const faults: string[] = [];
  const given = withEnvironment(readYaml(file, faults), env);
  const data = configSchema.shape.data.safeParse(given['data']);
  if (!data.success) throw new ConfigError(['data — expected the path of the data directory']);
  return resolve(file === undefined ? process.cwd() : dirname(resolve(file)), data.data);
}

/** Faults of form are noted, and what is of good form is looked at all the same, so that all faults come in one go. */
function parseShape(given: Record<string, unknown>, faults: string[]): Config {
  const parsed = configSchema.safeParse(given, { reportInput: true });
  if (parsed.success) return parsed.data;
  const rest = structuredClone(given);
  for (const issue of parsed.error.issues) {
    const keys = issue.code === 'unrecognized_keys' ? issue.keys : [];
    for (const key of keys) {
      faults.push(
        `${[...issue.path, key].join('/')} — expected no such setting; see docs/configuration.md for those there are`,
      );
      drop(rest, issue.path.length > 0 ? issue.path : [key]);
    }
    if (keys.length > 0) continue;
    drop(rest, issue.path);
    // A value is shown only where it cannot be a secret; a key of a wrong form may be one that was put in the wrong place.
    const shown =
      (typeof issue.input === 'number' && !records.has(issue.path[0])) ||
      ['mode', 'execution'].includes(String(issue.path.at(-1)));
    const place = issue.code === 'invalid_key' ? issue.path.slice(0, -1) : issue.path;
    faults.push(
      `${place.join('/') || '(file)'} — ${issue.message.replace(/^Invalid [a-z]+: /, '')}${shown ? `, got ${JSON.stringify(issue.input)}` : ''}`,
    );
  }
  const good = configSchema.safeParse(rest);
  if (!good.success) throw new ConfigError(faults);
  return good.data;
}

/** Settings that are maps of entries of their own, most of them secrets. */
const records: ReadonlySet<PropertyKey | undefined> = new Set(['secrets', 'secondFactors', 'credentials']);

/** Takes away the setting that a fault is about, or of a map the one entry. */
function drop(given: Record<string, unknown>, [first = '', second]: readonly PropertyKey[]): void {
  const map = given[String(first)];
  if (records.has(first) && second !== undefined && typeof map === 'object' && map !== null)
    Reflect.deleteProperty(map, second);
  else delete given[String(first)];
}

function readYaml(file: string | undefined, faults: string[]): Record<string, unknown> {
  if (file === undefined) return {};
  try {
    const value: unknown = parse(readFileSync(file, 'utf8'), { maxAliasCount: 0 });
    if (value === null || value === undefined) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return { ...value };
    faults.push(
      `${file} — expected a map of settings, got ${Array.isArray(value) ? 'a list' : typeof value}`,
    );
  } catch (error) {
    faults.push(
      `${file} — expected a readable YAML file: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  throw new ConfigError(faults);
}

function withEnvironment(yaml: Record<string, unknown>, env: Environment): Record<string, unknown> {
  const slack = typeof yaml['slack'] === 'object' && yaml['slack'] !== null ? { ...yaml['slack'] } : {};
  const over = {
    machine: env['INTERLOCK_MACHINE'],
    data: env['INTERLOCK_DATA'],
    execution: env['INTERLOCK_EXECUTION'],
    redisUrl: env['REDIS_URL'],
    databaseUrl: env['DATABASE_URL'],
  };
  const present = Object.entries(over).filter(([, value]) => value !== undefined && value !== '');
  const apiUrl = env['SLACK_API_URL'];
  return { ...yaml, ...Object.fromEntries(present), slack: { ...slack, ...(apiUrl ? { apiUrl } : {}) } };
}

/** A connection string may hold a password, and then the file that holds it is a secret too. */
function checkConfigFile(file: string | undefined, config: Config, env: Environment, faults: string[]): void {
  if (file === undefined) return;
  const urls = [
    ['redisUrl', config.redisUrl, env['REDIS_URL']],
    ['databaseUrl', config.databaseUrl, env['DATABASE_URL']],
  ] as const;
  for (const [place, url, fromEnvironment] of urls)
    if (url !== undefined && !fromEnvironment && hasPassword(url))
      readPrivateFile(`${place} holds a password`, resolve(file), faults);
}

function hasPassword(url: string): boolean {
  return URL.canParse(url) && (new URL(url).password !== '' || new URL(url).searchParams.has('password'));
}

/** The signing keys, once they are there: those of a first start are made with the right modes. */
function checkKeys(directory: string, faults: string[]): void {
  const stat = statSync(directory, { throwIfNoEntry: false });
  if (stat === undefined) return;
  const exposure = findDirectoryExposure(stat, process.geteuid?.());
  if (exposure !== null)
    faults.push(
      `signing keys — expected at ${directory} ${exposure}; rotate the keys unless you know that nobody has put any there, and run: chmod 700 ${directory}`,
    );
  for (const name of [keyFiles.signing, keyFiles.sshsig])
    if (existsSync(join(directory, name))) readPrivateFile('signing keys', join(directory, name), faults);
}
