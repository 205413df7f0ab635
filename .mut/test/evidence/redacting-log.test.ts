import { Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import type { Settings } from '../../src/config/load.ts';
import { redactorFor } from '../../src/config/redactor-for.ts';
import { redactingLog } from '../../src/evidence/redacting-log.ts';
import { Secret } from '../../src/evidence/secret.ts';

const lines: string[] = [];
const sink = new Writable({
  write(chunk: Buffer, _, done) {
    lines.push(chunk.toString());
    done();
  },
});

const slack = {
  botToken: new Secret('quiet-bot-token'),
  appToken: new Secret('quiet-app-token'),
  signingSecret: new Secret(''),
} as Settings['slack'];
const redactor = redactorFor({
  slack,
  secondFactors: new Map(),
  secrets: new Map([
    ['DSN', new Secret('postgresql://svc:pl4in%20w0rd@db.invalid/x')],
    ['WORD', new Secret('hushed-and-loaded')],
  ]),
  databaseUrl: 'postgresql://interlock:ledger-pass@db.invalid/ledger',
  redisUrl: 'rediss://:redis-pass-7@redis.invalid',
});

it('lets no secret of the configuration into a line of the log, and keeps what is around it', () => {
  const log = redactingLog(pino({ base: null }, sink), redactor);
  log.error(
    {
      run: 'o8b-retry-abc123',
      error: String(new Error('login of svc with pl4in w0rd failed (quiet-bot-token)')),
      headers: { authorization: 'Bearer quiet-app-token-and-more' },
      nested: [{ url: 'redis://:redis-pass-7@redis.invalid' }],
    },
    'hushed-and-loaded is not a password of ledger-pass',
  );
  log.warn(new Error('AKIAIOSFODNN7QWERTYU'), 'an error as details');
  log.info({}, 'pl4in%20w0rd');
  const text = lines.join('');
  for (const secret of [
    'pl4in w0rd',
    'pl4in%20w0rd',
    'quiet-bot-token',
    'quiet-app-token',
    'redis-pass-7',
    'ledger-pass',
    'hushed-and-loaded',
    'AKIAIOSF',
  ])
    expect(text).not.toContain(secret);
  for (const kept of [
    '"run":"o8b-retry-abc123"',
    'login of svc with',
    'redis.invalid',
    'is not a password of',
  ])
    expect(text).toContain(kept);
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ msg: expect.any(String) });
});
