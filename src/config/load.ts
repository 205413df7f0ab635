// Reads the configuration, and reports all of its faults at once.
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { Secret } from '../evidence/secret.ts';
import { checkPrivate, type Environment, readSecondFactor, readSecret } from './read-secret.ts';
import { type Config, configSchema, type SecretRef } from './schema.ts';

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
export interface Settings extends Omit<Config, 'machine' | 'slack' | 'secrets' | 'secondFactors'> {
  readonly machine: string;
  readonly slack: Omit<Config['slack'], 'botToken' | 'appToken' | 'signingSecret'> & {
    readonly botToken: Secret;
    readonly appToken: Secret;
    readonly signingSecret: Secret;
  };
  readonly secrets: ReadonlyMap<string, Secret>;
  /** Of authenticator apps, by Slack user id; none on a worker. */
  readonly secondFactors: ReadonlyMap<string, Secret>;
}

/** Throws ConfigError with every fault, each with its place and its mend. */
export function loadSettings(purpose: Purpose, file: string | undefined, env: Environment): Settings {
  const faults: string[] = [];
  const from = file === undefined ? process.cwd() : dirname(resolve(file));
  const given = withEnvironment(readYaml(file, faults), env);
  const config = parseShape(given, faults);
  const secret = (place: string, ref: SecretRef, needed: boolean) =>
    readSecret(place, ref, needed, env, from, faults);
  const bot = purpose !== 'worker';
  const { slack } = config;
  const settings: Settings = {
    ...config,
    machine: config.machine ?? hostname(),
    data: resolve(from, config.data),
    plans: config.plans.map((path) => resolve(from, path)),
    slack: {
      ...slack,
      botToken: secret('slack/botToken', slack.botToken, bot),
      appToken: secret('slack/appToken', slack.appToken, bot && slack.mode === 'socket'),
      signingSecret: secret('slack/signingSecret', slack.signingSecret, bot && slack.mode === 'http'),
    },
    worker: {
      ...config.worker,
      ...(config.worker.publicKey === undefined ? {} : { publicKey: resolve(from, config.worker.publicKey) }),
    },
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
        readSecondFactor(userId, ref, env, from, faults),
      ]),
    ),
  };
  for (const [name, { privateKey }] of Object.entries(settings.credentials))
    checkPrivate(`credentials/${name}/privateKey`, privateKey, faults);
  if (purpose === 'worker' && settings.redisUrl === undefined)
    faults.push(
      'redisUrl — a worker in a process of its own needs Redis; set REDIS_URL, or use `interlock up`',
    );
  if (purpose === 'worker' && settings.worker.publicKey === undefined)
    faults.push(
      'worker/publicKey — expected the control plane’s public key; copy it from `interlock keys show`',
    );
  if (purpose === 'bot' && settings.redisUrl === undefined)
    faults.push(
      'redisUrl — a bot without workers of its own needs Redis; set REDIS_URL, or use `interlock up`',
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
