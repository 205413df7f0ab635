import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { newSigningKeys, privatePem, publicKeyPem } from '../../src/attestation/keys.ts';
import { ConfigError, loadSettings, type Purpose } from '../../src/config/load.ts';

const directory = mkdtempSync(join(tmpdir(), 'interlock-workers-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const env = {
  SLACK_BOT_TOKEN: 'xoxb-1',
  SLACK_APP_TOKEN: 'xapp-1',
  REDIS_URL: 'redis://127.0.0.1:6379',
};
const key = newSigningKeys().signing;
mkdirSync(join(directory, 'keys'));
writeFileSync(join(directory, 'keys', 'one.pem'), publicKeyPem(key));
writeFileSync(join(directory, 'keys', 'two.pem'), publicKeyPem(newSigningKeys().signing));
writeFileSync(join(directory, 'keys', 'private.pem'), privatePem(key));

function load(purpose: Purpose, workers: object) {
  const file = join(directory, 'interlock.yaml');
  writeFileSync(file, stringify({ workers, worker: { publicKey: 'x' } }));
  return loadSettings(purpose, file, env);
}

function faultsOf(purpose: Purpose, workers: object): readonly string[] {
  try {
    load(purpose, workers);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('the workers of a configuration', () => {
  it('are read with their keys, relative to the file', () => {
    const workers = {
      'build-1': { publicKey: 'keys/one.pem', roles: ['ssot'], machine: 'mac-ssot' },
      'build-2': { publicKey: 'keys/two.pem', roles: ['ssot', 'deploy'] },
    };
    expect(load('bot', workers).workers).toMatchObject([
      { name: 'build-1', key: { keyId: key.keyId }, roles: ['ssot'], machine: 'mac-ssot' },
      { name: 'build-2', roles: ['ssot', 'deploy'], machine: null },
    ]);
  });

  it('are a fault of a bot that has none, and not of `up` or of a worker', () => {
    expect(faultsOf('bot', {})).toEqual([expect.stringMatching(/^workers — .*interlock keys worker/)]);
    expect(faultsOf('up', {})).toEqual([]);
    expect(faultsOf('worker', {})).toEqual([]);
  });

  it('have all their faults told at once, each with its place', () => {
    const faults = faultsOf('bot', {
      one: { publicKey: 'keys/one.pem', roles: ['ssot'] },
      again: { publicKey: 'keys/one.pem', roles: ['deploy'] },
      absent: { publicKey: 'keys/absent.pem', roles: ['ssot'] },
      secret: { publicKey: 'keys/private.pem', roles: ['ssot'] },
      control: { publicKey: 'keys/two.pem', roles: ['control'] },
    });
    const places = ['again/publicKey', 'absent/publicKey', 'secret/publicKey', 'control/roles'];
    expect(faults.map((fault) => fault.split(' — ')[0]).sort()).toEqual(
      places.map((place) => `workers/${place}`).sort(),
    );
    expect(faults.join('\n')).not.toContain('PRIVATE KEY-----');
  });

  it('need roles', () => {
    expect(faultsOf('bot', { one: { publicKey: 'keys/one.pem', roles: [] } })[0]).toMatch(
      /^workers\/one\/roles — /,
    );
  });
});
