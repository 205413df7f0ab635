import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forTests } from './support/for-tests.ts';
import { PsqlSession } from './support/psql-session.ts';
import { createDatabase, serverDsn } from './support/transient-database.ts';

const database = forTests(createDatabase, (opened) => opened.drop());

test('a text comes back as it was sent, whatever is in it', async () => {
  const session = database().open();
  const texts = [
    "it's",
    'a\\b',
    ':name :\'name\' :"name"',
    'two\nlines\r\n',
    '',
    ' ',
    '$1 $$ ;',
    '\\echo x\n;\n',
    'Điều 44 🗂',
  ];
  for (const text of texts) {
    const { rows } = await session.query('SELECT $1::text AS said, length($1) AS long', [text]);
    assert.deepEqual(rows, [{ said: text, long: `${[...text].length}` }]);
  }
});

test('nothing is told from an empty text, and no row from one', async () => {
  const session = database().open();
  const { rows } = await session.query("SELECT $1::text AS a, '' AS b", [null]);
  assert.deepEqual(rows, [{ a: null, b: '' }]);
  assert.deepEqual((await session.query('SELECT 1 AS a WHERE false')).rows, []);
  assert.deepEqual((await session.query('SELECT $1::text AS a WHERE false', ['x'])).rows, []);
});

test('many rows come back in order', async () => {
  const { rows } = await database()
    .open()
    .query('SELECT n, n * 2 AS twice FROM generate_series(1, $1) AS n', [5000]);
  assert.deepEqual([rows.length, rows.at(-1)], [5000, { n: '5000', twice: '10000' }]);
});

test('a fault of the server carries its SQLSTATE, and the session goes on', async () => {
  const session = database().open();
  await assert.rejects(session.query('SELECT nowhere'), { name: 'ServerError', code: '42703' });
  await assert.rejects(session.query('SELECT $1::integer', ['x']), { code: '22P02' });
  await assert.rejects(session.query('SELECT FROM nowhere WHERE $1', [true]), { code: '42P01' });
  assert.deepEqual((await session.query('SELECT 1 AS one')).rows, [{ one: '1' }]);
});

test('one transaction spans calls, and ends with the session', async () => {
  const session = database().open();
  const witness = database().open();
  await session.query('CREATE TABLE trial (n integer)');
  await session.query('BEGIN');
  await session.query('INSERT INTO trial VALUES ($1)', [1]);
  assert.equal((await session.query('SELECT FROM trial')).rows.length, 1);
  assert.equal((await witness.query('SELECT FROM trial')).rows.length, 0);
  await session.end();
  assert.equal((await witness.query('SELECT FROM trial')).rows.length, 0);
});

test('a session that the server ends rejects, now and later', async () => {
  const session = database().open();
  const { rows } = await session.query('SELECT pg_backend_pid()::text AS pid');
  await database().open().query('SELECT pg_terminate_backend($1)', [rows[0]?.['pid']]);
  await assert.rejects(session.query('SELECT 1'));
  await assert.rejects(session.query('SELECT 1'));
});

test('a server that is not there is named by psql', async () => {
  const session = new PsqlSession('postgresql://nobody@127.0.0.1:1/nowhere');
  await assert.rejects(session.query('SELECT 1'), /psql ended with 2: .*127\.0\.0\.1/);
});

test('no DSN is no server', () => {
  assert.throws(() => serverDsn({}), /expected IU_CUTTER_TEST_DSN to name a transient PostgreSQL server/);
});

test('a database that holds production is refused', async () => {
  await assert.rejects(createDatabase(database().dsn), /got a database with production tables/);
});
