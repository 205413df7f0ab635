// compose.yaml: it parses, refers to nothing that it does not define, and says what the program understands.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { newSigningKeys, publicKeyPem } from '../../src/attestation/keys.ts';
import { loadSettings } from '../../src/config/load.ts';
import { judgeInfo } from '../../src/queue/check-redis.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const service = z.looseObject({
  image: z.string(),
  command: z.array(z.string()).optional(),
  user: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  configs: z.array(z.strictObject({ source: z.string(), target: z.string() })).default([]),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).default({}),
  healthcheck: z.looseObject({ test: z.array(z.string()) }).optional(),
  ports: z.never().optional(),
});
const composeSchema = z.looseObject({
  name: z.literal('interlock'),
  services: z.strictObject({ bot: service, worker: service, valkey: service, postgres: service }),
  configs: z.record(
    z.string(),
    z.union([z.strictObject({ content: z.string() }), z.strictObject({ file: z.string() })]),
  ),
  secrets: z.record(z.string(), z.strictObject({ file: z.string().startsWith('./secrets/') })),
  volumes: z.record(z.string(), z.null()),
});
const text = read('compose.yaml');
const compose = composeSchema.parse(parse(text, { merge: true }));
const { bot, worker, valkey, postgres } = compose.services;
const services = Object.values(compose.services);

const scratch = mkdtempSync(join(tmpdir(), 'interlock-compose-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('compose.yaml', () => {
  it('refers only to what it defines, and defines nothing that is not referred to', () => {
    const used = {
      configs: services.flatMap(({ configs }) => configs.map(({ source }) => source)),
      secrets: services.flatMap(({ secrets }) => secrets),
      volumes: services
        .flatMap(({ volumes }) => volumes.map((mount) => mount.split(':')[0] ?? ''))
        .filter((name) => /^[\w-]+$/.test(name)),
    };
    for (const kind of ['configs', 'secrets', 'volumes'] as const) {
      expect([...new Set(used[kind])].sort(), kind).toEqual(Object.keys(compose[kind]).sort());
    }
    for (const { depends_on } of services) {
      for (const name of Object.keys(depends_on)) {
        expect(z.record(z.string(), service).parse(compose.services)[name]?.healthcheck, name).toBeDefined();
      }
    }
  });

  it('asks for every value that has no default, and explains each in its head', () => {
    const head = text.slice(0, text.indexOf('\nname:'));
    for (const [, name = '', otherwise = ''] of text.matchAll(/\$\{(\w+)([^}]*)\}/g)) {
      expect(otherwise, name).toMatch(/^(:\?.+|:-.+)$/);
      if (otherwise.startsWith(':?')) expect(head).toContain(name);
    }
  });

  it('sets only variables that the program reads', () => {
    const known = new Set(
      ['src/config/load.ts', 'src/cli/log.ts'].flatMap((path) =>
        [...read(path).matchAll(/env\['(\w+)'\]/g)].map(([, name]) => name),
      ),
    );
    expect(known).toContain('REDIS_URL');
    for (const { environment } of [bot, worker]) {
      expect(Object.keys(environment).filter((name) => !known.has(name))).toEqual([]);
    }
  });

  it('gives bot and worker configurations that they take', () => {
    const forBot = settingsOf('bot');
    expect(forBot.redisUrl).toBe('redis://valkey:6379');
    expect(new URL(forBot.databaseUrl ?? '').hostname).toBe('postgres');
    expect(forBot.slack.botToken.reveal()).toBe('xoxb-a-secret');
    expect(forBot.execution).toBe('disabled');
    expect(forBot.workers).toMatchObject([{ name: 'ssot-1', roles: ['ssot'], machine: 'given' }]);
    expect(worker.command).toEqual(expect.arrayContaining(['--role', 'ssot']));
    const forWorker = settingsOf('worker');
    expect(forWorker.machine).toBe('given');
    expect(forWorker.credentials['deploy']?.privateKey).toContain('deploy-key');
  });

  it('keeps the deploy key from the bot, and the tokens, the ledger and the signing keys from the worker', () => {
    expect(bot.secrets).not.toContain('deploy-key');
    expect(worker.secrets).toEqual(['deploy-key']);
    expect(worker.environment).not.toHaveProperty('DATABASE_URL');
    expect(worker.volumes.join()).not.toContain('bot-data');
  });

  it('lets the worker write to the source repository, and only read what is staged', () => {
    expect(worker.volumes).toContainEqual(expect.stringMatching(/^\$\{SSOT_DIRECTORY.*\}:\/srv\/ssot$/));
    expect(worker.volumes).toContainEqual(
      expect.stringMatching(/^\$\{STAGING_DIRECTORY.*\}:\/srv\/staging:ro$/),
    );
    for (const { user } of [bot, worker]) expect(user).toMatch(/^\$\{INTERLOCK_UID:-[1-9]/);
  });

  it('runs a Valkey that a LIVE run accepts', () => {
    const flags = new Map<string, string>();
    const words = valkey.command ?? [];
    for (const [index, word] of words.entries()) {
      if (word.startsWith('--')) flags.set(word.slice(2), words[index + 1] ?? '');
    }
    const info = new Map([
      ['redis_version', '7.2.4'],
      ['aof_enabled', flags.get('appendonly') === 'yes' ? '1' : '0'],
      ['maxmemory_policy', flags.get('maxmemory-policy') ?? ''],
    ]);
    expect(judgeInfo(info)).toEqual([]);
    expect(postgres.environment['POSTGRES_DB']).toBe('interlock');
  });
});

const publicKey = publicKeyPem(newSigningKeys().signing);

/** A text with its variables filled in, as compose does. */
function given(text: string): string {
  return text.replaceAll(
    /\$\{\w+(?::-([^}]*)|:\?[^}]*)\}/g,
    (_, otherwise: string | undefined) => otherwise ?? 'given',
  );
}

/** The settings of a service, with the files that it mounts put into a scratch directory. */
function settingsOf(name: 'bot' | 'worker') {
  const { configs, secrets, environment, command = [] } = compose.services[name];
  const place = (path: string) => join(scratch, name, path);
  const write = (path: string, content: string) => {
    mkdirSync(dirname(place(path)), { recursive: true });
    writeFileSync(place(path), content.replaceAll(/(?<=[ :])\/(?=run|etc)/g, `${join(scratch, name)}/`), {
      mode: 0o600,
    });
  };
  for (const secret of secrets) {
    const kind = { 'slack-bot-token': 'xoxb', 'slack-app-token': 'xapp' }[secret] ?? 'key';
    write(`/run/secrets/${secret}`, `${kind}-a-secret\n`);
  }
  for (const { source, target } of configs) {
    const config = compose.configs[source];
    // A file of the operator's: both are public keys.
    write(target, config && 'content' in config ? given(config.content) : publicKey);
  }
  const env = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, given(value)]));
  expect(command[0]).toBe('--config');
  expect(command).toContain(name);
  return loadSettings(name, place(command[1] ?? ''), env);
}
