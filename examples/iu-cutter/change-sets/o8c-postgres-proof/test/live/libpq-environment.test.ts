import assert from 'node:assert/strict';
import { test } from 'node:test';
import { libpqEnvironment } from '../../src/live/libpq-environment.ts';

test('each part of a DSN becomes the variable that libpq reads', () => {
  assert.deepEqual(libpqEnvironment('postgresql://cutter:a%40b@db.example:5433/iu?sslmode=verify-full', {}), {
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

test('what is no DSN of this form is refused, and not repeated', () => {
  for (const dsn of [
    '',
    'host=db password=unmistakable',
    'mysql://unmistakable/iu',
    'postgres:///iu?unmistakable=1&toString=2',
  ]) {
    assert.throws(
      () => libpqEnvironment(dsn, {}),
      (error: Error & { code?: string }) =>
        error.code === 'bad-dsn' && (!error.message.includes('unmistakable') || dsn.includes('?')),
      dsn,
    );
  }
});
