// What a configuration may hold, and where its secrets may lie.
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { initKeys, keyFiles } from '../../src/attestation/keys.ts';
import { examineTimestampAuthority } from '../../src/cli/examine.ts';
import { ConfigError, loadSettings } from '../../src/config/load.ts';
import { startTimestampAuthority } from '../fixtures/timestamp-authority.ts';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'interlock-config-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const isRoot = process.geteuid?.() === 0;
const tokens = { SLACK_BOT_TOKEN: 'xoxb-1-abc', SLACK_APP_TOKEN: 'xapp-1-abc' };

function write(path: string, text: string, mode = 0o600): string {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

function load(config: object, env: Record<string, string> = tokens, purpose: 'up' | 'worker' = 'up') {
  return loadSettings(purpose, write('interlock.yaml', stringify(config), 0o644), env);
}

/** All faults, of which none may show a value. */
function faultsOf(
  config: object,
  env?: Record<string, string>,
  purpose?: 'up' | 'worker',
): readonly string[] {
  try {
    load(config, env, purpose);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    expect(error.message).not.toMatch(/TOPSECRET/);
    return error.faults;
  }
}

const only = (words: string | RegExp) => [
  typeof words === 'string' ? expect.stringContaining(words) : expect.stringMatching(words),
];

describe('a token', () => {
  it.each([
    [
      'SLACK_BOT_TOKEN',
      'xapp-TOPSECRET',
      /botToken .* begins with xoxb-, .* got one that begins with xapp-$/,
    ],
    ['SLACK_BOT_TOKEN', 'xoxp-TOPSECRET', /botToken .* got one that begins with xoxp-$/],
    [
      'SLACK_APP_TOKEN',
      'xoxb-TOPSECRET',
      /appToken .* begins with xapp-, .* got one that begins with xoxb-$/,
    ],
    ['SLACK_BOT_TOKEN', 'TOPSECRET', /botToken .* begins with xoxb-, .* got something else$/],
    ['SLACK_BOT_TOKEN', 'xoxb-TOP SECRET', /botToken .* got one that begins with xoxb-$/],
    [
      'SLACK_BOT_TOKEN',
      '',
      /botToken — expected a value in the environment variable SLACK_BOT_TOKEN, got an empty one$/,
    ],
    ['SLACK_APP_TOKEN', ' \n', /appToken — expected a value in .* got an empty one$/],
  ])('%s of the wrong form is one fault that does not show it', (name, value, fault) => {
    expect(faultsOf({}, { ...tokens, [name]: value })).toEqual(only(fault));
  });

  it('in the signing secret’s place is a fault, in http mode', () => {
    const slack = { mode: 'http' };
    const env = { SLACK_BOT_TOKEN: 'xoxb-1', SLACK_SIGNING_SECRET: 'xoxb-TOPSECRET' };
    expect(faultsOf({ slack }, env)).toEqual(
      only(/signingSecret .* which is no token, .* begins with xoxb-$/),
    );
    expect(faultsOf({ slack }, { ...env, SLACK_SIGNING_SECRET: '8f742231b10e8888abcd99yyyzzz85a5' })).toEqual(
      [],
    );
  });

  it('is not asked of a worker, which needs none', () => {
    const publicKey = write('pub.pem', 'x');
    const env = { REDIS_URL: 'redis://127.0.0.1:1', SLACK_BOT_TOKEN: 'xapp-TOPSECRET' };
    expect(faultsOf({ worker: { publicKey } }, env, 'worker')).toEqual([]);
  });

  it('loses the line end of its file', () => {
    write('bot', 'xoxb-1\n');
    const { slack } = load({ slack: { botToken: { file: 'bot' } } });
    expect(slack.botToken.reveal()).toBe('xoxb-1');
  });
});

describe('a file with a secret', () => {
  const slack = { botToken: { file: 'bot' } };

  it.each([0o640, 0o604, 0o620, 0o660, 0o644, 0o777])('of mode %o is refused', (mode) => {
    write('bot', 'xoxb-TOPSECRET', mode);
    expect(faultsOf({ slack })).toEqual(only(`got mode 0${mode.toString(8)}; run: chown`));
  });

  it('that is a link is judged by where it leads', () => {
    const target = write('elsewhere/token', 'xoxb-TOPSECRET', 0o640);
    symlinkSync(target, join(directory, 'bot'));
    expect(faultsOf({ slack })).toEqual(only('got mode 0640'));
    chmodSync(target, 0o600);
    expect(faultsOf({ slack })).toEqual([]);
  });

  it.runIf(isRoot)('of another user is refused', () => {
    chownSync(write('bot', 'xoxb-TOPSECRET'), 12_345, 12_345);
    expect(faultsOf({ slack })).toEqual(only('belongs to user 0, got one of user 12345'));
  });

  it('that is empty, absent, a directory or a pipe is refused', () => {
    const file = write('bot', ' \n');
    expect(faultsOf({ slack })).toEqual(only('got an empty one'));
    rmSync(file);
    expect(faultsOf({ slack })).toEqual(only(`expected a file at ${file}, got none`));
    mkdirSync(file, { mode: 0o700 });
    expect(faultsOf({ slack })).toEqual(only('expected a plain file'));
    rmSync(file, { recursive: true });
    execFileSync('mkfifo', ['-m', '600', file]);
    expect(faultsOf({ slack })).toEqual(only('expected a plain file'));
  });
});

describe('an SSH key', () => {
  const credentials = { deploy: { privateKey: 'deploy' } };

  it('is refused when others can read it, when it is empty, and when it is absent', () => {
    expect(faultsOf({ credentials })).toEqual(only('credentials/deploy/privateKey — expected a file at'));
    write('deploy', 'key', 0o644);
    expect(faultsOf({ credentials })).toEqual(only('got mode 0644'));
    write('deploy', '\n');
    expect(faultsOf({ credentials })).toEqual(only('got an empty file'));
  });
});

describe('a connection string with a password', () => {
  const databaseUrl = 'postgresql://interlock:TOPSECRET@db/interlock';

  it('may stand in the configuration file only when that is private', () => {
    expect(faultsOf({ databaseUrl })).toEqual(only(/^databaseUrl holds a password — .* got mode 0644/));
    expect(faultsOf({ databaseUrl: 'postgresql://db/x?password=TOPSECRET' })).toHaveLength(1);
    expect(faultsOf({ databaseUrl: 'postgresql://db/interlock' })).toEqual([]);
    expect(faultsOf({}, { ...tokens, DATABASE_URL: databaseUrl })).toEqual([]);
    const file = write('private.yaml', stringify({ databaseUrl }));
    expect(loadSettings('up', file, tokens).databaseUrl).toBe(databaseUrl);
  });
});

describe('a time stamp authority', () => {
  const attestation = { timestampAuthority: { url: 'https://tsa.example/', certificates: 'tsa.pem' } };

  it('needs an address without a password, and certificates that vouch for it', async () => {
    expect(faultsOf({ attestation })).toEqual(only('expected a readable PEM file, got none'));
    write('tsa.pem', 'nothing', 0o644);
    expect(faultsOf({ attestation })).toEqual(only('got a text without any'));
    await using tsa = await startTimestampAuthority();
    write('tsa.pem', tsa.trusted, 0o644);
    expect(faultsOf({ attestation })).toEqual([]);
    const url = 'https://me:TOPSECRET@tsa.example/';
    const faults = faultsOf({
      attestation: { timestampAuthority: { ...attestation.timestampAuthority, url } },
    });
    expect(faults).toHaveLength(1);
    expect(faults.join()).not.toContain('TOPSECRET');
  });

  it('is asked by `interlock doctor`, which says who answers, or why nobody does', async () => {
    await using tsa = await startTimestampAuthority();
    expect(await examineTimestampAuthority(tsa)).toEqual({
      ok: true,
      text: expect.stringContaining('answers as CN=test tsa'),
    });
    tsa.intercept = (_, response) => void response.writeHead(404).end();
    expect(await examineTimestampAuthority(tsa)).toEqual({
      ok: false,
      text: expect.stringContaining('status 404'),
    });
  });
});

describe('the signing keys', () => {
  it('are looked at with all the rest, once they are there', async () => {
    const keys = join(directory, '.interlock', 'keys');
    expect(faultsOf({})).toEqual([]);
    await initKeys(keys);
    expect(faultsOf({})).toEqual([]);
    chmodSync(keys, 0o777);
    chmodSync(join(keys, keyFiles.signing), 0o640);
    writeFileSync(join(directory, 'bot'), 'TOPSECRET', { mode: 0o666 });
    const faults = faultsOf(
      {
        slack: { botToken: { file: 'bot' } },
        credentials: { deploy: { privateKey: 'absent' } },
        secrets: { DSN: { env: 'NOT_THERE' } },
      },
      { SLACK_APP_TOKEN: 'xoxb-TOPSECRET' },
    );
    expect(faults.map((fault) => fault.split(' — ')[0])).toEqual([
      'slack/botToken',
      'slack/appToken',
      'secrets/DSN',
      'credentials/deploy/privateKey',
      'signing keys',
      'signing keys',
    ]);
  });
});
