import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServerProcess, startServer } from '../../src/demo/server-process.ts';
import { lockDirectory } from '../../src/ledger/directory-lock.ts';
import { openEmbeddedDatabase } from '../../src/ledger/embedded-database.ts';
import { Ledger } from '../../src/ledger/ledger.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { verifyLines } from '../../src/ledger/verify-lines.ts';

let directory: string;
let holder: ServerProcess;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'interlock-embedded-'));
  const script = join(import.meta.dirname, 'hold-directory.ts');
  holder = await startServer(process.execPath, [script, directory], /appended 20/);
});

afterAll(async () => {
  await holder?.stop('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

it('refuses a directory that another process holds, and opens it with all its events after kill -9 of that one', async () => {
  const refused = openEmbeddedDatabase({ directory });
  await expect(refused).rejects.toMatchObject({
    code: 'data-directory-in-use',
    message: expect.stringContaining(`pid ${holder.child.pid} `),
  });

  await holder.stop('SIGKILL');
  const database = await openEmbeddedDatabase({ directory });
  await migrate(database);
  const ledger = await Ledger.open(database);
  const head = await ledger.head('run/1');
  expect(head.seq).toBe(20);
  expect(verifyLines(await ledger.exportLines('run/1'), { expectedHead: head })).toMatchObject({ ok: true });
  await ledger.close();
  await database.close();
});

it('refuses a directory that this process already holds, until it is freed', async () => {
  const held = await mkdtemp(join(tmpdir(), 'interlock-lock-'));
  const free = lockDirectory(held);
  expect(() => lockDirectory(held)).toThrow(expect.objectContaining({ code: 'data-directory-in-use' }));
  free();
  lockDirectory(held)();
  await rm(held, { recursive: true, force: true });
});
