import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EncryptedDump, type EncryptedDumpSettings } from '../src/backup/encrypted-dump.ts';
import { restoreDump } from '../src/backup/restore-dump.ts';
import { forTests } from './support/for-tests.ts';
import { makeKey, makeKeyring, publishKey } from './support/keyrings.ts';
import {
  authorize,
  countRows,
  digestRows,
  orderOf,
  planOf,
  rulesText,
  SEEDED_UNITS,
} from './support/production.ts';
import { openStage, withAdapter } from './support/production-stage.ts';
import { createEmptyDatabase } from './support/transient-database.ts';

// F-4: real pg_dump, real gpg, and a restore. The keeper has the private key; the host that makes the backup has the public one only.

const stage = openStage();
const ORDER = orderOf(planOf('house-rules', rulesText(SEEDED_UNITS + 1), rulesText(SEEDED_UNITS)));
const keys = forTests(makeKeys, ({ keeper, host }) => Promise.all([keeper.close(), host.close()]));

async function makeKeys() {
  const [keeper, host] = [await makeKeyring(), await makeKeyring()];
  try {
    const [recipient = '', subkey = ''] = await makeKey(keeper, 'keeper@example.invalid');
    await publishKey(keeper, host, recipient);
    return { keeper, host, recipient, subkey };
  } catch (error) {
    await Promise.all([keeper.close(), host.close()]);
    throw error;
  }
}

async function openDump(context: TestContext, settings: Partial<EncryptedDumpSettings> = {}) {
  const directory = await mkdtemp(join(tmpdir(), 'iu-backups-'));
  context.after(() => rm(directory, { recursive: true, force: true }));
  const { recipient, host } = keys();
  const { gnupgHome } = host;
  const dump = new EncryptedDump({ dsn: stage.database.dsn, recipient, directory, gnupgHome, ...settings });
  return { dump, directory };
}

/** Runs the leg on the adapter, rolled back, and gives what it recorded. */
async function backUp(context: TestContext, dump: EncryptedDump): Promise<Record<string, unknown>> {
  return withAdapter(
    context,
    stage.session,
    async (adapter) => {
      await authorize(stage.session, ORDER);
      await adapter.preWriteBackup(ORDER);
      const { rows } = await stage.session.query('SELECT * FROM revert_record');
      return rows[0] ?? {};
    },
    dump,
  );
}

test('what the leg recorded is restored into a throwaway database, value for value', async (context) => {
  const { dump } = await openDump(context);
  const { backup_place, backup_digest, recipient: to } = await backUp(context, dump);
  const [place, digest] = [String(backup_place), String(backup_digest)];
  assert.equal(to, keys().recipient);
  assert.equal(
    createHash('sha256')
      .update(await readFile(place))
      .digest('hex'),
    digest,
  );

  const throwaway = await createEmptyDatabase();
  try {
    await restoreDump({ place, digest }, throwaway.dsn, keys().keeper);
    const restored = throwaway.open();
    assert.deepEqual(await countRows(restored), await countRows(stage.witness));
    assert.deepEqual(await digestRows(restored), await digestRows(stage.witness));
    context.diagnostic(`information_unit ${(await countRows(restored)).information_unit} restored`);
  } finally {
    await throwaway.drop();
  }
});

test('what lies on the disk is readable neither as a dump nor by other accounts, and there is nothing else', async (context) => {
  const { dump, directory } = await openDump(context);
  const { place } = await dump.take('cut-1');
  const bytes = await readFile(place);
  assert.ok(bytes.length > 1000 && !bytes.includes('PGDMP') && !bytes.includes('keep the door shut'));
  assert.equal((await stat(place)).mode & 0o777, 0o600);
  assert.deepEqual(await readdir(directory), [place.slice(directory.length + 1)]);
});

test('the host that made a backup cannot read it', async (context) => {
  const { dump } = await openDump(context);
  const receipt = await dump.take('cut-1');
  const throwaway = await createEmptyDatabase();
  try {
    await assert.rejects(restoreDump(receipt, throwaway.dsn, keys().host), /expected gpg to exit with 0/);
    const { rows } = await throwaway.open().query("SELECT to_regclass('information_unit')::text AS found");
    assert.deepEqual(rows, [{ found: null }]);
  } finally {
    await throwaway.drop();
  }
});

test('a backup that is not the recorded one is not restored', async (context) => {
  const { dump } = await openDump(context);
  const receipt = await dump.take('cut-1');
  const bytes = await readFile(receipt.place);
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  await writeFile(receipt.place, bytes);
  await assert.rejects(restoreDump(receipt, stage.database.dsn, keys().keeper), { code: 'backup-altered' });
});

test('nothing is restored over what is there', async (context) => {
  const { dump } = await openDump(context);
  const receipt = await dump.take('cut-1');
  const digests = await digestRows(stage.witness);
  await assert.rejects(restoreDump(receipt, stage.database.dsn, keys().keeper), /already exists/);
  assert.deepEqual(await digestRows(stage.witness), digests);
});

test('two backups of one cut stand side by side', async (context) => {
  const { dump, directory } = await openDump(context);
  const [first, second] = [await dump.take('cut-1'), await dump.take('cut-1')];
  assert.notEqual(first.place, second.place);
  assert.equal((await readdir(directory)).length, 2);
});

test('a key that is unknown, expired, for signing only, or a subkey is refused before anything', async (context) => {
  const { keeper, host, subkey } = keys();
  const [[signing = ''], [expired = '']] = [
    await makeKey(keeper, 'signer@example.invalid', 'sign'),
    await makeKey(keeper, 'former@example.invalid', 'default', '20200101T000000'),
  ];
  for (const fingerprint of [signing, expired]) await publishKey(keeper, host, fingerprint);
  for (const [what, key] of Object.entries({ unknown: 'A'.repeat(40), signing, expired, subkey })) {
    assert.match(key, /^[0-9A-F]{40}$/, what);
    const { dump, directory } = await openDump(context, { recipient: key });
    await assert.rejects(backUp(context, dump), { name: 'Refusal', code: 'backup-not-provisioned' }, what);
    assert.deepEqual(await readdir(directory), [], what);
  }
});

test('a dump that fails leaves no file and rolls the phase back', async (context) => {
  const elsewhere = new URL(stage.database.dsn);
  elsewhere.pathname = '/nowhere';
  for (const settings of [{ dsn: elsewhere.href }, { directory: '/nowhere/backups' }]) {
    const { dump, directory } = await openDump(context, settings);
    await assert.rejects(backUp(context, dump), { name: 'Refusal', code: 'backup-failed' });
    assert.deepEqual(await readdir(directory), []);
  }
  assert.equal((await countRows(stage.witness)).revert_record, 0);
});

test('a cut whose id would lead out of the folder has no backup', async (context) => {
  const { dump, directory } = await openDump(context);
  await assert.rejects(dump.take('../cut-1'), { code: 'backup-failed' });
  assert.deepEqual(await readdir(directory), []);
});
